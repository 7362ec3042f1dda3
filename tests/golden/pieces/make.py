"""Makes the golden pieces of this folder: small vocabularies, and the ids that Hugging Face's slow tokenizers give.

    pip install "transformers==4.57.6" "sentencepiece==0.2.3" torch
    python tests/golden/pieces/make.py

A folder has spiece.model or vocab.txt, tokenizer_config.json where the settings are not the defaults, and expected.json:
pairs of a text and its ids without special pieces. `words.json` has words cut by SentencePiece alone, in small letters,
lone word marks left out: Spark NLP's way.
"""

import contextlib
import io
import json
import tempfile
import unicodedata
from pathlib import Path

import sentencepiece
from transformers import AlbertTokenizer, BertTokenizer

HERE = Path(__file__).resolve().parent
TEXT = """
The harbour master wrote 1,250 names into his book, and 92,000 crates went north in 2010, as they had in 1999.
"Who pays for the rope?" asked the pilot; nobody (not even the cook) answered him.
A café near the old customs house sold naïve paintings, crème brûlée and cheap wine - for £3.50 or €4.
In winter the lighthouse keeper counted ships: one, two, three... sometimes none at all!
Move the barrels, he said. Don't let them roll; they're full of oil, aren't they?
Сегодня море спокойно, и рыбаки ушли рано. Завтра будет ветер.
港の朝は静かです。船は東へ行きました。
The e-mail came at 10:45 p.m. from no-one@example.org; it said: come at once!!!!
Prices rose by 3.5% in 2008, fell by 2% in 2009, and rose again in 2010, 2011 and 2012.
''Quoted twice'' and ``quoted otherwise'' are the same in old books.
Straße, Σίσυφος, Ελλάδα and İstanbul are words of other tongues.
""".strip()

TEXTS = [line for line in TEXT.splitlines()] + [
    "", " ", "a", "▁", "▁▁ a", "I love NLP", "''", "``", "'''", "92,000", "2010,", "2010,x", "(2010,", "1,2,3,", "9,9", "x2,",
    "!!!!", "!!!!!!!", "????", "....", "-----", "((((", "()", "a-b", "a–b", "£5", "€", "\"\"", "éèê", "e\u0301", "\u0301a",
    "a\u0301\u0302b", "ﬁne ﬂow", "Ｆｕｌｌ ｗｉｄｔｈ", "ｱｲｳ", "½ ¼", "①②", "™", "Ⅷ", "ΣΑΣ ΟΔΟΣ", "Σ", "İI", "ß ẞ", "Ǆ", "日本語", "한국어",
    "العربية", "हिन्दी", "😀", "👍🏽 ok", "👨\u200d👩\u200d👧", "🇩🇪", "a\u200bb", "\ufeffa", "a\u00a0b", "a\u3000b", "a\tb\nc\r\nd", "\x1ca\x1d",
    "a\x00b", "\x07", "\x85a", "\u2028", "  lead", "trail  ", "in  side", "ALL CAPS", "CamelCase", "don't", "a.b.c", "http://x.y/z?a=1,2",
    "zzzzqqqq", "\ufffd", "testimony", "the the the", "Москва, 2010,", "naïve café", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa",
]

CONTROLS = dict(pad_id=0, unk_id=1, bos_id=-1, eos_id=-1, control_symbols="[CLS],[SEP],[MASK]")
OWN = '(,),",-,.,–,£,€'
# (settings of training, settings of the tokenizer)
CASES = {
    "unigram": (dict(model_type="unigram", vocab_size=260, user_defined_symbols=OWN), {}),
    "unigram_bytes": (dict(model_type="unigram", vocab_size=480, byte_fallback=True), {}),
    "unigram_raw": (
        dict(model_type="unigram", vocab_size=300, normalization_rule_name="identity", add_dummy_prefix=False,
             remove_extra_whitespaces=False),
        dict(do_lower_case=False, remove_space=False, keep_accents=True),
    ),
    "unigram_cf": (dict(model_type="unigram", vocab_size=260, normalization_rule_name="nfkc_cf"), dict(keep_accents=True)),
    "bpe": (dict(model_type="bpe", vocab_size=320, user_defined_symbols=OWN), {}),
    "bpe_bytes": (dict(model_type="bpe", vocab_size=560, byte_fallback=True), dict(do_lower_case=False)),
}


