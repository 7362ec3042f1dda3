"""Tables of equal batches: programs by shapes, and ratios with their targets."""

import argparse
import re
import sys
from statistics import median

from speed_rounds import RATIO, interleaved, ratio


def numbers(shape):
    if not (found := re.fullmatch(r"(\d+)x(\d+)", shape)):
        raise argparse.ArgumentTypeError(f"{shape} is no shape such as 8x128")
    return tuple(map(int, found.groups()))


def measured(programs, shapes, given):
    """{shape: {program: tokens a second of each round}}; the programs are closed."""
    seen = {}
    for shape in shapes:
        print(shape, file=sys.stderr)
        seen[shape] = interleaved(programs, given.rounds, lambda program: program.shape(*numbers(shape), given.seconds))
    for program in programs:
        program.close()
    return seen


def speeds(seen, names):
    def cell(shape, name):
        return f"{median(seen[shape][name]):.0f}" if name in seen[shape] else "–"

    there = [name for name in names if any(name in found for found in seen.values())]
    return ["tokens/s", *seen], [[name, *(cell(shape, name) for shape in seen)] for name in there]


def ratios(seen, wanted, aims):
    """Rows of (over, under, target) by shape; a name may be the function that chooses it, and `aims(shape, target)` says
    what the target is there."""
    rows = []
    for shape, found in seen.items():
        for over, under, target in wanted:
            names = [name(found) if callable(name) else name for name in (over, under)]
            if all(name in found for name in names):
                label = f"{shape}: {names[0]} / {names[1]}"
                rows.append(ratio(label, *(found[name] for name in names), aims(shape, target)))
    return RATIO, rows
