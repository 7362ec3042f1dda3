"""Makes the golden tensors of this folder and of `../distilbert`: small random models, run by Hugging Face transformers.

    pip install "torch==2.15.0" "transformers==4.57.6" safetensors
    python tests/golden/bert/make.py

Each case is a folder in Hugging Face's layout: config.json, weights in one of the forms that checkpoints have, and
expected.json as in `../albert`.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import (
    BertConfig, BertForMaskedLM, BertForPreTraining, BertForSequenceClassification, BertModel, DistilBertConfig, DistilBertForMaskedLM,
    DistilBertModel,
)

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from reference import batches, randomise

BERT = dict(
    vocab_size=40, hidden_size=24, num_hidden_layers=2, num_attention_heads=4, intermediate_size=40,
    max_position_embeddings=16, hidden_act="gelu", type_vocab_size=2, layer_norm_eps=1e-12,
)
DISTILBERT = dict(
    vocab_size=40, dim=24, n_layers=2, n_heads=4, hidden_dim=40, max_position_embeddings=16, activation="gelu",
)


def safetensors(tensors, folder):
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def shards(tensors, folder, form):
    """Two files and their index."""
    stem, end = form.rsplit(".", 1)
    names = sorted(tensors)
    files = [f"{stem}-0000{number}-of-00002.{end}" for number in (1, 2)]
    parts = {files[0]: names[::2], files[1]: names[1::2]}
    for file, own in parts.items():
        part = {name: tensors[name] for name in own}
        save_file(part, folder / file, metadata={"format": "pt"}) if end == "safetensors" else torch.save(part, folder / file)
    weight_map = {name: file for file, own in parts.items() for name in own}
    (folder / f"{form}.index.json").write_text(json.dumps({"metadata": {}, "weight_map": weight_map}) + "\n")


FORMS = {
    "safetensors": safetensors,
    "safetensors shards": lambda tensors, folder: shards(tensors, folder, "model.safetensors"),
    "torch": lambda tensors, folder: torch.save(tensors, folder / "pytorch_model.bin"),
    "torch shards": lambda tensors, folder: shards(tensors, folder, "pytorch_model.bin"),
    "torch legacy": lambda tensors, folder: torch.save(
        tensors, folder / "pytorch_model.bin", _use_new_zipfile_serialization=False
    ),
}

# (folder, class, changes of the configuration, form of the weights)
CASES = [
    ("bert/plain", BertModel, dict(), "safetensors"),
    ("bert/gelu_new", BertModel, dict(hidden_act="gelu_new"), "safetensors shards"),
    ("bert/relu", BertModel, dict(hidden_act="relu"), "torch"),
    ("bert/masked_lm", BertForMaskedLM, dict(), "torch legacy"),
    ("bert/classifier", BertForSequenceClassification, dict(num_hidden_layers=3), "torch shards"),
    ("bert/gamma", BertModel, dict(num_attention_heads=3), "torch"),
    ("bert/half", BertModel, dict(), "safetensors"),
    ("distilbert/plain", DistilBertModel, dict(), "safetensors"),
    ("distilbert/masked_lm", DistilBertForMaskedLM, dict(activation="relu"), "torch"),
    ("bert/first_release", BertForPreTraining, dict(num_attention_heads=2), "torch legacy"),
]


def make(place, kind, changes, form, seed):
    family, name = place.split("/")
    base, config = (BERT, BertConfig) if family == "bert" else (DISTILBERT, DistilBertConfig)
    config = config(**{**base, **changes})
    config._attn_implementation = "eager"
    model = kind(config)
    randomise(model, seed)
    dtype = torch.float16 if name == "half" else torch.float32
    model = model.to(dtype).to(torch.float32).eval()
    folder = HERE.parent / place
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {key: value.to(dtype).contiguous().clone() for key, value in model.state_dict().items()}
    if name == "first_release":
        tensors["bert.embeddings.position_ids"] = torch.arange(config.max_position_embeddings).unsqueeze(0)
    if name in ("gamma", "first_release"):
        old = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}
        for new, before in old.items():
            tensors = {key.replace(new, before): value for key, value in tensors.items()}
    FORMS[form](tensors, folder)
    fields = json.loads(config.to_json_string(use_diff=False))
    kept = {key: fields[key] for key in base} | {"model_type": family}
    (folder / "config.json").write_text(json.dumps(kept, indent=1) + "\n")
    encoder = getattr(model, family, model)
    (folder / "expected.json").write_text(json.dumps({"batches": batches(encoder, config.vocab_size, seed)}) + "\n")


for number, case in enumerate(CASES):
    make(*case, seed=100 + number)
