"""The 52 English golden rules of Pragmatic Segmenter: how many Annota and its peers get right.

    python tests/compare/golden_rules.py [--annota target/release/annota] [--golden FILE] [program …]

A case of the file has `name`, `input` and `expected`; those whose name starts with `golden/` count. A program is right
if its sentences, without white space at their ends, are the expected ones.
"""

import peers

GOLDEN = "data/golden/pragmatic_segmenter_en.jsonl"


def failures(cases, spans):
    """The names of cases that went wrong, with the sentences found instead."""
    wrong = []
    for case, found in zip(cases, spans):
        text = case["input"]
        sentences = [text[begin:end] for begin, end in peers.trimmed(text, found)]
        if sentences != case["expected"]:
            wrong.append((case["name"].removeprefix("golden/"), sentences))
    return wrong


def main():
    parser = peers.parser(__doc__)
    parser.add_argument("--golden", default=peers.shared(GOLDEN))
    given = parser.parse_args()
    cases = [case for case in peers.json_lines(given.golden) if case["name"].startswith("golden/")]
    texts, wanted = [case["input"] for case in cases], peers.among(given.programs)
    ours = {name: failures(cases, spans)
            for name, spans in peers.profiles_spans(given.annota, peers.annota_sentences, texts, wanted)}
    theirs = {name: failures(cases, spans) for name, spans in peers.peers_spans(peers.SENTENCES, texts, wanted)}
    rows = [[name, f"{len(cases) - len(wrong)} of {len(cases)}"] for name, wrong in (ours | theirs).items()]
    print(peers.table(["golden rules", "right"], rows))
    for name, wrong in ours.items():
        print(f"\nWrong, {name}:\n")
        for case, sentences in wrong:
            print(f"- {case}: found {sentences}")


if __name__ == "__main__":
    main()
