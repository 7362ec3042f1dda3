"""Runs batch jobs on a cluster whose processes are killed at random, and counts rows that are lost or doubled.

    python tests/cluster/soak.py [--annota target/release/annota] [--kills 200] [--executors 2] [--rows 600] [--seed 1]

A supervisor starts what was killed again after a random pause, as a service manager would; the job's command is run again until
it succeeds. Every output is compared, file by file and byte by byte, with that of one undisturbed process. README.md has the rules.
"""

import argparse
import csv
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from processes import WORDS, add_annota, free_port, program

# Of ten kills: executors, the scheduler, the driver; the rest are executors that hang for a while.
WEIGHTS = {"executor": 5, "scheduler": 1, "driver": 2, "hang": 2}


class Supervised:
    """A process that is started again after it died."""

    def __init__(self, command, log):
        self.command, self.log, self.process, self.due = command, log, None, 0.0
        self.hangs_until = None

    def tend(self, now, pause):
        if self.hangs_until and now >= self.hangs_until:
            self.hangs_until = None
            self.send(signal.SIGCONT)
        if self.process and self.process.poll() is not None:
            self.process, self.due = None, now + pause
        if self.process is None and now >= self.due:
            self.process = subprocess.Popen(self.command, stdout=self.log, stderr=self.log)

    def send(self, number):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            return True
        return False

    def stop(self):
        self.send(signal.SIGKILL)
        if self.process:
            self.process.wait()


def parts(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.glob("part-*.parquet"))}


class Soak:
    def __init__(self, given, folder):
        self.given, self.folder, self.random = given, folder, random.Random(given.seed)
        self.log = open(folder / "log", "ab")
        self.port = free_port()
        annota = [given.annota, "--device", "cpu"]
        quick = ["--executor-timeout-seconds", "6", "--executor-termination-grace-period", "1"]
        scheduler = [*annota, "scheduler", "--bind-port", str(self.port), *quick]
        executor = [*annota, "executor", "--scheduler-port", str(self.port), "--bind-port", "0", "--bind-grpc-port", "0",
                    "--bind-http-port", "0", "--vcores", "2", "--work-dir", str(folder), "--executor-heartbeat-interval-seconds", "1"]
        self.scheduler = Supervised(scheduler, self.log)
        self.executors = [Supervised(executor, self.log) for _ in range(given.executors)]
        self.kills = {name: 0 for name in WEIGHTS}

    def texts(self, name):
        path = self.folder / name
        with open(path, "w", newline="") as lines:
            rows = csv.writer(lines)
            rows.writerow(["id", "text"])
            for number in range(self.given.rows):
                rows.writerow([number, " ".join(self.random.choices(WORDS, k=60)) + f" {name} {number}."])
        return path

    def job(self, source, output, *more):
        words = ["run", "--input", source, "--output", output, "--shard-rows", "20", "--attempts", "50", *more]
        return [self.given.annota, "--device", "cpu", *map(str, words)]

    def tend(self):
        now = time.monotonic()
        for process in (self.scheduler, *self.executors):
            process.tend(now, self.random.uniform(0, 2))

    def disturb(self, driver):
        what = self.random.choices(list(WEIGHTS), WEIGHTS.values())[0]
        target = {"scheduler": self.scheduler, "driver": driver}.get(what) or self.random.choice(self.executors)
        if what == "hang":
            if target.send(signal.SIGSTOP):
                target.hangs_until = time.monotonic() + self.random.uniform(1, 12)
                self.kills[what] += 1
        elif target.send(signal.SIGKILL):
            self.kills[what] += 1

    def round(self, number):
        """One job, disturbed until it is done: runs of its command."""
        source, output = self.texts(f"texts-{number}.csv"), self.folder / f"out-{number}"
        command = self.job(source, output, "--cluster", f"df://localhost:{self.port}")
        runs, deadline = 0, time.monotonic() + self.given.limit
        driver = Supervised(command, self.log)
        next_kill = time.monotonic() + self.random.uniform(0.2, 2)
        while True:
            self.tend()
            if driver.process is None:
                driver.process, runs = subprocess.Popen(command, stdout=self.log, stderr=self.log), runs + 1
            if driver.process.poll() is not None:
                if driver.process.returncode == 0:
                    break
                driver.process = None
                time.sleep(0.2)
            if time.monotonic() > deadline:
                driver.stop()
                sys.exit(f"job {number} is not done after {self.given.limit} s; see {self.folder / 'log'}")
            if time.monotonic() > next_kill and sum(self.kills.values()) < self.given.kills:
                self.disturb(driver)
                next_kill = time.monotonic() + self.random.uniform(0.2, 2)
            time.sleep(0.02)
        return source, output, runs

    def compare(self, source, output):
        """(lost, doubled) rows of an output, and whether its files are those of an undisturbed run."""
        alone = output.with_name(output.name + "-alone")
        subprocess.run(self.job(source, alone, "-q"), check=True)
        same = parts(output) == parts(alone)
        query = f"SELECT id FROM '{output}/'"
        rows = subprocess.run([self.given.annota, "sql", "-q", "--format", "csv", "-c", query], check=True, capture_output=True, text=True)
        ids = [int(line) for line in rows.stdout.split()[1:]]
        return self.given.rows - len(set(ids)), len(ids) - len(set(ids)), same

    def run(self):
        lost = doubled = differ = jobs = runs = 0
        while sum(self.kills.values()) < self.given.kills:
            source, output, tries = self.round(jobs)
            found = self.compare(source, output)
            lost, doubled, differ = lost + found[0], doubled + found[1], differ + (not found[2])
            jobs, runs = jobs + 1, runs + tries
            print(f"job {jobs}: {sum(self.kills.values())} kills, {lost} lost, {doubled} doubled, {differ} outputs differ", file=sys.stderr, flush=True)
        kills = ", ".join(f"{count} {name}" for name, count in self.kills.items())
        print(f"{sum(self.kills.values())} kills ({kills}), {jobs} jobs of {self.given.rows} rows, {runs} runs of their commands: "
              f"{lost} rows lost, {doubled} doubled, {differ} outputs of other bytes")
        return not (lost or doubled or differ)

    def stop(self):
        for process in (self.scheduler, *self.executors):
            process.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_annota(parser)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--executors", type=int, default=2)
    parser.add_argument("--rows", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=300, help="seconds that a job may take")
    given = parser.parse_args()
    given.annota = program(given.annota)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        soak = Soak(given, Path(folder))
        try:
            well = soak.run()
        finally:
            soak.stop()
    sys.exit(not well)


if __name__ == "__main__":
    main()
