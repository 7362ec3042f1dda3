"""Makes all that the speed comparisons need, and runs them: one command, some hours on a machine that does nothing else.

    python tests/compare/speed.py [--annota target/release/annota] [--rounds 7] [--job-rounds 3] [--rows 600] [--prepare] [--write]

It makes the environment target/compare, installs requirements-speed.txt there, builds Annota (where --annota names no other) and
the peers in Rust, and runs embedding_speed.py, job_speed.py and pieces_speed.py. --prepare ends before they run.
"""

import argparse
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMPARE = ROOT / "tests/compare"
HOME = ROOT / "target/compare"
PEERS = [
    # candle as its own repository builds it: for this processor.
    ("candle", "candle-worker", HOME / "native", {"RUSTFLAGS": "-C target-cpu=native"}),
    ("pieces", "pieces", HOME / "peers", {}),
]


def run(*words, **changes):
    print("+", *words, file=sys.stderr)
    return subprocess.run(list(map(str, words)), cwd=ROOT, env=os.environ | changes).returncode


def prepare(python, given):
    if not python.is_file():
        venv.create(HOME, with_pip=True)
    if run(python, "-m", "pip", "install", "-q", "-r", COMPARE / "requirements-speed.txt"):
        sys.exit("the peers in Python could not be installed")
    if given.annota is None and run("cargo", "build", "--release", "-p", "annota-cli"):
        sys.exit("Annota could not be built")
    for feature, binary, target, changes in PEERS:
        words = ["--features", feature, "--bin", binary, "--manifest-path", COMPARE / "peers/Cargo.toml", "--target-dir", target]
        if run("cargo", "build", "--release", *words, **changes):
            print(f"left out: {binary} could not be built", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--annota", type=Path, help="a binary that is built already")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--job-rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=600)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--prepare", action="store_true", help="only install and build")
    parser.add_argument("--write", action="store_true", help="puts the tables into README.md")
    given = parser.parse_args()
    python = Path(sys.executable)
    if sys.prefix == sys.base_prefix:  # Not in an environment already.
        python = HOME / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    prepare(python, given)
    if given.prepare:
        return
    annota = ["--annota", given.annota or ROOT / "target/release/annota"]
    common = [*annota, "--threads", given.threads, *(["--write"] if given.write else [])]
    job = [*common, "--rounds", given.job_rounds, "--rows", given.rows]
    failed = [
        run(python, COMPARE / "pieces_speed.py", *(["--write"] if given.write else [])),
        run(python, COMPARE / "embedding_speed.py", *common, "--rounds", given.rounds),
        run(python, COMPARE / "job_speed.py", *job),
        run(python, COMPARE / "job_speed.py", *job, "--precision", "bf16", "document"),
        run(python, COMPARE / "job_speed.py", *job, "--precision", "int8", "document"),
    ]
    sys.exit(any(failed))


if __name__ == "__main__":
    main()
