//! The unigram model (Kudo 2018, <https://arxiv.org/abs/1804.10959>): the most probable pieces.

use super::file::{PieceKind, SentencePieceFile};
use super::vocabulary::Vocabulary;

/// How much worse than the worst piece an unknown character is.
const UNKNOWN_PENALTY: f32 = 10.0;

/// Scores beyond this are counted anew from the place they were reached at: sums of single precision would lose
/// their small parts.
const FARTHEST: f32 = 100_000.0;

/// Numbers are of the width, and are added in the order, that SentencePiece 0.2.3's `EncodeOptimized` has, since paths
/// that are equally probable are told apart by rounding.
#[derive(Debug)]
pub struct Unigram {
    /// For each piece what it adds to a path; `None` where it is in none.
    scores: Vec<Option<f32>>,
    unknown_score: f32,
}

/// A piece on a path: its bytes, and what it adds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    pub piece: u32,
    pub start: usize,
    pub end: usize,
    pub score: f32,
}

/// Memory to search in, for one text after another.
#[derive(Debug, Default)]
pub struct Lattice {
    best: Vec<Option<Best>>,
    places: Vec<Place>,
    path: Vec<Step>,
}

impl Lattice {
    /// The path that was found last.
    pub fn path(&self) -> &[Step] {
        &self.path
    }

    /// Goes back from the end by the last step to each place.
    fn trace(&mut self, end: usize, last_step: impl Fn(&Self, usize) -> Option<Step>) {
        self.path.clear();
        let mut end = end;
        while let Some(step) = last_step(self, end) {
            self.path.push(step);
            end = step.start;
        }
        self.path.reverse();
    }
}

/// The best path to a place: its sum, and its last step.
#[derive(Debug, Clone, Copy)]
struct Best {
    total: f32,
    step: Step,
}

/// The same from a word's begin, in double precision; `margin` is how much worse the best other last step is.
#[derive(Debug, Clone, Copy)]
struct Place {
    total: f64,
    margin: f64,
    step: Option<Step>,
}

const UNREACHED: Place = Place { total: 0.0, margin: f64::INFINITY, step: None };

impl Place {
    fn improve(&mut self, total: f64, step: Step) {
        if self.step.is_none() {
            *self = Place { total, step: Some(step), ..*self };
        } else if total > self.total {
            *self = Place { total, margin: total - self.total, step: Some(step) };
        } else {
            self.margin = self.margin.min(self.total - total);
        }
    }
}

impl Unigram {
    pub fn new(file: &SentencePieceFile) -> Self {
        let normal = file.pieces.iter().filter(|piece| piece.kind == PieceKind::Normal).map(|piece| piece.score);
        let scores = file.pieces.iter().map(|piece| match piece.kind {
            PieceKind::Unused => None,
            // Other pieces have scores below 0, so that one of the user's own is always taken.
            PieceKind::UserDefined => Some((0.1 * (piece.text.len() as f64 - 1.0)) as f32),
            _ => Some(piece.score),
        });
        Unigram { scores: scores.collect(), unknown_score: normal.fold(f32::MAX, f32::min) - UNKNOWN_PENALTY }
    }

    /// Finds the pieces of a normalised text, or of a part of one to which the sum is `before` and at whose begin and
    /// end all paths meet. Gives the sum behind it.
    pub fn cut(&self, text: &str, before: f32, vocabulary: &Vocabulary, lattice: &mut Lattice) -> f32 {
        let best = &mut lattice.best;
        best.clear();
        best.resize(text.len() + 1, None);
        let mut frontier = 0;
        for (start, character) in text.char_indices() {
            let mut sum = best[start].map_or(before, |best| best.total);
            if sum.abs() > FARTHEST {
                best[start..=frontier].iter_mut().flatten().for_each(|best| best.total -= sum);
                sum = 0.0;
            }
            self.steps(text, start, character, vocabulary, |step| {
                frontier = frontier.max(step.end);
                let total = step.score + sum;
                if best[step.end].is_none_or(|known| total > known.total) {
                    best[step.end] = Some(Best { total, step });
                }
            });
        }
        let total = best[text.len()].map_or(before, |best| best.total);
        lattice.trace(text.len(), |lattice, end| Some(lattice.best[end]?.step));
        total
    }

