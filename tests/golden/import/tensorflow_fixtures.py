"""Writes crates/annota-models/tests/it/import/fixtures/tensorflow: checkpoints of tiny random encoders, with the state dicts they stand for.

    python3 -m venv V && V/bin/pip install tensorflow-cpu tf-keras torch transformers==4.57.6 safetensors
    V/bin/python tests/golden/import/tensorflow_fixtures.py crates/annota-models/tests/it/import/fixtures/tensorflow

`google_*` have Google's names and are written by TensorFlow's own Saver; transformers' loaders of such checkpoints
(`load_tf_weights_in_albert`, `load_tf_weights_in_bert`) say what they mean. `saved_*` are the variables of
`TF*Model.save_pretrained(saved_model=True)`; the PyTorch model they were made from says what they mean.
"""
import os, pathlib, shutil, sys, tempfile
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
sys.modules["triton"] = None  # its LLVM and that of TensorFlow cannot be in one process
import torch
import numpy as np
import tensorflow as tf
from safetensors.torch import save_file
from transformers import (AlbertConfig, AlbertForPreTraining, AlbertModel, BertConfig, BertForPreTraining, BertModel,
                          TFAlbertModel, TFBertModel)
from transformers.models.albert.modeling_albert import load_tf_weights_in_albert
from transformers.models.bert.modeling_bert import load_tf_weights_in_bert

OUT = pathlib.Path(sys.argv[1])
OUT.mkdir(parents=True, exist_ok=True)
SMALL = dict(vocab_size=24, hidden_size=8, num_attention_heads=2, intermediate_size=12, max_position_embeddings=10,
             type_vocab_size=2)
ALBERT = AlbertConfig(embedding_size=6, num_hidden_layers=3, **SMALL)
BERT = BertConfig(num_hidden_layers=2, **SMALL)
V, H, I, P = 24, 8, 12, 10


def dense(name, inputs, outputs):
    return {f"{name}/kernel": (inputs, outputs), f"{name}/bias": (outputs,)}


def norm(name, size):
    return {f"{name}/gamma": (size,), f"{name}/beta": (size,)}


def embeddings(size):
    return {"bert/embeddings/word_embeddings": (V, size), "bert/embeddings/position_embeddings": (P, size),
            "bert/embeddings/token_type_embeddings": (2, size), **norm("bert/embeddings/LayerNorm", size)}


def google_albert():
    inner = "bert/encoder/transformer/group_0/inner_group_0"
    names = {**embeddings(6), **dense("bert/encoder/embedding_hidden_mapping_in", 6, H)}
    for part in ("query", "key", "value"):
        names |= dense(f"{inner}/attention_1/self/{part}", H, H)
    names |= dense(f"{inner}/attention_1/output/dense", H, H) | norm(f"{inner}/LayerNorm", H)
    names |= dense(f"{inner}/ffn_1/intermediate/dense", H, I) | dense(f"{inner}/ffn_1/intermediate/output/dense", I, H)
    names |= norm(f"{inner}/LayerNorm_1", H) | dense("bert/pooler/dense", H, H)
    names |= {"cls/predictions/output_bias": (V,)} | dense("cls/predictions/transform/dense", H, 6)
    names |= norm("cls/predictions/transform/LayerNorm", 6)
    names |= {"cls/seq_relationship/output_weights": (2, H), "cls/seq_relationship/output_bias": (2,)}
    return names


def google_bert():
    names = embeddings(H) | dense("bert/pooler/dense", H, H)
    for layer in range(2):
        inner = f"bert/encoder/layer_{layer}"
        for part in ("query", "key", "value"):
            names |= dense(f"{inner}/attention/self/{part}", H, H)
        names |= dense(f"{inner}/attention/output/dense", H, H) | norm(f"{inner}/attention/output/LayerNorm", H)
        names |= dense(f"{inner}/intermediate/dense", H, I) | dense(f"{inner}/output/dense", I, H)
        names |= norm(f"{inner}/output/LayerNorm", H)
    names |= {"cls/predictions/output_bias": (V,)} | dense("cls/predictions/transform/dense", H, H)
    names |= norm("cls/predictions/transform/LayerNorm", H)
    names |= {"cls/seq_relationship/output_weights": (2, H), "cls/seq_relationship/output_bias": (2,)}
    return names


def write_google(name, names, model, load, keep, **saver):
    random = np.random.default_rng(11)
    graph = tf.Graph()
    devices = tf.compat.v1.ConfigProto(device_count={"CPU": 2})
    with graph.as_default(), tf.compat.v1.Session(config=devices) as session:
        for variable, shape in names.items():
            value = random.normal(size=shape).astype(np.float32)
            with tf.device("/cpu:1" if saver and "layer_1" in variable else "/cpu:0"):  # two devices, two shards
                tf.compat.v1.Variable(value, name=variable, use_resource=False)
            if variable.endswith("pooler/dense/bias"):
                # The optimizer's slots lie among the weights.
                for slot in ("adam_m", "adam_v"):
                    tf.compat.v1.Variable(np.zeros(shape, np.float32), name=f"{variable}/{slot}", use_resource=False)
        tf.compat.v1.Variable(np.int64(125), name="global_step", use_resource=False)
        session.run(tf.compat.v1.global_variables_initializer())
        tf.compat.v1.train.Saver(**saver).save(session, str(OUT / name), write_meta_graph=False)
    (OUT / "checkpoint").unlink()
    load(model, model.config, str(OUT / name))
    state = {k[len(keep):]: v.detach().clone().contiguous() for k, v in model.state_dict().items() if k.startswith(keep)}
    save_file(state, str(OUT / f"{name}.safetensors"))


def write_saved(name, torch_model, tf_class):
    torch.manual_seed(5)
    with torch.no_grad():
        for parameter in torch_model.parameters():
            parameter.copy_(torch.randn_like(parameter))
    with tempfile.TemporaryDirectory() as folder:
        torch_model.save_pretrained(folder)
        model = tf_class.from_pretrained(folder, from_pt=True)
        model.save_pretrained(folder, saved_model=True)
        made = pathlib.Path(folder) / "saved_model" / "1"
        shutil.rmtree(OUT / name, ignore_errors=True)
        shutil.copytree(made / "variables", OUT / name / "variables")
        print(name, "saved_model.pb left out:", (made / "saved_model.pb").stat().st_size)
    save_file({k: v.detach().clone().contiguous() for k, v in torch_model.state_dict().items()},
              str(OUT / f"{name}.safetensors"))


write_google("google_albert", google_albert(), AlbertForPreTraining(ALBERT), load_tf_weights_in_albert, "albert.")
write_google("google_bert", google_bert(), BertForPreTraining(BERT), load_tf_weights_in_bert, "bert.", sharded=True)
write_saved("saved_albert", AlbertModel(ALBERT), TFAlbertModel)
BERT.num_hidden_layers = 1
write_saved("saved_bert", BertModel(BERT), TFBertModel)
