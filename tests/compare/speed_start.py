"""The part `start` of embedding_speed.py: from nothing to the first vector, and how long a large checkpoint takes to load.

Each figure is of a process of its own, imports included where nothing else is said.
"""

import json
import subprocess
import sys
import time
from statistics import median

import peers
import speed_models
from speed_rounds import Annota, Failed, environment, interleaved, on_cores

LARGE = "albert-large"
TORCH = """
import sys, time
begin = time.perf_counter()
import torch
from transformers import AutoModel, PreTrainedTokenizerFast
torch.set_num_threads({threads})
imported = time.perf_counter()
model = AutoModel.from_pretrained("{peers}", add_pooling_layer=False).eval()
print(time.perf_counter() - imported)
with torch.inference_mode():
    ids = PreTrainedTokenizerFast.from_pretrained("{peers}")("x", return_tensors="pt")["input_ids"]
    model(input_ids=ids).last_hidden_state.mean(1).tolist()
"""
SENTENCE_TRANSFORMERS = """
import time
import torch
from sentence_transformers import SentenceTransformer, models
torch.set_num_threads({threads})
begin = time.perf_counter()
transformer = models.Transformer("{peers}", model_args={{"add_pooling_layer": False}})
model = SentenceTransformer(modules=[transformer, models.Pooling(transformer.get_word_embedding_dimension())], device="cpu")
print(time.perf_counter() - begin)
model.encode("x")
"""
ONNX = """
import time
import numpy, onnxruntime
from tokenizers import Tokenizer
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = {threads}
begin = time.perf_counter()
session = onnxruntime.InferenceSession("{onnx}", options)
print(time.perf_counter() - begin)
ids = numpy.array([Tokenizer.from_file("{peers}/tokenizer.json").encode("x").ids], dtype=numpy.int64)
session.run(None, {{"input_ids": ids, "attention_mask": numpy.ones_like(ids)}})[0].mean(1).tolist()
"""


class Process:
    """A process that loads, says how many seconds that took, and makes a vector of `x`."""

    def __init__(self, name, command, threads, package=None):
        self.name, self.command, self.threads = name, command, threads
        self.there = package is None or peers.installed(package, "requirements-speed.txt")
        self.version = name

    def run(self):
        """(seconds of the whole, what it printed)."""
        begin = time.perf_counter()
        done = subprocess.run(self.command, capture_output=True, text=True, env=environment(self.threads),
                              preexec_fn=on_cores(self.threads))
        seconds = time.perf_counter() - begin
        if done.returncode:
            raise Failed(f"{self.name}: {' '.join(done.stderr.strip().splitlines()[-1:])}")
        return seconds, done.stdout


def scripts(home, threads):
    places = {"threads": threads, "peers": home.peers, "onnx": home.onnx_file("f32")}
    wanted = [("torch", TORCH, "torch"), ("sentence-transformers", SENTENCE_TRANSFORMERS, "sentence_transformers"),
              ("onnxruntime", ONNX, "onnxruntime")]
    made = [Process(name, [sys.executable, "-c", code.format(**places)], threads, package) for name, code, package in wanted]
    return [each for each in made if each.there]


def first_vector(given):
    """The command of a user, with the model that the binary carries; peers load the same weights from a folder."""
    home = speed_models.folders("tiny")
    command = [given.annota, "--threads", str(given.threads), "sql", "-c", "SELECT albert_embed('x')"]
    return [Process("annota", command, given.threads), *scripts(home, given.threads)]


def large(given):
    """Annota's `bench` and the scripts print the seconds of loading alone."""
    home = speed_models.folders(LARGE)
    measured = ["--shape", "1x8", "--seconds", "0.001", "--json"]
    settings = ["--device", "cpu", "--threads", str(given.threads), "--model", str(home.annota)]
    command = [given.annota, *settings, "bench", *measured]
    return [Process("annota", command, given.threads), *scripts(home, given.threads)]


def warm(program):
    """What a run gives right after one that is not measured: the system may have taken back the pages of the program's
    files while others ran."""
    program.run()
    return program.run()


def whole(program):
    return warm(program)[0]


def loaded(program):
    _, printed = warm(program)
    return json.loads(printed)["load_seconds"] if program.name == "annota" else float(printed.split()[0])


def rows(seen, target):
    ours = median(seen["annota"]) if "annota" in seen else None
    for name, seconds in seen.items():
        verdict = f"≤ {target * 1000:.0f} ms: {'met' if median(seconds) <= target else 'not met'}" if name == "annota" else "–"
        times = f"{median(seconds) / ours:.1f}" if ours else "–"
        yield [name, f"{median(seconds) * 1000:.0f}", f"{min(seconds) * 1000:.0f}–{max(seconds) * 1000:.0f}", times, verdict]


def start(given, _):
    tables, raw = [], {}
    for what, programs, measure, target in (
        ("first vector, whole process, tiny model, page cache warm", first_vector(given), whole, 0.15),
        (f"load of {LARGE}, page cache warm", large(given), loaded, 1),
    ):
        print(what, file=sys.stderr)
        raw[what] = interleaved(programs, given.rounds, measure)
        tables.append(([what, "median ms", "least–greatest", "times Annota's", "target"], list(rows(raw[what], target))))
    return tables, [Annota("annota", given.annota, speed_models.folders("tiny"), given.threads)], raw
