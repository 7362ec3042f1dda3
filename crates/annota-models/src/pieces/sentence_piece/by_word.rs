//! Cutting a text word by word, and remembering the words. What comes out is what the text as a whole would give:
//! where a word's neighbours count for more than the sum of scores before it, the text is left to
//! [`SentencePiece::encode_whole`].

use super::super::memo::{Key, Memo, Part};
use super::super::pool::Pool;
use super::super::words::Words;
use super::albert::Cleaning;
use super::file::{PieceKind, SentencePieceFile};
use super::mapped::MappedText;
use super::normalize::{MARK, Normalizer};
use super::unigram::{self, Lattice, Unigram};
use super::{Model, Pieces, SentencePiece};

/// What cutting by words needs.
pub struct ByWord {
    /// For each byte what cleaning and normalising make of it in a word of ASCII; `None` where that is not always
    /// one byte.
    plain: [Option<u8>; 256],
    scratches: Pool<Scratch>,
}

/// What is kept from one text to the next.
#[derive(Default)]
struct Scratch {
    memo: Memo,
    lattice: Lattice,
    word: MappedText,
}

impl ByWord {
    /// `None` for a vocabulary or settings with which a piece may go over a word's begin.
    pub fn new(file: &SentencePieceFile, cleaning: Cleaning, normalizer: &Normalizer) -> Option<Self> {
        // A mark that is unknown would be one piece with unknown characters beside it.
        let has_mark = file.pieces.iter().any(|piece| piece.text == MARK && piece.kind == PieceKind::Normal);
        let is_within_word = file.pieces.iter().all(|piece| {
            let text = piece.text.strip_prefix(MARK).unwrap_or(&piece.text);
            !text.contains(MARK) && !text.contains(' ')
        });
        if !(cleaning.remove_blanks && normalizer.marks_words() && has_mark && is_within_word) {
            return None;
        }
        let mut plain = [None; 256];
        for byte in (0..0x80_u8).filter(|byte| normalizer.is_plain(char::from(*byte))) {
            plain[usize::from(byte)] = Some(if cleaning.lower_case { byte.to_ascii_lowercase() } else { byte });
        }
        Some(ByWord { plain, scratches: Pool::default() })
    }

    /// Normalises a word if it is of plain characters only.
    fn plain_word(&self, word: &str, into: &mut MappedText) -> Option<()> {
        let bytes = word.as_bytes();
        let is_plain = bytes.iter().all(|byte| self.plain[usize::from(*byte)].is_some());
        // Two quotation marks may become one.
        let has_quotes = || bytes.windows(2).any(|pair| matches!(pair, b"''" | b"``"));
        if !is_plain || has_quotes() {
            return None;
        }
        into.set_word(bytes.iter().filter_map(|byte| self.plain[usize::from(*byte)]).map(char::from));
        Some(())
    }
}

impl SentencePiece {
    /// The pieces of a text; `None` where words cannot be cut one by one.
    pub fn encode_by_word(&self, text: &str) -> Option<Pieces> {
        let (Some(by_word), Model::Unigram(unigram)) = (&self.by_word, &self.model) else { return None };
        let likely = text.len() / 4 + 1;
        let pieces = Pieces { ids: Vec::with_capacity(likely), spans: Vec::with_capacity(likely) };
        by_word.scratches.with(|scratch| Run { cutter: self, by_word, unigram, scratch, pieces, sum: 0.0 }.encode(text))
    }
}

/// Goes through one text.
struct Run<'a> {
    cutter: &'a SentencePiece,
    by_word: &'a ByWord,
    unigram: &'a Unigram,
    scratch: &'a mut Scratch,
    pieces: Pieces,
    /// Of the scores of the pieces so far.
    sum: f32,
}

/// What stands before a word: where it begins, how many pieces there are, and the sum of their scores.
#[derive(Clone, Copy)]
struct Before {
    start: usize,
    pieces: usize,
    sum: f32,
}

