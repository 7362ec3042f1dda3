"""Exact-span scores of sentences and tokens on gold documents: Annota beside segmenters and tokenizers of Python.

    python tests/compare/segmentation.py [--annota target/release/annota] [--gold FILE …] [program …]

A gold file has one JSON document a line: `text`, and `sentences` and `tokens` as [begin, end] in code points, end
exclusive. `multiword` lists the contractions among the tokens with their parts, in order. README.md has the rules.
"""

from bisect import bisect_right

import peers

GOLD = "data/corpora/ud_english_ewt/ewt_dev.gold.jsonl"


def scores(found, gold):
    """Precision, recall and F1 in per cent; each argument has the spans of every document."""
    right = sum(len(set(ours) & set(theirs)) for ours, theirs in zip(found, gold))
    ours, theirs = sum(map(len, found)), sum(map(len, gold))
    return [100 * right / max(1, ours), 100 * right / max(1, theirs), 200 * right / max(1, ours + theirs)]


def contractions(document):
    """The spans of the gold tokens that have parts."""
    text, spans = document["text"], []
    surfaces = iter(surface for surface, _ in document.get("multiword", []))
    surface = next(surfaces, None)
    for begin, end in document["tokens"]:
        if text[begin:end] == surface:
            spans.append((begin, end))
            surface = next(surfaces, None)
    return spans


def joined(tokens, wholes):
    """The tokens, those that lie in one of the wholes made one."""
    result, last = [], None
    begins = [begin for begin, _ in wholes]
    for begin, end in sorted(tokens):
        number = bisect_right(begins, begin) - 1
        inside = number if number >= 0 and end <= wholes[number][1] else None
        if inside is not None and inside == last:
            result[-1] = (result[-1][0], end)
        else:
            result.append((begin, end))
        last = inside
    return result


def cells(values):
    return [f"{value:.1f}" for value in values]


def sentence_table(texts, documents, found):
    gold = [list(map(tuple, document["sentences"])) for document in documents]
    rows = []
    for name, spans in found:
        spans = list(map(peers.trimmed, texts, spans))
        rows.append([name, *cells(scores(spans, gold)), sum(map(len, spans))])
    return peers.table(["sentences", "P", "R", "F1", "found"], rows)


def token_table(texts, documents, found):
    gold = [list(map(tuple, document["tokens"])) for document in documents]
    wholes = list(map(contractions, documents))
    rows = []
    for name, spans in found:
        spans = list(map(peers.trimmed, texts, spans))
        whole = scores(list(map(joined, spans, wholes)), gold)
        rows.append([name, *cells(scores(spans, gold)), *cells(whole[2:]), sum(map(len, spans))])
    return peers.table(["tokens", "P", "R", "F1", "F1, contractions joined", "found"], rows)


def compare(path, annota, wanted):
    documents = peers.json_lines(path)
    texts = [document["text"] for document in documents]
    counts = [sum(len(document[key]) for document in documents) for key in ("sentences", "tokens")]
    print(f"{path.name}: {len(documents)} documents, {counts[0]} sentences, {counts[1]} tokens\n")
    for show, find, makers in (
        (sentence_table, peers.annota_sentences, peers.SENTENCES),
        (token_table, peers.annota_tokens, peers.TOKENS),
    ):
        found = [*peers.profiles_spans(annota, find, texts, wanted), *peers.peers_spans(makers, texts, wanted)]
        if found:
            print(show(texts, documents, found), end="\n\n", flush=True)


def main():
    parser = peers.parser(__doc__)
    parser.add_argument("--gold", type=peers.existing, action="append", help="may come again; also gzipped")
    given = parser.parse_args()
    for path in given.gold or [peers.existing(peers.shared(GOLD))]:
        compare(path, given.annota, peers.among(given.programs))


if __name__ == "__main__":
    main()
