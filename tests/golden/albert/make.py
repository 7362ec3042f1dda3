"""Makes the golden tensors of this folder: small random ALBERTs of odd shapes, run by Hugging Face transformers.

    pip install "torch==2.15.0" "transformers==4.57.6" safetensors
    python tests/golden/albert/make.py

Each case is a folder in Hugging Face's layout (config.json, model.safetensors) with expected.json: input ids,
attention masks, last hidden states and pooler outputs of a float32 run.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import AlbertConfig, AlbertForMaskedLM, AlbertModel

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from reference import batches, randomise

BASE = dict(
    vocab_size=40, embedding_size=8, hidden_size=24, num_hidden_layers=3, num_attention_heads=4,
    intermediate_size=40, max_position_embeddings=16, hidden_act="gelu_new",
)
CASES = {
    "plain": dict(),
    "gelu": dict(hidden_act="gelu"),
    "relu": dict(hidden_act="relu"),
    "odd_heads": dict(num_attention_heads=3, hidden_size=27),
    "one_head": dict(num_attention_heads=1),
    "two_groups": dict(num_hidden_groups=2, num_hidden_layers=5),
    "two_inner": dict(inner_group_num=2),
    "groups_and_inner": dict(num_hidden_groups=2, inner_group_num=2, num_hidden_layers=4),
    "three_types": dict(type_vocab_size=3),
    "large_epsilon": dict(layer_norm_eps=1e-3),
    "no_pooler": dict(pooler=False),
    "masked_lm": dict(head=True),
    "half": dict(dtype=torch.float16),
    "bfloat": dict(dtype=torch.bfloat16),
}


def make(name, changes, seed):
    changes = dict(changes)
    pooler, head, dtype = changes.pop("pooler", True), changes.pop("head", False), changes.pop("dtype", torch.float32)
    config = AlbertConfig(**{**BASE, **changes})
    config._attn_implementation = "eager"
    model = AlbertForMaskedLM(config) if head else AlbertModel(config, add_pooling_layer=pooler)
    randomise(model, seed)
    model = model.to(dtype).to(torch.float32).eval()
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    tensors = {key: value.to(dtype).contiguous() for key, value in model.state_dict().items()}
    for shared in ("predictions.decoder.weight", "predictions.decoder.bias"):
        tensors.pop(shared, None)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    fields = json.loads(config.to_json_string(use_diff=False))
    fields["model_type"] = "albert"
    kept = [*BASE, "num_hidden_groups", "inner_group_num", "type_vocab_size", "layer_norm_eps", "model_type"]
    (folder / "config.json").write_text(json.dumps({key: fields[key] for key in kept}, indent=1) + "\n")
    encoder = model.albert if head else model
    found = batches(encoder, config.vocab_size, seed)
    (folder / "expected.json").write_text(json.dumps({"batches": found}) + "\n")


for number, (name, changes) in enumerate(CASES.items()):
    make(name, changes, seed=number)
