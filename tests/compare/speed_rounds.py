"""Programs of the speed comparisons, asked in turns: workers that stay, Annota's command, and the figures of rounds."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median, quantiles

import peers
import speed_worker

HERE = Path(__file__).resolve().parent
CANDLE = peers.ROOT / "target/compare/native/release/candle-worker"
# The package that each peer needs, in requirements-speed.txt.
PACKAGES = {"torch": "torch", "sentence_transformers": "sentence_transformers", "onnxruntime": "onnxruntime"}


class Failed(Exception):
    pass


def precision_of(name):
    return next((word for word in name.split() if word in ("bf16", "f16", "int8")), "f32")


def environment(threads):
    """Every library's own name for the number of its threads; and no network."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS", "CANDLE_NUM_THREADS")
    return os.environ | dict.fromkeys(names, str(threads)) | {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "true"}


def on_cores(count):
    """A function that binds a process to the last `count` of the cores, where the system can."""

    def bind():
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-count:])

    return bind


class Worker:
    """A peer's process, on a device of PyTorch's."""

    def __init__(self, name, home, threads, device="cpu"):
        self.name = name
        command = [sys.executable, HERE / "speed_worker.py", name, home.folder, str(threads), device]
        if name == "candle":
            command = [CANDLE, home.peers]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, env=environment(threads), preexec_fn=on_cores(threads))
        self.version = self.answer()["ready"]

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            last = self.process.stderr.read().strip().splitlines()[-1:]
            raise Failed(f"{self.name} ended: {' '.join(last)}")
        answer = json.loads(line)
        if "error" in answer:
            raise Failed(f"{self.name}: {answer['error']}")
        return answer

    def ask(self, **order):
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return self.answer()

    def shape(self, sequences, pieces, seconds):
        """Tokens a second of equal batches."""
        answer = self.ask(do="shape", sequences=sequences, pieces=pieces, seconds=seconds)
        return answer["tokens"] / answer["seconds"]

    def vectors(self, texts, ids):
        import numpy

        with tempfile.TemporaryDirectory() as folder:
            orders, output = Path(folder) / "ids.json", Path(folder) / "vectors"
            orders.write_text(json.dumps(ids))
            self.ask(do="vectors", ids=str(orders), output=str(output))
            return numpy.fromfile(output, "<f4").reshape(len(ids), -1)

    def close(self):
        self.process.stdin.close()
        self.process.terminate()
        self.process.wait()


class Annota:
    """The command, one process a question; what `annota bench` times begins when the model is loaded."""

    def __init__(self, name, binary, home, threads, device="cpu"):
        self.name, self.threads = name, threads
        self.precision = precision_of(name)
        self.device = "cpu:reference" if "reference" in name.split() else device
        self.model = home.annota
        self.settings = ["--model", str(self.model), "--device", self.device, "--threads", str(threads)]
        self.binary = str(binary)
        self.version = self.run("--version").strip()

    def run(self, *arguments):
        done = subprocess.run([self.binary, *arguments], capture_output=True, text=True, env=environment(self.threads),
                              preexec_fn=on_cores(self.threads))
        if done.returncode:
            raise Failed(f"{self.name}: {' '.join(done.stderr.strip().splitlines()[:1])}")
        return done.stdout

    def bench(self, *what):
        return json.loads(self.run(*self.settings, "bench", *map(str, what), "--precision", self.precision, "--json"))

    def shape(self, sequences, pieces, seconds):
        found = self.bench("--shape", f"{sequences}x{pieces}", "--seconds", seconds)
        if found["device"] == "cpu" and not self.device.startswith("cpu"):
            raise Failed(f"{self.name}: {self.device} is not trusted")
        return found["rows"][0]["tokens_per_second"]

    def vectors(self, texts, ids):
        import numpy

        precision = "" if self.precision == "f32" else f", precision => '{self.precision}'"
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "texts.parquet"
            peers.write_parquet(file, texts)
            sql = f"SELECT id, embed(text, '{self.model}', pooling => 'mean'{precision}) AS v FROM '{file}' ORDER BY id"
            rows = self.run(*self.settings, "sql", "--format", "ndjson", "-q", "-c", sql).splitlines()
        return numpy.array([json.loads(row)["v"] for row in rows], dtype="float32")

    def close(self):
        pass


def opened(names, given, home, threads, device="cpu", peer_device="cpu"):
    """The programs that are there, on a device as Annota and as PyTorch call it; the others are named on stderr."""
    programs = []
    for name in names:
        try:
            if name.startswith("annota"):
                programs.append(Annota(name, given.annota, home, threads, device))
            elif name == "candle" and not CANDLE.is_file():
                raise Failed("candle-worker is not built; README.md says how")
            elif name == "candle" or peers.installed(PACKAGES[speed_worker.PEERS[name]], "requirements-speed.txt"):
                programs.append(Worker(name, home, threads, peer_device))
        except Failed as failed:
            print(f"left out: {failed}", file=sys.stderr)
    return programs


def interleaved(programs, rounds, measure):
    """{name: what `measure(program)` gave in every round}; a round asks each program once. One that fails is left out."""
    seen = {program.name: [] for program in programs}
    for number in range(rounds):
        for program in programs:
            if program.name in seen:
                try:
                    seen[program.name].append(measure(program))
                except Failed as failed:
                    print(f"left out: {failed}", file=sys.stderr)
                    del seen[program.name]
        print(f"round {number + 1} of {rounds} done", file=sys.stderr)
    return seen


def best(seen, prefix, precision="f32"):
    """The name of the fastest by median among those that begin so and have that precision, or None."""
    names = [name for name in seen if name.startswith(prefix) and precision_of(name) == precision]
    return max(names, key=lambda name: median(seen[name]), default=None)


def ratio(label, over, under, target=None):
    """A row: the median of the rounds' ratios, their quartiles, and whether the target is reached."""
    each = [left / right for left, right in zip(over, under)]
    low, _, high = quantiles(each, n=4, method="inclusive") if len(each) > 1 else each * 3
    found = median(each)
    verdict = "–" if target is None else f"≥ {target}: {'met' if found >= target else 'not met'}"
    return [label, f"{found:.2f}", f"{low:.2f}–{high:.2f}", verdict]


RATIO = ["ratio", "median", "quartiles", "target"]
