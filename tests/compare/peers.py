"""What the comparisons share: data, peers, calls of Annota, tables."""

import argparse
import csv
import gzip
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROFILES = ("annota", "spark_nlp")
PARAGRAPHS = "data/corpora/openstax_paragraphs_demo/paragraphs.csv.gz"


def shared(path):
    """A file of the shared folder, which lies outside the repository."""
    return Path(os.environ.get("ANNOTA_SHARED") or ROOT.parent / "shared") / path


def binary():
    """The default of --annota."""
    built = [ROOT / "target" / kind / "annota" for kind in ("release", "debug")]
    return next((path for path in built if path.is_file()), built[0])


def one_of(names):
    """The type of an argument that is one of some names."""

    def name(given):
        if given not in names:
            raise argparse.ArgumentTypeError(f"{given} is none of {', '.join(names)}")
        return given

    return name


def existing(path):
    """The path, or an end with one line."""
    if not Path(path).is_file():
        sys.exit(f"{path}: no such file")
    return Path(path)


def annota_binary(path):
    if not Path(path).is_file():
        sys.exit(f"{path}: no such file; `cargo build --release -p annota-cli` makes annota")
    return str(path)


def json_lines(path):
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(existing(path), "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def paragraphs(file=None):
    """The texts of a CSV file with a column `text`, by default the shared paragraphs."""
    file = existing(file or shared(PARAGRAPHS))
    csv.field_size_limit(sys.maxsize)
    opener = gzip.open if str(file).endswith(".gz") else open
    with opener(file, "rt", encoding="utf-8", newline="") as lines:
        return [row["text"] for row in csv.DictReader(lines)]


def table(header, rows):
    """A Markdown table: the first column to the left, the others to the right."""
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def trimmed(text, spans):
    """The spans without white space at either end, without those that hold nothing else."""
    result = []
    for begin, end in spans:
        piece = text[begin:end]
        begin += len(piece) - len(piece.lstrip())
        end -= len(piece) - len(piece.rstrip())
        if begin < end:
            result.append((begin, end))
    return result


def located(text, pieces):
    """The spans of pieces that follow one another in the text."""
    spans, place = [], 0
    for piece in pieces:
        begin = text.index(piece, place)
        place = begin + len(piece)
        spans.append((begin, place))
    return spans


# Makers: each imports its program and returns a function from a text to spans in code points, end exclusive.


def segtok_sentences():
    from segtok.segmenter import split_multi

    return lambda text: located(text, (piece.strip() for piece in split_multi(text)))


def pysbd_sentences():
    from pysbd import Segmenter

    segmenter = Segmenter(language="en", clean=False, char_span=True)
    return lambda text: [(span.start, span.end) for span in segmenter.segment(text)]


def syntok_sentences():
    from syntok.segmenter import analyze

    def span(sentence):
        return sentence[0].offset, sentence[-1].offset + len(sentence[-1].value)

    return lambda text: [span(sentence) for paragraph in analyze(text) for sentence in paragraph]


def syntok_tokens():
    from syntok.tokenizer import Tokenizer

    tokenizer = Tokenizer()
    return lambda text: [(token.offset, token.offset + len(token.value)) for token in tokenizer.tokenize(text)]


def spacy_english():
    """A blank pipeline: the rules of the tokenizer and of the sentencizer."""
    from spacy.lang.en import English

    pipeline = English()
    pipeline.add_pipe("sentencizer")
    return pipeline


def spacy_sentences():
    pipeline = spacy_english()
    return lambda text: [(sentence.start_char, sentence.end_char) for sentence in pipeline(text).sents]


def spacy_tokens():
    tokenizer = spacy_english().tokenizer
    return lambda text: [(token.idx, token.idx + len(token)) for token in tokenizer(text)]


def blingfire_sentences():
    from blingfire import text_to_sentences_and_offsets

    return lambda text: text_to_sentences_and_offsets(text)[1] if text.strip() else []


def blingfire_tokens():
    from blingfire import text_to_words_with_offsets

    return lambda text: text_to_words_with_offsets(text)[1] if text.strip() else []


SENTENCES = {
    "segtok": segtok_sentences,
    "pysbd": pysbd_sentences,
    "syntok": syntok_sentences,
    "spacy": spacy_sentences,
    "blingfire": blingfire_sentences,
}
TOKENS = {"spacy": spacy_tokens, "syntok": syntok_tokens, "blingfire": blingfire_tokens}


def installed(name, requirements="requirements.txt"):
    """Whether a module can be imported; says so where it cannot."""
    found = importlib.util.find_spec(name) is not None
    if not found:
        print(f"{name} is not installed: pip install -r tests/compare/{requirements}", file=sys.stderr)
    return found


def peers_spans(makers, texts, wanted):
    """Name and spans of every text, for each peer that is wanted and installed."""
    for name, maker in makers.items():
        if wanted(name) and installed(name):
            yield name, list(map(maker(), texts))


def write_parquet(path, texts):
    """The texts with their numbers as a column `id`."""
    if not installed("pyarrow"):
        sys.exit(1)
    import pyarrow as pa
    from pyarrow import parquet

    columns = {"id": pa.array(range(len(texts)), pa.int64()), "text": pa.array(texts, pa.string())}
    parquet.write_table(pa.table(columns), path)


def annota_sql(annota, sql):
    command = [annota, "sql", "--format", "json", "-q", "-c", sql]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr.strip())
    return json.loads(done.stdout)


def annota_rows(annota, sql):
    """The rows of a query, one after the other."""
    command = [annota, "sql", "--format", "ndjson", "-q", "-c", sql]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        yield from map(json.loads, process.stdout)
    if process.returncode:
        sys.exit(process.returncode)


def annota_spans(annota, texts, call):
    """The spans of every text's annotations that `call`, an expression of SQL over `text`, gives."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "texts.parquet"
        write_parquet(file, texts)
        found = f"SELECT id, unnest({call}) AS a FROM '{file}'"
        rows = annota_sql(annota, f"SELECT id, a['begin'] AS b, a['end'] AS e FROM ({found})")
    spans = [[] for _ in texts]
    for row in rows:
        spans[row["id"]].append((row["b"], row["e"] + 1))  # `end` is the last character's
    return [sorted(each) for each in spans]


def annota_sentences(annota, profile, texts):
    return annota_spans(annota, texts, sentences_call(profile))


def annota_tokens(annota, profile, texts):
    call = f"tokens({sentences_call(profile)}, profile => '{profile}', offsets => 'codepoint')"
    return annota_spans(annota, texts, call)


def sentences_call(profile):
    return f"sentences(document(text, offsets => 'codepoint'), profile => '{profile}', offsets => 'codepoint')"


def profiles_spans(annota, find, texts, wanted):
    """Like `peers_spans`, for Annota's profiles; `find` is annota_sentences or annota_tokens."""
    if wanted("annota"):
        annota = annota_binary(annota)
        for profile in PROFILES:
            yield f"annota, profile {profile}", find(annota, profile, texts)


def parser(description):
    """One that takes --annota and the names of programs."""

    def program(name):
        if name != "annota" and name not in SENTENCES:
            raise argparse.ArgumentTypeError(f"{name} is none of annota, {', '.join(SENTENCES)}")
        return name

    arguments = argparse.ArgumentParser(description=description.splitlines()[0])
    arguments.add_argument("programs", nargs="*", type=program, metavar="program",
                           help=f"only these of annota, {', '.join(SENTENCES)}")
    arguments.add_argument("--annota", default=binary())
    return arguments


def among(names):
    """Whether a program is one of the names; all are where there are none."""
    return lambda name: not names or name in names