impl Run<'_> {
    fn encode(mut self, text: &str) -> Option<Pieces> {
        let mut last = Before { start: 0, pieces: 0, sum: 0.0 };
        let mut words = Words::new(text);
        while let Some(word) = words.next() {
            self.sum = unigram::at_word(self.sum);
            let before = Before { start: word.start, pieces: self.pieces.ids.len(), sum: self.sum };
            let key = Key::of(text, word.start, word.len());
            let found = key.as_ref().and_then(|key| self.scratch.memo.get(key));
            if let Some(found) = found
                && self.sum.abs() < found.limit
            {
                for part in found.parts {
                    let (start, end) = (usize::from(part.start), usize::from(part.end));
                    self.pieces.push(part.id, word.start + start..word.start + end);
                }
                self.sum = found.scores.iter().fold(self.sum, |sum, score| score + sum);
            } else {
                let key = key.filter(|_| found.is_none());
                if self.normalize(&text[word.clone()])? {
                    self.push_normalized(word.start, key);
                } else {
                    let end = self.group_end(text, &mut words)?;
                    self.push_group(&text[..end], last);
                }
            }
            last = before;
        }
        Some(self.pieces)
    }

    /// Where the words end that have to be cut together with one that depends on its neighbours: before two that do
    /// not. Takes these words.
    fn group_end(&mut self, text: &str, words: &mut Words<'_>) -> Option<usize> {
        let mut ahead = words.clone();
        let mut is_own = false;
        while let Some(word) = ahead.next() {
            let key = Key::of(text, word.start, word.len());
            let is_known = key.is_some_and(|key| self.scratch.memo.get(&key).is_some());
            let is_next_own = is_known || self.normalize(&text[word])?;
            if is_own && is_next_own {
                break;
            }
            is_own = is_next_own;
            *words = ahead.clone();
        }
        Some(words.place())
    }

    /// Cuts words together from the last one that did not depend on its neighbours, of which it takes the pieces back.
    fn push_group(&mut self, text: &str, last: Before) {
        self.pieces.ids.truncate(last.pieces);
        self.pieces.spans.truncate(last.pieces);
        self.sum = last.sum;
        let cleaned = self.cutter.cleaning.clean(&text[last.start..]);
        self.scratch.word = self.cutter.normalizer.normalize(cleaned, self.cutter.vocabulary.user_defined());
        if !self.scratch.word.text().is_empty() {
            self.push_normalized(last.start, None);
        }
    }

    /// Appends the pieces of what is normalised, which begins at `offset`, and remembers them under the key.
    fn push_normalized(&mut self, offset: usize, key: Option<Key>) {
        let Scratch { memo, lattice, word } = &mut *self.scratch;
        let vocabulary = &self.cutter.vocabulary;
        let limit = key.map(|_| self.unigram.cut_anywhere(word.text(), vocabulary, lattice));
        let is_anywhere = limit.is_some_and(|limit| self.sum.abs() < limit);
        if is_anywhere {
            self.sum = lattice.path().iter().fold(self.sum, |sum, step| step.score + sum);
        } else {
            self.sum = self.unigram.cut(word.text(), self.sum, vocabulary, lattice);
        }
        let path = lattice.path().iter();
        let cuts = self.cutter.cuts(word, path.clone().map(|step| (step.piece, step.start..step.end)));
        let first = self.pieces.ids.len();
        self.cutter.push_cuts(word, cuts, &mut self.pieces);
        let spans = &mut self.pieces.spans[first..];
        if let (Some(key), Some(limit)) = (key, limit) {
            let parts = self.pieces.ids[first..].iter().zip(&*spans);
            let parts = parts.map(|(id, span)| Part { id: *id, start: span.start as u8, end: span.end as u8 });
            if is_anywhere {
                memo.insert(key, limit, parts, path.map(|step| step.score));
            } else if limit <= 0.0 {
                // So that nobody tries again.
                memo.insert(key, 0.0, std::iter::empty(), std::iter::empty());
            }
        }
        spans.iter_mut().for_each(|span| *span = span.start + offset..span.end + offset);
    }

    /// Cleans and normalises a word; gives whether it is the same with all neighbours. `None` where a rule may go over
    /// its end.
    fn normalize(&mut self, word: &str) -> Option<bool> {
        if self.by_word.plain_word(word, &mut self.scratch.word).is_some() {
            return Some(true);
        }
        let cleaned: MappedText = self.cutter.cleaning.clean(word).into_iter().collect();
        if self.cutter.normalizer.goes_over(cleaned.text()) {
            return None;
        }
        // What an accent at the begin belongs to stands before the word.
        let is_whole = !cleaned.text().is_empty() && cleaned.source(0..1).start == 0;
        let user_defined = self.cutter.vocabulary.user_defined();
        let normalized = if is_whole { self.cutter.normalizer.normalize_word(&cleaned, user_defined) } else { None };
        Some(normalized.map(|word| self.scratch.word = word).is_some())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use crate::pieces::woven::woven;

    use super::super::{Cleaning, SentencePiece};

    /// A model of 30,000 pieces.
    fn model(cleaning: Cleaning) -> SentencePiece {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("bundled/albert-tiny-en/spiece.model");
        SentencePiece::parse(&fs::read(path).expect("the bundled vocabulary"), cleaning).expect("a vocabulary")
    }

    static MODELS: LazyLock<[SentencePiece; 3]> = LazyLock::new(|| {
        let usual = Cleaning::default();
        [usual, Cleaning { lower_case: false, ..usual }, Cleaning { keep_accents: true, ..usual }].map(model)
    });

    fn assert_same(text: &str) {
        for model in &*MODELS {
            let whole = model.encode_whole(text);
            assert_eq!(model.encode(text), whole, "{text:?}");
            assert_eq!(model.encode(text), whole, "{text:?} again");
        }
    }

    #[test]
    fn words_are_cut_one_by_one() {
        assert!(MODELS.iter().all(|model| model.encode_by_word("A naïve “test”, in 2010, 😀").is_some()));
    }

    #[test]
    fn equal_scores_depend_on_the_sum_before() {
        // `! !!!` and `!!! !` are equally probable.
        let words = "car!!!!! (testimony) a ".repeat(3000);
        let ids = MODELS[0].encode_by_word(&words).expect("words").ids;
        let between = MODELS[0].id("▁a").expect("a piece");
        let ways: std::collections::BTreeSet<&[u32]> = ids.split(|id| *id == between).collect();
        assert!(ways.len() > 2, "{ways:?}");
        assert_same(&words);
    }

    #[test]
    fn what_has_no_place_in_words_is_left_to_the_whole() {
        for text in ["a \u{301}b", "a\u{200b} b", "¨ b", "a ▁ b", "a b▁", "\u{ad}", "a \u{ad} b", "a \u{37a}b"] {
            assert_same(text);
        }
    }

    #[test]
    fn long_words_are_cut_too() {
        assert_same(&"0123456789,".repeat(2000));
        assert_same(&"über".repeat(5000));
    }

    const PARTS: &str = "[a-zA-Z]{1,9}|[0-9]{1,4},?|the|ing|''|``|[ \t\n\u{85}\u{a0}\u{200b}\u{3000}]|[.,!()\"'`–£€—-]|\
        [éÉçßİΣς½²ﬁ①Å]|[\u{300}-\u{310}]|[\u{0}-\u{7f}]|[\u{80}-\u{2ff}]|[日本語한국]|[😀👩\u{200d}\u{feff}▁]|\\[MASK\\]|\\PC";

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn by_words_and_as_a_whole_are_the_same(parts in proptest::collection::vec(PARTS, 0..60), blanks in any::<u64>()) {
            assert_same(&woven(&parts, blanks));
        }
    }
}
