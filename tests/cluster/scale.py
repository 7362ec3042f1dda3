"""Times batch jobs on clusters of 1, 2 and 4 executors of equal CPU shares, and what a cluster costs a shard.

    python tests/cluster/scale.py [--annota target/release/annota] [--executors 1 2 4] [--share 0.4] [--rows 1200] [--rounds 3]
        [--shards 10000] [speed overhead]

Every executor is held to a share of one core by a control group, which wants the right to make one (root, on most machines). README.md has the
rules and the figures.
"""

import argparse
import contextlib
import csv
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median

from processes import WORDS, add_annota, free_port, program

# The longest that a process may take to start.
PATIENCE = 60
# Microseconds over which a share of a core is counted.
PERIOD = 100_000


class Share:
    """A control group that holds a process to a share of one core, of either version of control groups."""

    def __init__(self, name, share):
        second = Path("/sys/fs/cgroup/cgroup.controllers").is_file()
        self.folder = Path("/sys/fs/cgroup", "" if second else "cpu", f"annota-scale-{os.getpid()}-{name}")
        self.folder.mkdir()
        quota = round(share * PERIOD)
        if second:
            (self.folder / "cpu.max").write_text(f"{quota} {PERIOD}")
        else:
            (self.folder / "cpu.cfs_period_us").write_text(str(PERIOD))
            (self.folder / "cpu.cfs_quota_us").write_text(str(quota))

    def hold(self, process):
        (self.folder / "cgroup.procs").write_text(str(process.pid))

    def remove(self):
        deadline = time.monotonic() + PATIENCE
        while self.folder.is_dir() and time.monotonic() < deadline:
            with contextlib.suppress(OSError):  # Processes leave it a moment after they are gone.
                self.folder.rmdir()
            time.sleep(0.05)


class Cluster:
    """A scheduler and its executors."""

    def __init__(self, annota, folder):
        self.annota, self.folder, self.port = annota, folder, free_port()
        self.log = open(folder / "log", "wb")
        self.processes, self.shares = [], []

    def start(self, executors, share):
        self.scheduler = self.spawn("scheduler", "--bind-port", self.port)
        self.wait(self.port, "/healthz")
        for number in range(executors):
            http = free_port()
            more = ["--bind-port", 0, "--bind-grpc-port", 0, "--bind-http-port", http, "--vcores", 1, "--work-dir", self.folder]
            executor = self.spawn("--threads", 1, "executor", "--scheduler-port", self.port, *more)
            if share:
                self.shares.append(Share(number, share))
                self.shares[-1].hold(executor)
            self.wait(http, "/readyz")

    def spawn(self, *words):
        words = [self.annota, "--device", "cpu", *map(str, words)]
        self.processes.append(subprocess.Popen(words, stdout=self.log, stderr=self.log))
        return self.processes[-1]

    def wait(self, port, path):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as connection:
                connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
                if connection.recv(64).split(b" ")[1:2] == [b"200"]:
                    return
            time.sleep(0.05)
        sys.exit(f"a process does not answer {path}: {Path(self.log.name).read_text(errors='replace')[-2000:]}")

    def job(self, source, shard_rows):
        """Seconds of the command, and the seconds that executors say of each shard."""
        output = self.folder / "out"
        shutil.rmtree(output, ignore_errors=True)
        words = ["run", "-q", "--input", source, "--output", output, "--shard-rows", shard_rows, "--cluster", f"df://localhost:{self.port}"]
        begin = time.monotonic()
        subprocess.run([self.annota, "--device", "cpu", *map(str, words)], check=True, stdout=subprocess.DEVNULL, stderr=self.log)
        seconds = time.monotonic() - begin
        lines = (output / "_annota/manifest.jsonl").read_text().splitlines()
        return seconds, [json.loads(line)["seconds"] for line in lines]

    def stop(self):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGKILL)
            process.wait()
        for share in self.shares:
            share.remove()
        self.log.close()


@contextlib.contextmanager
def cluster(annota, executors, share=None):
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        started = Cluster(annota, Path(folder))
        try:
            started.start(executors, share)
            yield started
        finally:
            started.stop()


def texts(path, rows, words):
    with open(path, "w", newline="") as lines:
        table = csv.writer(lines)
        table.writerow(["id", "text"])
        for row in range(rows):
            table.writerow([row, " ".join(WORDS[(row + place) % len(WORDS)] for place in range(words)) + f" {row}."])
    return path


def kilobytes(process, what):
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(rf"^{what}:\s+(\d+) kB", status, re.MULTILINE)[1])


def speed(given):
    """Rows a second of a job by the number of executors, in turns."""
    seen = {executors: [] for executors in given.executors}
    for number in range(given.rounds):
        for executors in given.executors:
            with cluster(given.annota, executors, given.share) as it:
                source = texts(it.folder / "texts.csv", given.rows, 60)
                few = texts(it.folder / "few.csv", 16 * executors, 60)
                it.job(few, 4)  # Every executor loads its model.
                start, _ = it.job(texts(it.folder / "one.csv", 1, 1), 1)
                seconds, _ = it.job(source, given.rows // 48)
                seen[executors].append((seconds, seconds - start))
        print(f"round {number + 1} of {given.rounds} done", file=sys.stderr)
    first = given.executors[0]
    print("| executors | s | rows/s | rows/s less start | times those of the first row |\n| ---: | ---: | ---: | ---: | ---: |")
    for executors, rounds in seen.items():
        whole, net = (median(each) for each in zip(*rounds))
        times = median(one[1] / other[1] for one, other in zip(seen[first], rounds))
        print(f"| {executors} | {whole:.2f} | {given.rows / whole:.1f} | {given.rows / net:.1f} | {times:.2f} |")


def overhead(given):
    """What a shard costs beside its work, and the scheduler: a job of one short text a shard, on one executor."""
    with cluster(given.annota, 1) as it:
        source = texts(it.folder / "texts.csv", given.shards, 3)
        it.job(texts(it.folder / "few.csv", 20, 3), 1)
        before = kilobytes(it.scheduler, "VmRSS")
        samples, done = [], threading.Event()

        def sample():
            while not done.wait(1):
                samples.append(kilobytes(it.scheduler, "VmRSS"))

        sampler = threading.Thread(target=sample)
        sampler.start()
        seconds, shards = it.job(source, 1)
        done.set()
        sampler.join()
        peak = kilobytes(it.scheduler, "VmHWM")
        quarters = [samples[len(samples) * part // 4 - 1] // 1024 for part in (1, 2, 3, 4)] if len(samples) > 3 else []
    print(f"{given.shards} shards of one text in {seconds:.0f} s: {1000 * seconds / given.shards:.1f} ms a shard, of which the executor's "
          f"work {1000 * median(shards):.1f} ms")
    print(f"scheduler: {before // 1024} MiB before, {quarters} MiB after each quarter of the time, {peak // 1024} MiB at most")


PARTS = {"speed": speed, "overhead": overhead}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_annota(parser)
    parser.add_argument("--executors", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--share", type=float, default=0.4, help="of a core, for each executor")
    parser.add_argument("--rows", type=int, default=1200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--shards", type=int, default=10_000)
    parser.add_argument("parts", nargs="*", metavar="part", help="speed or overhead; both by default")
    given = parser.parse_args()
    given.annota = program(given.annota)
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"part {sorted(unknown)[0]}: expected one of {', '.join(PARTS)}")
    for part in given.parts or PARTS:
        PARTS[part](given)


if __name__ == "__main__":
    main()
