"""Times encoders on equal batches, their start, and how far their vectors are apart: Annota, PyTorch, ONNX Runtime,
sentence-transformers, candle.

    python tests/compare/embedding_speed.py [--annota target/release/annota] [--model albert-base] [--rounds 7]
        [--seconds 3] [--threads 2] [--write] [part …]

Parts are shapes, precision, threads, start, differences and gpu; all by default. All programs have the same random
weights and the same number of threads, and take turns. --write puts the tables into README.md, which has the rules.
"""

import argparse
import json
import sys
from pathlib import Path

import peers
import speed_differences
import speed_gpu
import speed_models
import speed_report
import speed_start
from speed_rounds import best, opened
from speed_shapes import measured, numbers, ratios, speeds

SHAPES = ["8x128", "32x32", "1x512"]
F32 = ["annota", "annota reference", "torch eager", "torch sdpa", "torch sdpa compile", "sentence-transformers",
       "onnxruntime", "onnxruntime fused", "candle"]
# What is meant by a precision; f32 again for the ratios to it.
PRECISIONS = ["annota", "annota bf16", "annota int8", "torch sdpa", "torch sdpa bf16", "torch sdpa compile bf16",
              "onnxruntime", "onnxruntime fused", "onnxruntime int8"]
THREADS = ["annota", "torch sdpa", "onnxruntime", "candle"]
# Targets hold for albert-base and these shapes.
AIMED = ("8x128", "32x32")


def aims(given):
    """Targets are those of albert-base."""
    return lambda shape, target: target if given.model == "albert-base" and shape in AIMED else None


def shapes(given, home):
    programs = opened(F32, given, home, given.threads)
    seen = measured(programs, given.shape, given)
    wanted = [
        ("annota", lambda found: best(found, "onnxruntime"), 1.2),
        ("annota", lambda found: best(found, "torch"), 1.7),
        ("annota", "candle", 2),
        ("annota", "sentence-transformers", None),
        ("annota", "annota reference", None),
    ]
    return [speeds(seen, F32), ratios(seen, wanted, aims(given))], programs, seen


def precision(given, home):
    programs = opened(PRECISIONS, given, home, given.threads)
    seen = measured(programs, given.shape, given)
    wanted = [
        ("annota bf16", "annota", 1.9),
        ("annota bf16", lambda found: best(found, "torch", "bf16"), 1.2),
        ("annota int8", "annota", None),
        ("annota int8", "onnxruntime int8", None),
        ("onnxruntime int8", lambda found: best(found, "onnxruntime"), None),
    ]
    return [speeds(seen, PRECISIONS), ratios(seen, wanted, aims(given))], programs, seen


def threads(given, home):
    """One thread and all of them, in turns; every program is bound to as many cores as it has threads."""
    one, all_ = opened(THREADS, given, home, 1), opened(THREADS, given, home, given.threads)
    for count, programs in ((1, one), (given.threads, all_)):
        for program in programs:
            program.name = f"{program.name} × {count}"
    seen = measured([*one, *all_], given.shape, given)
    names = [f"{name} × {count}" for name in THREADS for count in (1, given.threads)]
    wanted = [(f"{name} × {given.threads}", f"{name} × 1", 1.85 if name == "annota" and given.threads == 2 else None)
              for name in THREADS]
    return [speeds(seen, names), ratios(seen, wanted, aims(given))], all_, seen


PARTS = {
    "shapes": shapes,
    "precision": precision,
    "threads": threads,
    "start": speed_start.start,
    "differences": speed_differences.differences,
    "gpu": speed_gpu.gpu,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", type=peers.one_of(PARTS), metavar="part", help=f"only these of {', '.join(PARTS)}")
    parser.add_argument("--annota", default=peers.binary())
    parser.add_argument("--model", default="albert-base", choices=speed_models.MODELS)
    parser.add_argument("--shape", action="append", help=f"SEQUENCESxPIECES, may be repeated; {', '.join(SHAPES)} by default")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3, help="of one program, shape and round")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="auto", help="the GPU of `gpu`, as Annota calls it: vulkan, wgpu:0, cuda:0")
    parser.add_argument("--peer-device", default="cuda", help="the same as PyTorch calls it")
    parser.add_argument("--texts", type=int, default=200, help="how many `differences` compares")
    parser.add_argument("--paragraphs", type=Path, help="CSV with a column `text`, also gzipped")
    parser.add_argument("--json", type=Path, help="writes what every round gave there")
    parser.add_argument("--write", action="store_true", help="puts the tables into README.md")
    given = parser.parse_args()
    given.shape = given.shape or SHAPES
    for shape in given.shape:
        numbers(shape)
    given.annota = peers.annota_binary(given.annota)
    needed = ("torch", "transformers", "onnxruntime", "onnx")
    if not all([peers.installed(name, "requirements-speed.txt") for name in needed]):
        sys.exit(1)
    speed_report.warn_if_busy()
    home, raw = speed_models.folders(given.model), {}
    for name in given.parts or PARTS:
        found, programs, raw[name] = PARTS[name](given, home)
        called = speed_report.command("embedding_speed.py", sys.argv[1:])
        settings = f"{given.model}, {given.threads} threads, {given.rounds} rounds."
        told = f"{settings} {speed_report.told(called, programs, ('transformers',))}"
        marker = name if given.model == "albert-base" else f"{name} {given.model}"
        speed_report.publish(marker, f"{speed_report.tables(*found)}\n\n{told}", given.write)
        if given.json:
            given.json.write_text(json.dumps(raw, indent=1))


if __name__ == "__main__":
    main()
