//! Special pieces that stand in a text as such (`[MASK]`).

use std::ops::Range;

/// What special pieces that a user has typed are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SpecialPieces {
    /// Text as any other.
    #[default]
    Text,
    /// What they stand for, as in Hugging Face's tokenizers.
    Parse,
}

/// A part of a text: a special piece with its id, or what stands between.
#[derive(Debug, PartialEq, Eq)]
pub struct Part {
    pub span: Range<usize>,
    pub special: Option<u32>,
}

/// Cuts a text at its special pieces, the leftmost and longest first.
pub fn parts(text: &str, specials: &[(String, u32)]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut at = 0;
    let bytes = text.as_bytes();
    let begins = |byte: &u8| specials.iter().any(|(piece, _)| piece.as_bytes().first() == Some(byte));
    let mut begins_at = [false; 256];
    (0..=u8::MAX).filter(begins).for_each(|byte| begins_at[usize::from(byte)] = true);
    while let Some(skipped) = bytes[at..].iter().position(|byte| begins_at[usize::from(*byte)]) {
        at += skipped;
        let here = specials.iter().filter(|(piece, _)| bytes[at..].starts_with(piece.as_bytes()));
        let Some((piece, id)) = here.max_by_key(|(piece, _)| piece.len()) else {
            at += 1;
            continue;
        };
        parts.push(Part { span: start..at, special: None });
        parts.push(Part { span: at..at + piece.len(), special: Some(*id) });
        at += piece.len();
        start = at;
    }
    parts.push(Part { span: start..text.len(), special: None });
    parts
}
