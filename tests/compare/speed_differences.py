"""The part `differences` of embedding_speed.py: the vectors of the same texts by every program, beside PyTorch's in f32."""

import sys

import peers
from speed_rounds import Failed, opened

# Not `compile`: it would compile every length anew.
NAMES = ["torch eager", "annota", "annota reference", "annota bf16", "annota int8", "torch sdpa", "torch sdpa bf16",
         "sentence-transformers", "onnxruntime", "onnxruntime fused", "onnxruntime int8", "candle"]
REFERENCE = NAMES[0]


def texts_and_ids(given, home):
    """Paragraphs from all over the file that a model sees whole, and their ids."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(home.peers / "tokenizer.json"))
    texts = peers.paragraphs(given.paragraphs)
    texts = texts[:: max(1, len(texts) // given.texts)][: given.texts]
    cut = [(text, tokenizer.encode(text).ids) for text in texts]
    kept = [(text, ids) for text, ids in cut if len(ids) <= 512]
    return [text for text, _ in kept], [ids for _, ids in kept]


def differences(given, home):
    """Mean-pooled vectors: the largest difference of a value and the least cosine."""
    import numpy

    texts, ids = texts_and_ids(given, home)
    programs = opened(NAMES, given, home, given.threads)
    found = {}
    for program in programs:
        try:
            found[program.name] = program.vectors(texts, ids).astype("float64")
            print(f"{program.name} done", file=sys.stderr)
        except Failed as failed:
            print(f"left out: {failed}", file=sys.stderr)
        program.close()
    if REFERENCE not in found:
        sys.exit(f"{REFERENCE} gave no vectors")
    rows, expected = [], found.pop(REFERENCE)
    for name, vectors in found.items():
        lengths = numpy.linalg.norm(vectors, axis=1) * numpy.linalg.norm(expected, axis=1)
        cosines = (vectors * expected).sum(axis=1) / lengths
        rows.append([name, f"{abs(vectors - expected).max():.1e}", f"{cosines.min():.7f}", f"{cosines.mean():.7f}"])
    header = [f"{len(texts)} paragraphs, beside {REFERENCE}", "largest difference", "least cosine", "mean cosine"]
    return [(header, rows)], programs, {row[0]: row[1:] for row in rows}
