"""The part of embedding_speed.py that wants a GPU: Annota beside PyTorch and sentence-transformers on the same card."""

import sys
import tempfile
from pathlib import Path

import peers
from speed_rounds import RATIO, Annota, opened
from speed_shapes import measured, ratios, speeds

PROGRAMS = ["annota", "annota f16", "torch sdpa f16", "sentence-transformers f16"]
# Rows of 50 pieces and of 512, and the least ratio to sentence-transformers.
SHAPES = {"256x50": 1, "32x512": 0.7}
# Of the time on real text, the share in which the device has work.
BUSY = 0.8
TEXT = ["real text, by sentence", "tokens/s", "padding", "device busy", "target"]
ABSENT = "no GPU was at hand"


def gpu(given, home):
    probe = Annota("annota", given.annota, home, given.threads, given.device)
    device = probe.bench("--shape", "1x32", "--seconds", "0.1")["device"]
    if device == "cpu":
        print(f"gpu: --device {given.device} leads to no GPU", file=sys.stderr)
        return absent(), [probe], {}
    programs = opened(PROGRAMS, given, home, given.threads, given.device, given.peer_device)
    seen = measured(programs, SHAPES, given)
    wanted = [("annota f16", "sentence-transformers f16", SHAPES), ("annota f16", "torch sdpa f16", {}), ("annota f16", "annota", {})]
    header, rows = speeds(seen, PROGRAMS)
    tables = [([f"{header[0]} on {device}", *header[1:]], rows), ratios(seen, wanted, lambda shape, targets: targets.get(shape)), busy(programs, given)]
    return tables, programs, seen


def busy(programs, given):
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "texts.parquet"
        peers.write_parquet(file, peers.paragraphs(given.paragraphs))
        for annota in (program for program in programs if isinstance(program, Annota)):
            # The first run tunes the shapes that texts have, which is kept on disk.
            found = [annota.bench("--input", file, "--level", "sentence", "--seconds", 10 * given.seconds) for _ in range(2)]
            found = found[-1]["rows"][0]
            verdict = f"≥ {BUSY:.0%}: {'met' if found['compute'] >= BUSY else 'not met'}"
            rows.append([annota.name, f"{found['tokens_per_second']:.0f}", f"{found['padding']:.1%}", f"{found['compute']:.1%}", verdict])
    return TEXT, rows


def absent():
    """The same tables, without figures."""
    ours, theirs = "annota f16", "sentence-transformers f16"
    by_shape = [[f"{shape}: {ours} / {theirs}", "–", "–", f"≥ {least}: {ABSENT}"] for shape, least in SHAPES.items()]
    return [(RATIO, by_shape), (TEXT, [[ours, "–", "–", "–", f"≥ {BUSY:.0%}: {ABSENT}"]])]