def hexed(text):
    return " ".join(f"{ord(character):X}" for character in text)


def rules(name, text):
    """The rules of a normalisation that a text needs; all of them take a quarter of a megabyte."""
    normalizer = sentencepiece.SentencePieceNormalizer(
        rule_name=name, add_dummy_prefix=False, escape_whitespaces=False, remove_extra_whitespaces=False
    )
    characters = set(text) | {chr(point) for point in range(1, 128)}
    for _ in range(2):
        forms = (form for c in characters for form in (c, c.lower(), c.upper()))
        characters |= {part for form in forms for kind in ("NFC", "NFKC", "NFKD") for part in unicodedata.normalize(kind, form) + form}
    characters = sorted(characters - {"\0"})
    alone = {character: normalizer.normalize(character) for character in characters}
    found = {character: normal for character, normal in alone.items() if normal != character}
    # Letters with their accents, and the parts of Korean syllables.
    behind = [c for c in characters if unicodedata.combining(c) or 0x1160 <= ord(c) <= 0x11FF]
    before = alone
    for _ in range(2):
        pairs = {(first + last): (normalizer.normalize(first + last), before[first] + alone[last])
                 for first in before for last in behind}
        before = {both: normal for both, (normal, parts) in pairs.items() if len(normal) < len(parts)}
        found |= before
    return "".join(f"{hexed(source)}\t{hexed(normal)}\n" for source, normal in sorted(found.items()))


def train(settings):
    model = io.BytesIO()
    lines = TEXT.splitlines() + TEXT.lower().splitlines()
    settings = dict(settings)
    rule = settings.get("normalization_rule_name", "nmt_nfkc")
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        if rule != "identity":
            # The model keeps this name.
            Path("rules.tsv").write_text(rules(rule, "".join(TEXTS + lines)))
            settings |= dict(normalization_rule_name="", normalization_rule_tsv="rules.tsv")
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines * 3), model_writer=model, character_coverage=0.98, hard_vocab_limit=False,
            minloglevel=2, **CONTROLS, **settings,
        )
    return model.getvalue()


def write(folder, name, value):
    (folder / name).write_text(json.dumps(value, ensure_ascii=True) + "\n")


for name, (settings, config) in CASES.items():
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    model = folder / "spiece.model"
    model.write_bytes(train(settings))
    if config:
        write(folder, "tokenizer_config.json", config)
    tokenizer = AlbertTokenizer(str(model), **config)
    write(folder, "expected.json", [[text, tokenizer.encode(text, add_special_tokens=False)] for text in TEXTS])
    if name == "unigram":
        pieces = sentencepiece.SentencePieceProcessor(model_file=str(model))
        mark = pieces.piece_to_id("▁")
        words = sorted({word for line in TEXT.splitlines() for word in line.split()})
        words = [[word, [id for id in pieces.encode(word.lower()) if id != mark]] for word in words]
        write(folder, "words.json", words)

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + list("abcdefghijklmnopqrstuvwxyz0123456789.,!?-()'\"") + [
    "the", "harbour", "love", "nl", "##p", "##s", "##ing", "##ed", "cafe", "café", "book", "in", "2010", "##10", "20", "日", "本", "語",
] + ["##" + letter for letter in "abcdefghijklmnoqrtuvwxyz0123456789"] + list("ABILNT") + ["The", "##L", "##P"]
for name, config in {"word_piece": {}, "word_piece_cased": dict(do_lower_case=False)}.items():
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(PIECES) + "\n")
    if config:
        write(folder, "tokenizer_config.json", config)
    tokenizer = BertTokenizer(str(vocabulary), **config)
    write(folder, "expected.json", [[text, tokenizer.encode(text, add_special_tokens=False)] for text in TEXTS])
