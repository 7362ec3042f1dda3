"""Tokenizers of the speed comparisons, as the peers read them: a tokenizer.json with the pieces that Annota makes."""

import base64
import json
import struct

import peers

SPECIALS = {"albert": ("<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"), "bert": ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")}
BUNDLED = peers.ROOT / "crates/annota-models/bundled/albert-tiny-en"


def spiece():
    """ALBERT's own vocabulary where it is there, else that of the bundled model."""
    own = peers.shared("data/spiece.model")
    return own if own.is_file() else BUNDLED / "spiece.model"


def fields(message):
    """(number, value) of a message of protocol buffers; values are numbers or bytes."""

    def varint(place):
        result = shift = 0
        while True:
            byte = message[place]
            place, result, shift = place + 1, result | (byte & 127) << shift, shift + 7
            if byte < 128:
                return result, place

    place = 0
    while place < len(message):
        tag, place = varint(place)
        kind = tag & 7
        if kind == 0:
            value, place = varint(place)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
            value, place = message[place : place + size], place + size
        else:
            size, place = varint(place)
            value, place = message[place : place + size], place + size
        yield tag >> 3, value


def split_later(piece):
    """Whether the reference implementation splits a piece after the fact: one that ends in a digit and a comma."""
    return len(piece) >= 2 and piece[-1] == "," and piece[-2].isdigit()


def sentence_piece(file):
    """The tokenizer.json of ALBERT's spiece.model that gives the pieces of the slow AlbertTokenizer.

    What transformers converts gives others: it makes the user-defined pieces added tokens, at which texts are cut.
    """
    vocabulary, charsmap = [], b""
    for number, value in fields(file.read_bytes()):
        if number == 1:
            entry = dict(fields(value))
            piece = entry[1].decode()
            score = struct.unpack("<f", entry.get(2, bytes(4)))[0]
            vocabulary.append([piece, score - 100 if split_later(piece) else score])
        elif number == 3:
            charsmap = dict(fields(value)).get(2, b"")
    strip = {"type": "Strip", "strip_left": True, "strip_right": True}
    blanks = [replace("Regex", r"[\s\x1c-\x1f]+", " "), strip, replace("String", "``", '"'), replace("String", "''", '"')]
    letters = [{"type": "NFKD"}, {"type": "StripAccents"}, {"type": "Lowercase"}]
    charsmap = {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(charsmap).decode()}
    normalizer = [*blanks, *letters, charsmap, replace("Regex", " {2,}", " "), strip]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added("albert", [piece for piece, _ in vocabulary].index),
        "normalizer": {"type": "Sequence", "normalizers": normalizer},
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
        "post_processor": around([piece for piece, _ in vocabulary].index),
        "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
        "model": {"type": "Unigram", "unk_id": 1, "byte_fallback": False, "vocab": vocabulary},
    }


def replace(kind, pattern, content):
    return {"type": "Replace", "pattern": {kind: pattern}, "content": content}


def added(family, number):
    return [{"id": number(piece), "content": piece, "single_word": False, "lstrip": piece == "[MASK]", "rstrip": False,
             "normalized": False, "special": True} for piece in SPECIALS[family]]


def around(number):
    """`[CLS] A [SEP]`, and `[CLS] A [SEP] B [SEP]`."""

    def special(piece, kind):
        return {"SpecialToken": {"id": piece, "type_id": kind}}

    first = [special("[CLS]", 0), {"Sequence": {"id": "A", "type_id": 0}}, special("[SEP]", 0)]
    ids = {piece: {"id": piece, "ids": [number(piece)], "tokens": [piece]} for piece in ("[CLS]", "[SEP]")}
    second = [{"Sequence": {"id": "B", "type_id": 1}}, special("[SEP]", 1)]
    return {"type": "TemplateProcessing", "single": first, "pair": first + second, "special_tokens": ids}


def word_piece(texts, size):
    """The tokenizer.json of a WordPiece vocabulary of the texts, for models whose own is not at hand."""
    from tokenizers import BertWordPieceTokenizer
    from tokenizers.processors import BertProcessing

    tokenizer = BertWordPieceTokenizer(lowercase=True)
    tokenizer.train_from_iterator(texts, vocab_size=size, show_progress=False, special_tokens=list(SPECIALS["bert"]))
    number = tokenizer.token_to_id
    tokenizer._tokenizer.post_processor = BertProcessing(("[SEP]", number("[SEP]")), ("[CLS]", number("[CLS]")))
    return json.loads(tokenizer.to_str())


def vocabulary_lines(tokenizer):
    """The vocab.txt of a WordPiece tokenizer.json."""
    numbered = sorted(tokenizer["model"]["vocab"].items(), key=lambda entry: entry[1])
    return "".join(f"{piece}\n" for piece, _ in numbered)
