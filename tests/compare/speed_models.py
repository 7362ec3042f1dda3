"""Checkpoints of the speed comparisons: random weights of real configurations, for Annota, for PyTorch and as ONNX.

Made once, into target/compare/models: NAME/annota has the files that Annota reads, NAME/peers those of transformers,
with the same weights; NAME/onnx the exports.
"""

import json
import os
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

import peers
import speed_tokenizers as tokenizers

HOME = peers.ROOT / "target/compare/models"
SEED = 0


def albert(layers, size, heads):
    return dict(hidden_size=size, num_hidden_layers=layers, num_attention_heads=heads, intermediate_size=4 * size,
                embedding_size=128, hidden_act="gelu_new")


def bert(layers, size, heads):
    return dict(hidden_size=size, num_hidden_layers=layers, num_attention_heads=heads, intermediate_size=4 * size,
                hidden_act="gelu")


# MiniLM's is the configuration of all-MiniLM-L6-v2; `tiny` is the model that Annota carries, with its own weights;
# `smallest` has as little to compute as can be.
MODELS = {
    "albert-base": ("albert", albert(12, 768, 12)),
    "albert-large": ("albert", albert(24, 1024, 16)),
    "bert-base": ("bert", bert(12, 768, 12)),
    "minilm": ("bert", bert(6, 384, 12)),
    "tiny": ("albert", None),
    "smallest": ("albert", albert(1, 32, 2)),
}
FORMS = {"f32": "model.onnx", "fused": "fused.onnx", "int8": "int8.onnx"}


class Folders:
    def __init__(self, folder):
        self.folder = folder
        self.annota, self.peers, self.onnx = folder / "annota", folder / "peers", folder / "onnx"

    def onnx_file(self, form):
        return self.onnx / FORMS[form]

    def config(self):
        return json.loads((self.peers / "config.json").read_text())


def folders(name, onnx=True):
    """Those of a model, made where they are not there."""
    for part in ("peers", "annota", *(["onnx"] if onnx else [])):
        home = HOME / name / part
        if home.is_dir():
            continue
        print(f"making {home}", file=sys.stderr)
        home.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=HOME) as folder:
            {"annota": write_annota, "peers": write_peers, "onnx": write_onnx}[part](name, Path(folder))
            shutil.copytree(folder, home, copy_function=os.link)
    return Folders(HOME / name)


def write_peers(name, folder):
    import torch
    from transformers import AlbertConfig, AlbertModel, BertConfig, BertModel, PreTrainedTokenizerFast

    warnings.simplefilter("ignore")
    family, shape = MODELS[name]
    config, model = {"albert": (AlbertConfig, AlbertModel), "bert": (BertConfig, BertModel)}[family]
    if shape is None:
        model = model.from_pretrained(tokenizers.BUNDLED, add_pooling_layer=False, dtype=torch.float32)
    else:
        torch.manual_seed(SEED)
        size = {"albert": 30000, "bert": 30522}[family]
        model = model(config(vocab_size=size, layer_norm_eps=1e-12, **shape), add_pooling_layer=False)
    model.eval().save_pretrained(folder)
    if family == "albert":
        file = tokenizers.BUNDLED / "spiece.model" if shape is None else tokenizers.spiece()
        made = tokenizers.sentence_piece(file)
    else:
        made = tokenizers.word_piece(peers.paragraphs(), 30522)
    file = folder / "made.json"
    file.write_text(json.dumps(made), encoding="utf-8")
    pad, unknown, cls, sep, mask = tokenizers.SPECIALS[family]
    special = dict(pad_token=pad, unk_token=unknown, cls_token=cls, sep_token=sep, mask_token=mask)
    PreTrainedTokenizerFast(tokenizer_file=str(file), model_max_length=512, **special).save_pretrained(folder)
    file.rename(folder / "tokenizer.json")  # As it was made; transformers adds nothing that is wanted here.


def write_annota(name, folder):
    """The checkpoint's own form of the vocabulary, spiece.model or vocab.txt, with the same weights."""
    family, shape = MODELS[name]
    if shape is None:
        shutil.copytree(tokenizers.BUNDLED, folder, dirs_exist_ok=True)
        return
    theirs = HOME / name / "peers"
    for file in ("config.json", "model.safetensors"):
        os.link(theirs / file, folder / file)
    if family == "albert":
        shutil.copy(tokenizers.spiece(), folder / "spiece.model")
    else:
        made = json.loads((theirs / "tokenizer.json").read_text(encoding="utf-8"))
        (folder / "vocab.txt").write_text(tokenizers.vocabulary_lines(made), encoding="utf-8")


def write_onnx(name, folder):
    """The export as it is; with ONNX Runtime's fusions for transformers; and the latter with weights of 8 bits."""
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.transformers import optimizer
    from transformers import AutoModel

    warnings.simplefilter("ignore")
    source = HOME / name / "peers"
    model = AutoModel.from_pretrained(source, add_pooling_layer=False, attn_implementation="eager").eval()

    class States(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, input_ids, attention_mask):
            return self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state

    ids = torch.arange(32).reshape(2, 16)
    mask = torch.ones_like(ids)
    mask[0, 10:] = 0
    names = ["input_ids", "attention_mask", "states"]
    axes = {each: {0: "sequences", 1: "pieces"} for each in names}
    plain, fused, int8 = (str(folder / FORMS[form]) for form in ("f32", "fused", "int8"))
    with torch.no_grad():
        torch.onnx.export(States(), (ids, mask), plain, input_names=names[:2], output_names=names[2:], dynamic_axes=axes,
                          opset_version=17, dynamo=False)
    config = model.config
    heads, size = config.num_attention_heads, config.hidden_size
    graph = optimizer.optimize_model(plain, model_type="bert", num_heads=heads, hidden_size=size, opt_level=0)
    graph.save_model_to_file(fused)
    found = {kind: count for kind, count in graph.get_fused_operator_statistics().items() if count}
    (folder / "fused.json").write_text(json.dumps(found))
    # Shapes that the fused operators do not tell are those of floats (1).
    quantize_dynamic(fused, int8, weight_type=QuantType.QInt8, per_channel=True, extra_options={"DefaultTensorType": 1})
