"""Times sentences and tokens of the same texts: Annota's SQL functions, spaCy's rules, pysbd (sentences only).

    python tests/compare/text_speed.py [--annota target/release/annota] [--paragraphs FILE] [--rounds 5] [--json FILE]

Every program runs as a process of its own, on one core. A round runs each once with the texts and once with none; the
latter is its start, imports included. README.md has the rules.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from multiprocessing import Process
from pathlib import Path
from statistics import median

import peers

SQL = """SELECT sum(array_length(s)) AS sentences, sum(array_length(tokens(s, profile => '{profile}'))) AS tokens
FROM (SELECT sentences(document(text), profile => '{profile}') AS s FROM '{file}')"""


def spacy(texts):
    sentences = tokens = 0
    for document in peers.spacy_english().pipe(texts):
        sentences += sum(1 for _ in document.sents)
        tokens += len(document)
    return sentences, tokens


def pysbd(texts):
    from pysbd import Segmenter

    segmenter = Segmenter(language="en", clean=False)
    return sum(len(segmenter.segment(text)) for text in texts), None


PEERS = {"spacy": spacy, "pysbd": pysbd}


def run_peer(name, file):
    """What the processes of peers do."""
    sentences, tokens = PEERS[name](peers.json_lines(file))
    print(json.dumps([{"sentences": sentences, "tokens": tokens}]))


def prepare(paragraphs, folder, step):
    """Writes every text, every step-th and none, as Parquet for Annota and as JSON lines for the others."""
    texts = peers.paragraphs(paragraphs)
    sizes = {}
    for part, some in (("all", texts), ("share", texts[::step]), ("none", [])):
        peers.write_parquet(folder / f"{part}.parquet", some)
        (folder / f"{part}.jsonl").write_text("".join(json.dumps(text) + "\n" for text in some), encoding="utf-8")
        sizes[part] = [len(some), sum(len(text.encode()) for text in some)]
    (folder / "sizes.json").write_text(json.dumps(sizes))


def timed(command):
    """Seconds, peak bytes and output of a process."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command[0]} failed")
    return seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024), json.loads(output)[0]


def command(name, part, given, folder):
    if name == "annota":
        sql = SQL.format(profile=given.profile, file=folder / f"{part}.parquet")
        return [given.annota, "sql", "--threads", "1", "--format", "json", "-q", "-c", sql]
    return [sys.executable, __file__, "--run", name, str(folder / f"{part}.jsonl")]


def measure(names, given, folder, sizes):
    """For every program the rounds' whole and start seconds, scaled to all texts, its peak bytes and its counts."""
    seen = {name: {"whole": [], "start": [], "peak": 0} for name in names}
    for number in range(given.rounds):
        for name in names:
            part = "share" if name == "pysbd" else "all"
            start, _, _ = timed(command(name, "none", given, folder))
            whole, peak, counts = timed(command(name, part, given, folder))
            scale = sizes["all"][1] / sizes[part][1]
            one = seen[name]
            one["whole"].append(start + (whole - start) * scale)
            one["start"].append(start)
            one["peak"] = max(one["peak"], peak)
            one["counts"] = counts
        print(f"round {number + 1} of {given.rounds} done", file=sys.stderr)
    return seen


def less_start(one):
    return [whole - start for whole, start in zip(one["whole"], one["start"])]


def figures(seen, texts, size):
    rows = []
    for name, one in seen.items():
        whole, counts = median(one["whole"]), [one["counts"][key] for key in ("sentences", "tokens")]
        rows.append([name, f"{whole:.2f}", f"{median(one['start']):.2f}", f"{median(less_start(one)):.2f}",
                     f"{texts / whole:.0f}", f"{size / whole / 1e6:.2f}", f"{one['peak'] / 2**20:.0f}",
                     *("–" if count is None else count for count in counts)])
    header = ["program", "s", "start s", "s less start", "texts/s", "MB/s", "peak MiB", "sentences", "tokens"]
    return peers.table(header, rows)


def ratios(seen):
    """Each peer's seconds for one of Annota's: of the medians, and the least and the greatest of a round."""
    rows = []
    for name in seen.keys() - {"annota"}:
        row = [f"{name} / annota"]
        for seconds in (lambda one: one["whole"], less_start):
            theirs, ours = seconds(seen[name]), seconds(seen["annota"])
            each = [their / our for their, our in zip(theirs, ours)]
            row += [f"{median(theirs) / median(ours):.1f}", f"{min(each):.1f}–{max(each):.1f}"]
        rows.append(row)
    header = ["ratio", "of medians", "of rounds", "less start, of medians", "less start, of rounds"]
    return peers.table(header, sorted(rows))


def on_one_core():
    """Binds this process, and so those it starts, to the last of its cores, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--annota", default=peers.binary())
    parser.add_argument("--profile", default="annota", choices=peers.PROFILES)
    parser.add_argument("--paragraphs", type=peers.existing, help="CSV with a column `text`, also gzipped")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pysbd-share", type=float, default=0.05, help="the share of the texts that pysbd gets")
    parser.add_argument("--json", type=Path, help="writes the seconds of every round there")
    parser.add_argument("--run", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.run:
        return run_peer(*given.run)
    if not 0 < given.pysbd_share <= 1 or given.rounds < 1:
        parser.error("--pysbd-share is above 0 and at most 1, --rounds at least 1")
    given.annota = peers.annota_binary(given.annota)
    paragraphs = given.paragraphs or peers.existing(peers.shared(peers.PARAGRAPHS))
    names = ["annota", *filter(peers.installed, PEERS)]
    step = max(1, round(1 / given.pysbd_share))
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        # In a process of its own: a child's peak memory is at least that of the process that starts it.
        preparing = Process(target=prepare, args=(paragraphs, folder, step))
        preparing.start()
        preparing.join()
        if preparing.exitcode:
            sys.exit("the texts could not be written")
        sizes = json.loads((folder / "sizes.json").read_text())
        on_one_core()
        seen = measure(names, given, folder, sizes)
    texts, size = sizes["all"]
    print(f"{texts} texts, {size / 1e6:.1f} MB, {given.rounds} rounds, one core, profile {given.profile}\n")
    print(figures(seen, texts, size), end="\n\n")
    print(ratios(seen))
    if step > 1 and "pysbd" in seen:
        count, share = sizes["share"]
        print(f"\npysbd got every {step}th text ({count}, {share / 1e6:.2f} MB); its seconds less start are scaled by "
              "bytes, its counts and its peak are not.")
    if given.json:
        given.json.write_text(json.dumps(seen, indent=1))


if __name__ == "__main__":
    main()
