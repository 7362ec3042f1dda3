//! The unigram model (Kudo 2018, <https://arxiv.org/abs/1804.10959>): the most probable pieces.

use std::ops::Range;

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
    user_defined: Vec<bool>,
    unknown_score: f32,
}

/// The best path to a place.
#[derive(Debug, Clone, Copy)]
struct Best {
    piece: u32,
    score: f32,
    start: usize,
}

impl Unigram {
    pub fn new(file: &SentencePieceFile) -> Self {
        let normal = file.pieces.iter().filter(|piece| piece.kind == PieceKind::Normal).map(|piece| piece.score);
        let score = |kind, score| (kind != PieceKind::Unused).then_some(score);
        Unigram {
            scores: file.pieces.iter().map(|piece| score(piece.kind, piece.score)).collect(),
            user_defined: file.pieces.iter().map(|piece| piece.kind == PieceKind::UserDefined).collect(),
            unknown_score: normal.fold(f32::MAX, f32::min) - UNKNOWN_PENALTY,
        }
    }

    /// What a piece of `length` bytes adds to a path.
    fn score(&self, piece: u32, length: usize) -> Option<f32> {
        // Other pieces have scores below 0, so that one of the user's own is always taken.
        if self.user_defined.get(piece as usize) == Some(&true) {
            return Some((0.1 * (length as f64 - 1.0)) as f32);
        }
        *self.scores.get(piece as usize)?
    }

    /// The pieces of a normalised text, as ids and bytes.
    pub fn cut(&self, text: &str, vocabulary: &Vocabulary) -> Vec<(u32, Range<usize>)> {
        let mut best: Vec<Option<Best>> = vec![None; text.len() + 1];
        let mut frontier = 0;
        for (start, character) in text.char_indices() {
            let mut before = best[start].map_or(0.0, |best| best.score);
            if before.abs() > FARTHEST {
                best[start..=frontier].iter_mut().flatten().for_each(|best| best.score -= before);
                before = 0.0;
            }
            let mut improve = |end: usize, piece: u32, score: f32| {
                frontier = frontier.max(end);
                if best[end].is_none_or(|known| score > known.score) {
                    best[end] = Some(Best { piece, score, start });
                }
            };
            let mut is_known = false;
            vocabulary.trie().prefixes(&text.as_bytes()[start..], |length, piece| {
                if let Some(score) = self.score(piece, length) {
                    improve(start + length, piece, score + before);
                    is_known |= length == character.len_utf8();
                }
            });
            if !is_known {
                improve(start + character.len_utf8(), vocabulary.unknown(), self.unknown_score + before);
            }
        }
        let mut pieces = Vec::new();
        let mut end = text.len();
        while let Some(Best { piece, start, .. }) = best[end] {
            pieces.push((piece, start..end));
            end = start;
        }
        pieces.reverse();
        pieces
    }
}
