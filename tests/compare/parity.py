"""Compares Annota with Hugging Face transformers, live, on random weights of full-size configurations.

    pip install "torch==2.15.0" "transformers==4.57.6" safetensors
    cargo build --release -p annota-cli
    python tests/compare/parity.py [--annota target/release/annota] [--device cpu] [--seed 0] [case …]

For each configuration it writes a random checkpoint (the tokenizer is the bundled model's), asks Annota for the
vectors of some texts and tokens, and prints the largest difference of any value. Exits with 1 above --tolerance.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from transformers import AlbertConfig, AlbertModel, PreTrainedTokenizerFast

ROOT = Path(__file__).resolve().parents[2]
BUNDLED = ROOT / "crates/annota-models/bundled/albert-tiny-en"
COMMON = dict(vocab_size=30000, embedding_size=128, max_position_embeddings=512, type_vocab_size=2, layer_norm_eps=1e-12)
CASES = {
    "base": dict(hidden_size=768, num_hidden_layers=12, num_attention_heads=12, intermediate_size=3072, hidden_act="gelu_new"),
    "large": dict(hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096, hidden_act="gelu_new"),
    "xlarge": dict(hidden_size=2048, num_hidden_layers=24, num_attention_heads=16, intermediate_size=8192, hidden_act="gelu_new"),
    "xxlarge": dict(hidden_size=4096, num_hidden_layers=12, num_attention_heads=64, intermediate_size=16384, hidden_act="gelu_new"),
    "base-v1": dict(hidden_size=768, num_hidden_layers=12, num_attention_heads=12, intermediate_size=3072, hidden_act="gelu"),
    "groups": dict(hidden_size=250, num_hidden_layers=6, num_attention_heads=5, intermediate_size=700, hidden_act="relu",
                   num_hidden_groups=2, inner_group_num=2),
}
TEXTS = [
    "I love NLP",
    "The quick brown fox jumps over the lazy dog near the river bank on a sunny afternoon",
    "a",
    "Words of many kinds and of many lengths stand here one after another so that the batch has rows of all lengths "
    "and padding has something to hide from the rows that are shorter than the longest of them all",
]


def make(folder, changes, seed):
    torch.manual_seed(seed)
    model = AlbertModel(AlbertConfig(**COMMON, **changes, attn_implementation="eager")).eval()
    model.save_pretrained(folder)
    shutil.copy(BUNDLED / "tokenizer.json", folder)
    return model


def annota(arguments, sql):
    done = subprocess.run([*arguments, "sql", "--format", "json", "-q", "-c", sql], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def rows():
    return ", ".join(f"({number}, '{text}')" for number, text in enumerate(TEXTS))


def expected(model, tokenizer, text):
    """Pooled vectors and, for every word, the state of its first piece that is not a lone word mark."""
    encoding = tokenizer(text, return_tensors="pt", return_offsets_mapping=True)
    offsets = encoding.pop("offset_mapping")[0].tolist()
    encoding.pop("token_type_ids", None)
    with torch.no_grad():
        states = model(**encoding).last_hidden_state[0]
    ids, lone = encoding["input_ids"][0].tolist(), tokenizer.convert_tokens_to_ids("▁")
    words, place = [], 0
    for word in text.split():
        start = text.index(word, place)
        place = start + len(word)
        inked = [i for i, (b, e) in enumerate(offsets) if ids[i] != lone and b < place and e > start]
        words.append(states[inked[0]])
    return {"mean": states.mean(0), "cls": states[0], "max": states.max(0).values}, words


def compare(name, command, seed):
    with tempfile.TemporaryDirectory() as folder:
        model = make(folder, CASES[name], seed)
        tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(BUNDLED / "tokenizer.json"))
        wanted = [expected(model, tokenizer, text) for text in TEXTS]
        worst = 0.0
        for pooling in ("mean", "cls", "max"):
            sql = f"SELECT id, albert_embed(text, '{folder}', '{pooling}') AS v FROM (VALUES {rows()}) AS t(id, text) ORDER BY id"
            for row in annota(command, sql):
                worst = max(worst, (torch.tensor(row["v"]) - wanted[row["id"]][0][pooling]).abs().max().item())
        sql = (f"SELECT id, t['begin'] AS b, t['embedding'] AS v FROM (SELECT id, unnest(albert_embed_tokens(text, '{folder}')) AS t "
               f"FROM (VALUES {rows()}) AS t(id, text)) ORDER BY id, b")
        found = annota(command, sql)
        words = [vector for _, vectors in wanted for vector in vectors]
        assert len(found) == len(words), f"{len(found)} tokens, {len(words)} words"
        for row, vector in zip(found, words):
            worst = max(worst, (torch.tensor(row["v"]) - vector).abs().max().item())
    return worst


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cases", nargs="*", default=list(CASES))
    parser.add_argument("--annota", default=str(ROOT / "target/release/annota"))
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tolerance", type=float, default=1e-4)
    given = parser.parse_args()
    failed = False
    for name in given.cases:
        difference = compare(name, [given.annota, "--device", given.device], given.seed)
        failed |= not difference <= given.tolerance
        print(f"{name:10} {difference:.2e}", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
