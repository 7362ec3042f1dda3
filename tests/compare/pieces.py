"""Compares Annota's pieces of a spiece.model with those of Hugging Face's slow AlbertTokenizer.

    python tests/compare/pieces.py [--annota target/release/annota] [--spiece FILE] [--lines 20000]

Texts are lines of the shared corpora and adversarial strings made with a fixed seed. README.md has the rules.
"""

import argparse
import csv
import gzip
import json
import random
import shutil
import subprocess
import tempfile
import unicodedata
from pathlib import Path

import peers

ADVERSARIAL = 3000
SPECIAL = ("[CLS]", "[SEP]", "[MASK]", "<pad>", "<unk>")
PARTS = [
    "''", "``", "'''", "92,000", "2010,", "1,2,3,", "x2,", "(2010,", "²,", "٣,", "½", "\u200b", "\u200d", "\ufeff", "e\u0301",
    "\u0301", "ﬁ", "İ", "ΣΑΣ", "ς", "ß", "Ǆ", "中文", "日本語", "한국어", "العربية", "हिन्दी", "ไทย", "😀", "👍🏽", "👨‍👩‍👧", "🇩🇪", "\x00", "\x07",
    "\x1c", "\x1f", "\x85", "\xa0", "\u3000", "\u2028", "\ufffd", "℡", "①", "™", "…", "—", "–", "-", "£", "€", "(", ")", '"', ".", "▁",
    "▁▁", "!!!!", "!!!!!!!", "testimony", "http://x.y/z?a=1,2", "\t", "  ", "\n", "I", "the", "Ⅻ", "ﷺ", "ŉ", "K",
]


def real(lines):
    texts = []
    with gzip.open(peers.shared("data/corpora/openstax_paragraphs_demo/paragraphs.csv.gz"), "rt", encoding="utf-8") as file:
        texts += [row["text"] for row in csv.DictReader(file)]
    for name in ("ewt_dev.gold.jsonl", "ewt_train.gold.jsonl.gz"):
        for document in peers.json_lines(peers.shared(f"data/corpora/ud_english_ewt/{name}")):
            text = document["text"]
            texts += [text, *(text[begin:end] for begin, end in document["sentences"])]
    return [line for text in texts for line in text.split("\n") if line.strip()][:lines]


def adversarial(texts):
    """Odd parts side by side, odd parts within real lines, and characters of all planes."""
    random.seed(5)
    planes = [(0x20, 0x250), (0x250, 0xD7FF), (0xE000, 0xFFFF), (0x10000, 0x1FFFF)]
    made = []
    for number in range(ADVERSARIAL):
        if number % 3 == 0:
            made.append(random.choice(["", " "]).join(random.choices(PARTS, k=random.randint(1, 14))))
        elif number % 3 == 1:
            words = random.choice(texts).split()[:12]
            for _ in range(3):
                words.insert(random.randrange(len(words) + 1), random.choice(PARTS))
            made.append(random.choice([" ", ""]).join(words))
        else:
            made.append("".join(chr(random.randint(*random.choice(planes))) for _ in range(random.randint(1, 20))))
    # What is not assigned in this Python's Unicode may be in a newer one.
    return ["".join(c for c in text if unicodedata.category(c) != "Cn") for text in made]


def of_annota(binary, spiece, texts):
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model"
        model.mkdir()
        shutil.copy(spiece, model / "spiece.model")
        for file in ("config.json", "model.safetensors"):
            shutil.copy(peers.ROOT / "crates/annota-models/bundled/albert-tiny-en" / file, model / file)
        file = Path(folder) / "texts.jsonl"
        file.write_text("".join(json.dumps({"id": id, "text": text}) + "\n" for id, text in enumerate(texts)))
        sql = f"SELECT id, albert_pieces(text, '{model}') AS pieces FROM '{file}' ORDER BY id"
        done = subprocess.run([binary, "sql", "--format", "ndjson", "-q", "-c", sql], check=True, stdout=subprocess.PIPE)
    return [[piece["id"] for piece in json.loads(line)["pieces"]][1:-1] for line in done.stdout.splitlines()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--annota", default=peers.binary())
    parser.add_argument("--spiece", default=peers.shared("data/spiece.model"))
    parser.add_argument("--lines", type=int, default=20_000)
    given = parser.parse_args()
    binary = peers.annota_binary(given.annota)
    from transformers import AlbertTokenizer

    tokenizer = AlbertTokenizer(str(peers.existing(given.spiece)))
    lines = real(given.lines)
    for name, texts in {"lines of real text": lines, "adversarial strings": adversarial(lines)}.items():
        texts = [text for text in texts if not any(piece in text for piece in SPECIAL)]
        found = of_annota(binary, given.spiece, texts)
        expected = [tokenizer.encode(text, add_special_tokens=False) for text in texts]
        wrong = [index for index, pair in enumerate(zip(found, expected, strict=True)) if pair[0] != pair[1]]
        print(f"{name}: {len(wrong)} of {len(texts)} differ ({sum(map(len, expected))} pieces)")
        for index in wrong[:5]:
            print(f"  {texts[index][:60]!r}: {found[index][:12]} {expected[index][:12]}")


if __name__ == "__main__":
    main()
