"""Times the cutting of texts into pieces with their places: Annota beside the `tokenizers` library, on one thread in turns.

    python tests/compare/speed.py --prepare
    python tests/compare/pieces_speed.py [--rounds 9] [--write]

CPU seconds of the thread count, so other work on the machine hardly tells. README.md has the rules.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import peers
import speed_models
import speed_report
from speed_rounds import RATIO, on_cores, ratio

BINARY = peers.ROOT / "target/compare/peers/release/pieces"
TARGET = 4
PROGRAMS = ("tokenizers", "annota", "annota, words seen before")


def measured(home, texts, rounds):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "texts.json"
        file.write_text(json.dumps(texts), encoding="utf-8")
        words = [BINARY, home.annota, home.peers / "tokenizer.json", file, str(rounds)]
        done = subprocess.run(words, stdout=subprocess.PIPE, preexec_fn=on_cores(1))
    if done.returncode:
        sys.exit("pieces failed")
    return json.loads(done.stdout)


def tables(found):
    seconds = {program: [each[program] for each in found["rounds"]] for program in PROGRAMS}
    pieces = found["rounds"][0]["pieces"]
    rows = [[program, f"{median(each):.3f}", f"{pieces / median(each) / 1e6:.2f}", f"{found['bytes'] / median(each) / 1e6:.1f}"]
            for program, each in seconds.items()]
    ratios = [ratio(f"tokenizers / {program}", seconds["tokenizers"], seconds[program], TARGET) for program in PROGRAMS[1:]]
    return [(["program", "CPU s", "10⁶ pieces/s", "MB/s"], rows), (RATIO, ratios)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="albert-base", choices=speed_models.MODELS)
    parser.add_argument("--paragraphs", type=peers.existing, help="CSV with a column `text`, also gzipped")
    parser.add_argument("--rows", type=int, help="only the first so many texts")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--write", action="store_true", help="puts the tables into README.md")
    given = parser.parse_args()
    if not BINARY.is_file():
        sys.exit(f"{BINARY}: no such file; README.md says how it is built")
    home = speed_models.folders(given.model, onnx=False)
    found = measured(home, peers.paragraphs(given.paragraphs)[: given.rows], given.rounds)
    told = (f"{found['texts']} texts, {found['bytes'] / 1e6:.1f} MB, {given.rounds} rounds; equal ids in {found['equal']} texts. "
            f"{speed_report.machine()}. tokenizers 0.23.2. Command: `{speed_report.command('pieces_speed.py', sys.argv[1:])}`.")
    marker = "pieces" if given.model == "albert-base" else f"pieces {given.model}"
    speed_report.publish(marker, f"{speed_report.tables(*tables(found))}\n\n{told}", given.write)


if __name__ == "__main__":
    main()
