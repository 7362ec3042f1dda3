"""Compares the vectors of an adapter with the CPU's, through the command: a card or a software rasteriser, WGSL or SPIR-V.

    python tests/compare/gpu_check.py [--annota target/release/annota] [--device wgpu:0] [--icd FILE] [--model NAME] [--long] [precision …]

It needs nothing but Python and the binary. --icd names the description of a Vulkan driver, which is used instead of the
system's; README.md says how to bring SwiftShader's. An adapter that is not there, or that Annota's own check does not
trust, and vectors that are too far from the CPU's end it with 1.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import peers

# Largest difference of a value, as README.md of the project promises it.
TOLERANCE = {"f32": 1e-3, "f16": 2e-2}
LEAST = 0.9999
TEXTS = [
    "I love NLP",
    "a",
    "A GPU and a CPU agree on this sentence.",
    "Words of many kinds and of many lengths stand here one after another, so that a batch has rows of all lengths and "
    "padding has something to hide from the rows that are shorter than the longest of them all.",
]
# One that fills the positions of most models.
LONG = " ".join(f"the word with the number {number} of a text that is long" for number in range(40))
POOLINGS = ["mean", "cls", "max"]


class Failed(Exception):
    pass


class Impossible(Failed):
    """The adapter lacks the precision."""


def query(model, precision, texts):
    """One column for each pooling, and the vectors of all tokens."""
    rows = ", ".join(f"({number}, '{text}')" for number, text in enumerate(texts))
    told = f"'{model}', precision => '{precision}'"
    columns = [f"embed(text, {told}, pooling => '{pooling}') AS {pooling}" for pooling in POOLINGS]
    return f"SELECT {', '.join(columns)}, embed_tokens(text, {told}) AS tokens FROM (VALUES {rows}) AS t(id, text) ORDER BY id"


class Device:
    def __init__(self, name, given):
        self.name, self.given = name, given
        self.environment = dict(os.environ)
        # What was trusted once is asked again.
        self.cache = tempfile.TemporaryDirectory()
        self.environment["XDG_CACHE_HOME"] = self.cache.name
        if given.icd and name != "cpu":
            # The loader's name for it, and the one it had before 1.3.207.
            self.environment |= dict.fromkeys(("VK_DRIVER_FILES", "VK_ICD_FILENAMES"), str(given.icd.resolve()))

    def run(self, *arguments):
        command = [self.given.annota, "--device", self.name, "--model", self.given.model, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, env=self.environment)
        last = " ".join(done.stderr.strip().splitlines()[-1:])
        if "is not possible on" in last:
            raise Impossible(last)
        if done.returncode:
            raise Failed(last or f"annota ended with {done.returncode}")
        if "is not used for model" in done.stderr:
            raise Failed(last)
        return json.loads(done.stdout)

    def bench(self, precision):
        return self.run("bench", "--shape", "4x32", "--seconds", "1", "--precision", precision, "--json")

    def vectors(self, precision):
        """All vectors, in an order of their own."""
        rows = self.run("sql", "--format", "json", "-q", "-c", query(self.given.model, precision, self.given.texts))
        pooled = [row[pooling] for row in rows for pooling in POOLINGS]
        return pooled + [token["embedding"] for row in rows for token in row["tokens"]]


def cosine(left, right):
    def product(one, other):
        return math.fsum(a * b for a, b in zip(one, other))

    return product(left, right) / math.sqrt(product(left, left) * product(right, right))


def compare(gpu, expected, precision):
    """A row of the table, and whether it is as promised."""
    told = gpu.bench(precision)
    found = gpu.vectors(precision)
    if len(found) != len(expected):
        raise Failed(f"{len(found)} vectors, expected {len(expected)}")
    difference = max(abs(a - b) for one, other in zip(found, expected) for a, b in zip(one, other))
    least = min(map(cosine, found, expected))
    row = [told["device"], told["driver"].rsplit(" by ")[-1], precision, len(found), f"{difference:.1e}", f"{least:.7f}"]
    return row, difference <= TOLERANCE[precision] and least >= LEAST


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("precisions", nargs="*", type=peers.one_of(TOLERANCE), metavar="precision", help=f"only these of {', '.join(TOLERANCE)}")
    parser.add_argument("--annota", default=peers.binary())
    parser.add_argument("--device", default="wgpu:0")
    parser.add_argument("--icd", type=Path, help="the JSON file of a Vulkan driver")
    parser.add_argument("--model", default="albert_tiny_en")
    parser.add_argument("--long", action="store_true", help="with a text of 500 pieces, which takes a software rasteriser long")
    given = parser.parse_args()
    given.texts = [*TEXTS, LONG] if given.long else TEXTS
    given.annota = peers.annota_binary(given.annota)
    if given.icd:
        peers.existing(given.icd)
    expected = Device("cpu", given).vectors("f32")
    gpu, rows, right = Device(given.device, given), [], True
    for precision in given.precisions or TOLERANCE:
        try:
            row, fits = compare(gpu, expected, precision)
        except Impossible as impossible:
            print(f"{precision} left out: {impossible}", file=sys.stderr)
        except Failed as failed:
            print(f"{precision}: {failed}", file=sys.stderr)
            right = False
        else:
            rows.append(row)
            right &= fits
    if rows:
        print(peers.table(["adapter", "kernels", "precision", "vectors", "largest difference", "least cosine"], rows))
    sys.exit(not (right and rows))


if __name__ == "__main__":
    main()
