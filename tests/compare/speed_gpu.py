"""The part of embedding_speed.py that wants a GPU: Annota beside PyTorch and sentence-transformers on the same card."""

import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from statistics import mean

import peers
from speed_rounds import RATIO, Annota, Failed, opened
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
    try:
        device = probe.bench("--shape", "1x32", "--seconds", "0.1")["device"]
    except Failed as failed:
        sys.exit(f"gpu: {failed}")
    if device == "cpu":
        print(f"gpu: --device {given.device} leads to no GPU, or to one that is not trusted", file=sys.stderr)
        return absent(), [probe], {}
    programs = opened(PROGRAMS, given, home, given.threads, given.device, given.peer_device)
    seen = measured(programs, SHAPES, given)
    wanted = [
        ("annota f16", "sentence-transformers f16", SHAPES),
        ("annota f16", "torch sdpa f16", {}),
        ("annota f16", "annota", {}),
    ]
    header, rows = speeds(seen, PROGRAMS)
    by_shape = ratios(seen, wanted, lambda shape, targets: targets.get(shape))
    tables = [([f"{header[0]} on {device}", *header[1:]], rows), by_shape, busy(programs, given)]
    return tables, programs, seen


def busy(programs, given):
    """Of texts, with what the card says of itself, if nvidia-smi is there to ask."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "texts.parquet"
        peers.write_parquet(file, peers.paragraphs(given.paragraphs))
        for annota in (program for program in programs if isinstance(program, Annota)):
            what = ["--input", file, "--level", "sentence", "--seconds", 10 * given.seconds]
            try:
                annota.bench(*what)  # Tunes the shapes that texts have, which is kept on disk.
                with Utilization() as utilization:
                    found = annota.bench(*what)["rows"][0]
            except Failed as failed:
                print(f"left out: {failed}", file=sys.stderr)
                continue
            share = utilization.mean()
            verdict = f"≥ {BUSY:.0%}: " + ("not measured" if share is None else "met" if share >= BUSY else "not met")
            cells = [f"{found['tokens_per_second']:.0f}", f"{found['padding']:.1%}", "–" if share is None else f"{share:.1%}"]
            rows.append([annota.name, *cells, verdict])
    return TEXT, rows


class Utilization:
    """How busy nvidia-smi says the first card is, twice a second, once it has begun."""

    def __enter__(self):
        self.seen, self.over = [], threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def watch(self):
        ask = ["nvidia-smi", "-i", "0", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
        while shutil.which(ask[0]) and not self.over.wait(0.5):
            told = subprocess.run(ask, capture_output=True, text=True).stdout.strip()
            if told.isdigit():
                self.seen.append(int(told) / 100)

    def mean(self):
        """Without the start and the end, in which the model is loaded and the process ends."""
        busy = [place for place, share in enumerate(self.seen) if share > 0]
        return mean(self.seen[busy[0] : busy[-1] + 1]) if busy else None


def absent():
    """The same tables, without figures."""
    ours, theirs = "annota f16", "sentence-transformers f16"
    by_shape = [[f"{shape}: {ours} / {theirs}", "–", "–", f"≥ {least}: {ABSENT}"] for shape, least in SHAPES.items()]
    return [(RATIO, by_shape), (TEXT, [[ours, "–", "–", "–", f"≥ {BUSY:.0%}: {ABSENT}"]])]
