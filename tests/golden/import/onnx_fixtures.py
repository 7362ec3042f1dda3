"""Writes crates/annota-models/tests/it/import/fixtures/onnx: tiny random encoders exported by both of torch's exporters, and their state dicts.

    python3 -m venv V && V/bin/pip install torch transformers==4.57.6 onnx onnxscript safetensors
    V/bin/python tests/golden/import/onnx_fixtures.py crates/annota-models/tests/it/import/fixtures/onnx
"""
import pathlib, sys, warnings
import onnx
import torch
from safetensors.torch import save_file
from transformers import AlbertConfig, AlbertModel, BertConfig, BertForTokenClassification, BertModel

warnings.filterwarnings("ignore")
OUT = pathlib.Path(sys.argv[1])
OUT.mkdir(parents=True, exist_ok=True)
torch.manual_seed(7)
SMALL = dict(vocab_size=16, hidden_size=8, num_attention_heads=2, intermediate_size=12, max_position_embeddings=10,
             type_vocab_size=2, num_hidden_layers=2, attn_implementation="eager")


def randomise(model, name):
    # Biases and norms too: torch leaves them at 0 and 1, and equal constants are merged by the exporters.
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.1)
    state = {key: value.detach().clone().contiguous() for key, value in model.state_dict().items()}
    save_file(state, str(OUT / f"{name}.safetensors"))
    return model.eval()


def export(name, model, dynamo, external=False, **options):
    ids = torch.randint(0, 16, (1, 5))
    args = (ids, torch.ones_like(ids), torch.zeros_like(ids))
    names = ["input_ids", "attention_mask", "token_type_ids"]
    if dynamo:
        options |= dict(dynamic_shapes=tuple({0: "batch", 1: "sequence"} for _ in names), opset_version=18,
                        external_data=external)
    else:
        options |= dict(dynamic_axes={n: {0: "batch", 1: "sequence"} for n in names}, opset_version=14)
    path = OUT / f"{name}.onnx"
    torch.onnx.export(model, args, str(path), input_names=names, dynamo=dynamo, **options)
    shorten(path)


def shorten(path):
    """Drops what the importer has no use for, and shortens the names of intermediate values."""
    proto = onnx.load(str(path), load_external_data=False)
    short = {}
    for node in proto.graph.node:
        for names in (node.input, node.output):
            names[:] = [short.setdefault(name, f"v{len(short)}") if "/" in name else name for name in names]
        del node.metadata_props[:]
        node.doc_string = node.name = ""
    del proto.graph.value_info[:]
    path.write_bytes(proto.SerializeToString())
    print(path.name, path.stat().st_size)


albert = randomise(AlbertModel(AlbertConfig(embedding_size=6, **SMALL)), "albert")
bert = randomise(BertModel(BertConfig(**SMALL)), "bert")
tokens = randomise(BertForTokenClassification(BertConfig(**(SMALL | dict(num_hidden_layers=1)), num_labels=3)), "tokens")
export("albert_script", albert, dynamo=False)
export("bert_script", bert, dynamo=False)
export("tokens_script", tokens, dynamo=False)
export("tokens_unfolded", tokens, dynamo=False, do_constant_folding=False)
export("albert_dynamo", albert, dynamo=True)
export("bert_dynamo", bert, dynamo=True, external=True)
