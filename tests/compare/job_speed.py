"""Times whole jobs, from Parquet to Parquet: Annota's `run` and scripts with sentence-transformers, PyTorch and ONNX Runtime.

    python tests/compare/job_speed.py [--annota target/release/annota] [--rows 600] [--rounds 3] [--threads 2]
        [--precision f32] [--write] [part …]

Parts are document, sentence, token, repeats, text, memory and growth; all by default. Every run is a process of its own. A round
runs each program once with the texts and once with a single one; the latter is its start. README.md has the rules.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from multiprocessing import Process
from pathlib import Path
from statistics import median

import peers
import speed_models
import speed_report
from speed_rounds import PACKAGES, RATIO, Annota, Failed, environment, interleaved, on_cores, ratio
from text_speed import SQL as TEXT

HERE = Path(__file__).resolve().parent
LEVELS = ("document", "sentence", "token")
PARTS = (*LEVELS, "repeats", "text", "memory", "growth")
PROGRAMS = {
    "f32": ["annota", "sentence-transformers", "torch", "onnxruntime"],
    "bf16": ["annota", "annota bf16", "torch bf16"],
    "int8": ["annota", "annota int8", "onnxruntime int8"],
}
TARGETS = {"sentence-transformers": 2, "torch": 2, "onnxruntime": 1.5}
# What the scripts of peers stand on.
PYTHON = ("sentence-transformers", "transformers", "torch", "onnxruntime", "tokenizers", "pyarrow")
MOST_MEMORY = 600e6
# How many short texts the jobs have that show what memory grows with.
GROWTH = (12_000, 1_200_000, 12_000_000)
MADE = "COPY (SELECT value AS id, concat('Text ', value) AS text FROM generate_series(1, {count})) TO '{file}' STORED AS PARQUET"
TEXT_SHARE = 0.05
# How often the text work alone is done, for once takes less than a start differs from the next.
TEXT_TIMES = 200
AGAIN = "COPY (SELECT text FROM '{texts}' CROSS JOIN generate_series(1, {times})) TO '{file}' STORED AS PARQUET"
COPY = "COPY (SELECT id, embed(text) AS embedding FROM '{file}') TO '{output}/part.parquet' STORED AS PARQUET"


class Job:
    """A program with its command; `command(file, output)` is what runs over a file."""

    def __init__(self, name, command, given, folder, file="texts"):
        self.name, self.command, self.given, self.folder, self.file = name, command, given, folder, file
        self.peak = 0

    def run(self, file):
        """Seconds of a process; what it wrote stays until the next run."""
        output = self.output()
        shutil.rmtree(output, ignore_errors=True)
        words = self.command(self.folder / f"{file}.parquet", output)
        with tempfile.TemporaryFile() as errors:
            begin = time.perf_counter()
            process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=errors, env=environment(self.given.threads),
                                       preexec_fn=on_cores(self.given.threads))
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - begin
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                errors.seek(0)
                raise Failed(f"{self.name}: {' '.join(errors.read().decode().strip().splitlines()[-1:])}")
        self.peak = max(self.peak, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))
        return seconds

    def output(self):
        return self.folder / self.name.replace(" ", "-")

    def measure(self):
        """(start, whole)."""
        return self.run("one"), self.run(self.file)

    def check(self, other=None):
        """What it wrote last, in a process of its own: this one stays small, for a child's peak is at least its parent's."""
        words = [sys.executable, HERE / "job_check.py", self.output(), *([other.output()] if other else [])]
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode:
            raise Failed(f"{self.name} wrote nothing that can be read: {done.stderr.strip().splitlines()[-1]}")
        return json.loads(done.stdout)


def annota_settings(given, home):
    return [given.annota, "--model", str(home.annota), "--device", "cpu", "--threads", str(given.threads)]


def annota_job(name, level, given, home):
    precision = name.split()[1] if " " in name else "f32"

    def command(file, output):
        words = ["run", "--input", file, "--text-column", "text", "--level", level, "--output", output, "--overwrite"]
        return [*annota_settings(given, home), *words, "--precision", precision, "-q"]

    return command


def peer_job(name, level, given, home):
    script = [sys.executable, HERE / "job_peers.py", name, level]
    return lambda file, output: [*script, file, output, home.folder, str(given.threads)]


def sql(statements, given, home):
    def command(file, output):
        output.mkdir(parents=True, exist_ok=True)
        return [*annota_settings(given, home), "sql", "-q", "-c", statements.format(file=file, output=output, profile="annota")]

    return command


def made(given, statement):
    """Writes texts by a statement of SQL."""
    words = [given.annota, "--device", "cpu", "--threads", str(given.threads), "sql", "-q", "-c", statement]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def starts_and_wholes(seen):
    return {name: tuple(zip(*rounds)) for name, rounds in seen.items()}


def less_start(times):
    start, whole = times
    return [each - median(start) for each in whole]


def times_row(name, times, texts, peak):
    start, whole = (median(each) for each in times)
    net = median(less_start(times))
    return [name, f"{whole:.2f}", f"{start:.2f}", f"{net:.2f}", f"{texts / net:.1f}", f"{peak / 1e6:.0f}"]


TIMES = ["program", "s", "start s", "s less start", "texts/s", "peak MB"]


def level(name, given, home, folder):
    jobs = []
    for program in PROGRAMS[given.precision]:
        ours = program.startswith("annota")
        if ours or peers.installed(PACKAGES[program.split()[0].replace("-", "_")], "requirements-speed.txt"):
            make = annota_job if ours else peer_job
            jobs.append(Job(program, make(program, name, given, home), given, folder))
    seen = starts_and_wholes(interleaved(jobs, given.rounds, Job.measure))
    rows = []
    for job in jobs:
        if job.name in seen:
            found = job.check(jobs[0] if name == "document" and job is not jobs[0] and jobs[0].name in seen else None)
            cosine = f"{found['median cosine']:.6f}, {found['apart']}" if "median cosine" in found else "–"
            counts = [found["rows"], found["texts"], found["nulls"] + found["not finite"]]
            rows.append([*times_row(job.name, seen[job.name], given.rows, job.peak), *counts, cosine])
    header = [*TIMES, "rows", "texts", "no vector", "median cosine to annota, texts below 0.999"]
    pairs = [(ours, program) for ours in seen if ours.startswith("annota") for program in seen if program != ours]
    ratios = []
    for ours, program in pairs:
        # The targets are of one precision beside the same.
        target = TARGETS.get(program) if ours == "annota" and given.model == "albert-base" else None
        if not (program.startswith("annota") and ours == "annota"):
            ratios.append(ratio(f"{program} / {ours}", less_start(seen[program]), less_start(seen[ours]), target))
    return [(header, rows), (RATIO, ratios)], seen


def repeats(given, home, folder):
    """The texts with half of them the other half again, and the same with another last word in each repeat."""
    off = f"SET annota.cache_bytes = '0'; {COPY}"
    jobs = [Job("with the cache", sql(COPY, given, home), given, folder, "repeats"),
            Job("cache_bytes = 0", sql(off, given, home), given, folder, "repeats"),
            Job("nothing repeats", sql(off, given, home), given, folder, "differ")]
    seen = starts_and_wholes(interleaved(jobs, given.rounds, Job.measure))
    rows, ratios = [], []
    for job in jobs:
        if job.name in seen:
            found = job.check()
            missing = found["nulls"] + found["not finite"]
            rows.append([*times_row(job.name, seen[job.name], given.rows, job.peak), found["rows"], missing])
    cached = seen.get(jobs[0].name)
    for job, target in ((jobs[1], None), (jobs[2], 1.8 if given.model == "albert-base" else None)):
        if cached and job.name in seen:
            ratios.append(ratio(f"{job.name} / with the cache", less_start(seen[job.name]), less_start(cached), target))
    return [([*TIMES, "rows", "no vector"], rows), (RATIO, ratios)], seen


def text(given, home, folder):
    """Finding sentences and tokens alone beside the job that gives every token a vector."""
    made(given, AGAIN.format(texts=folder / "texts.parquet", times=TEXT_TIMES, file=folder / "times.parquet"))
    alone = Job(f"sentences and tokens alone, {TEXT_TIMES} times", sql(TEXT, given, home), given, folder, "times")
    whole = Job("with vectors", annota_job("annota", "token", given, home), given, folder)
    seen = starts_and_wholes(interleaved([alone, whole], given.rounds, Job.measure))
    jobs = [(alone, TEXT_TIMES), (whole, 1)]
    rows = [times_row(job.name, seen[job.name], given.rows * times, job.peak) for job, times in jobs if job.name in seen]
    tables = [(TIMES, rows)]
    if len(seen) == 2:
        seconds = zip(less_start(seen[alone.name]), less_start(seen[whole.name]))
        share = median(left / TEXT_TIMES / right for left, right in seconds)
        verdict = f"< {TEXT_SHARE:.0%}: {'met' if share < TEXT_SHARE else 'not met'}"
        tables.append((["share of text work", "median", "target"], [["alone / with vectors", f"{share:.2%}", verdict]]))
    return tables, seen


def memory(given, home, folder):
    """All paragraphs once; only Annota, for this takes long."""
    name = "annota" if given.precision == "f32" else f"annota {given.precision}"
    job = Job(name, annota_job(name, "document", given, home), given, folder, "all")
    seconds = job.run("all")
    found = job.check()
    verdict = f"≤ {MOST_MEMORY / 1e6:.0f} MB: {'met' if job.peak <= MOST_MEMORY else 'not met'}"
    row = [job.name, found["rows"], f"{seconds:.0f}", f"{found['rows'] / seconds:.1f}", f"{job.peak / 1e6:.0f}", verdict]
    return [(["all paragraphs", "rows", "s", "texts/s", "peak MB", "target"], [row])], {job.name: [seconds, job.peak]}


def growth(given, home, folder):
    """Jobs of the smallest model on more and more texts, all different: the peak is to stay."""
    for count in GROWTH:
        made(given, MADE.format(count=count, file=folder / f"{count}.parquet"))
    smallest = speed_models.folders("smallest", onnx=False)
    off = f"SET annota.cache_bytes = '0'; {COPY}"
    programs = [("annota run", annota_job("annota", "document", given, smallest)),
                ("annota sql, COPY", sql(COPY, given, smallest)),
                ("annota sql, COPY, cache_bytes = 0", sql(off, given, smallest))]
    rows, raw = [], {}
    for name, command in programs:
        peaks = []
        for count in GROWTH:
            job = Job(name, command, given, folder, str(count))
            job.run(job.file)
            found = job.check()
            if found["rows"] != count or found["nulls"] + found["not finite"]:
                raise Failed(f"{name}: {found} of {count} rows")
            peaks.append(job.peak)
        rows.append([name, *(f"{peak / 1e6:.0f}" for peak in peaks), f"{peaks[-1] / peaks[-2]:.2f}"])
        raw[name] = peaks
    header = ["peak MB", *(f"{count:,} texts" for count in GROWTH), "last / one before"]
    return [(header, rows)], raw


def prepare(given, folder):
    """The texts from all over the file, half of them twice, the same with another last word, one short text, and all."""
    everything = peers.paragraphs(given.paragraphs)
    texts = everything[:: max(1, len(everything) // given.rows)][: given.rows]
    half = texts[: (len(texts) + 1) // 2]
    again = [(text, text) for text in half] + [(text, f"{text} Again.") for text in half][: len(texts) - len(half)]
    random.Random(1).shuffle(again)
    repeated, differ = zip(*again)
    for name, some in (("texts", texts), ("repeats", repeated), ("differ", differ), ("one", ["One text."]), ("all", everything)):
        peers.write_parquet(folder / f"{name}.parquet", some)
    speed_models.folders(given.model)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", type=peers.one_of(PARTS), metavar="part", help=f"only these of {', '.join(PARTS)}")
    parser.add_argument("--annota", default=peers.binary())
    parser.add_argument("--model", default="albert-base", choices=speed_models.MODELS)
    parser.add_argument("--paragraphs", type=peers.existing, help="CSV with a column `text`, also gzipped")
    parser.add_argument("--rows", type=int, default=600, help="how many of the texts; `memory` takes all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", default="f32", choices=PROGRAMS)
    parser.add_argument("--json", type=Path, help="writes the seconds of every round there")
    parser.add_argument("--write", action="store_true", help="puts the tables into README.md")
    given = parser.parse_args()
    given.annota = peers.annota_binary(given.annota)
    if not peers.installed("pyarrow", "requirements-speed.txt"):
        sys.exit(1)
    speed_report.warn_if_busy()
    raw, others = {}, {"repeats": repeats, "text": text, "memory": memory, "growth": growth}
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        preparing = Process(target=prepare, args=(given, folder))
        preparing.start()
        preparing.join()
        if preparing.exitcode:
            sys.exit("the texts or the models could not be made")
        home = speed_models.folders(given.model)
        for name in given.parts or PARTS:
            print(name, file=sys.stderr)
            try:
                found, raw[name] = level(name, given, home, folder) if name in LEVELS else others[name](given, home, folder)
            except Failed as failed:
                print(f"left out: {failed}", file=sys.stderr)
                continue
            called = speed_report.command("job_speed.py", sys.argv[1:])
            told = speed_report.told(called, [Annota("annota", given.annota, home, 1)], PYTHON)
            model = "smallest" if name == "growth" else given.model
            count = "" if name in ("memory", "growth") else f"{given.rows} texts, {given.rounds} rounds, "
            marker = " ".join([name, *(word for word in (given.model, given.precision) if word not in ("albert-base", "f32"))])
            text_ = f"{speed_report.tables(*found)}\n\n{model}, {count}{given.threads} threads. {told}"
            speed_report.publish(marker, text_, given.write)
    if given.json:
        given.json.write_text(json.dumps(raw, indent=1))


if __name__ == "__main__":
    main()