    /// Finds the pieces of a part of a text at whose begin and end all paths meet. They are those of [`Unigram::cut`]
    /// for all sums before it that are nearer to 0 than what this gives.
    ///
    /// Of `n` steps each rounds by at most 2⁻²⁴ of the sums' size, so that two sums cannot change places where they
    /// differ by 2n times that; here twice as much is asked for. Only places on the best path count, since
    /// nothing else is looked at on the way back.
    pub fn cut_anywhere(&self, text: &str, vocabulary: &Vocabulary, lattice: &mut Lattice) -> f32 {
        let places = &mut lattice.places;
        places.clear();
        places.resize(text.len() + 1, UNREACHED);
        let mut largest: f64 = 0.0;
        for (start, character) in text.char_indices() {
            let sum = places[start].total;
            self.steps(text, start, character, vocabulary, |step| {
                let total = f64::from(step.score) + sum;
                largest = largest.max(total.abs());
                places[step.end].improve(total, step);
            });
        }
        lattice.trace(text.len(), |lattice, end| lattice.places[end].step);
        let margin = lattice.path.iter().map(|step| lattice.places[step.end].margin).fold(f64::INFINITY, f64::min);
        let safe = margin * f64::from(1 << 22) / text.len() as f64;
        (safe.min(f64::from(FARTHEST) / 2.0) - largest) as f32
    }

    /// Calls back with every piece that goes on from `start`, or with an unknown one for the character there.
    #[inline]
    fn steps(&self, text: &str, start: usize, character: char, vocabulary: &Vocabulary, mut found: impl FnMut(Step)) {
        let mut is_known = false;
        let next = start + character.len_utf8();
        vocabulary.trie().prefixes(&text.as_bytes()[start..], |length, piece| {
            if let Some(score) = self.scores.get(piece as usize).copied().flatten() {
                found(Step { piece, start, end: start + length, score });
                is_known |= start + length == next;
            }
        });
        if !is_known {
            found(Step { piece: vocabulary.unknown(), start, end: next, score: self.unknown_score });
        }
    }
}

/// Where a sum is counted anew before a word.
#[inline]
pub fn at_word(sum: f32) -> f32 {
    if sum.abs() > FARTHEST { 0.0 } else { sum }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::file::{Piece, PieceKind, SentencePieceFile};
    use super::super::vocabulary::Vocabulary;
    use super::{Lattice, Unigram};

    /// Scores of which many sums are equal, or nearly so.
    fn file(scores: &[(i32, i32)]) -> SentencePieceFile {
        let texts = ["a", "b", "aa", "ab", "ba", "aab", "bab", "abab"];
        let pieces = texts.iter().zip(scores).map(|(text, (large, small))| Piece {
            text: (*text).to_owned(),
            score: *large as f32 / -4.0 - *small as f32 * 1e-5,
            kind: PieceKind::Normal,
        });
        let unknown = Piece { text: "<unk>".to_owned(), score: 0.0, kind: PieceKind::Unknown };
        SentencePieceFile { pieces: std::iter::once(unknown).chain(pieces).collect(), ..SentencePieceFile::default() }
    }

    proptest! {
        #[test]
        fn a_path_stays_the_best_below_its_limit(
            scores in proptest::collection::vec((1..12, 0..3), 8),
            text in "[abé]{1,16}",
            share in -1.0_f32..1.0,
        ) {
            let file = file(&scores);
            let (unigram, vocabulary) = (Unigram::new(&file), Vocabulary::new(&file).expect("a vocabulary"));
            let mut lattice = Lattice::default();
            let limit = unigram.cut_anywhere(&text, &vocabulary, &mut lattice);
            let path = lattice.path().to_vec();
            for before in [limit * share, limit * 0.999, limit * -0.999].into_iter().filter(|sum| sum.abs() < limit) {
                let total = unigram.cut(&text, before, &vocabulary, &mut lattice);
                prop_assert_eq!(lattice.path(), &path);
                prop_assert_eq!(total, path.iter().fold(before, |sum, step| step.score + sum));
            }
        }
    }
}
