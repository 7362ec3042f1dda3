//! Wraps sentences that are too long.

use crate::{OffsetUnit, Span};

/// Cuts a sentence between words, at single blanks, so that no part is longer than `length` unless a word is.
/// Lengths are in UTF-16 units, a blank counted behind every word.
pub fn wrap(text: &str, sentence: Span, length: usize, parts: &mut Vec<Span>) {
    let mut part = Span::new(sentence.start, sentence.start);
    let mut filled = 0;
    let mut at = sentence.start;
    for word in text[sentence.range()].split(' ') {
        let units = OffsetUnit::Utf16.count(word);
        if filled + units > length && filled > 0 {
            parts.push(part);
            part.start = at;
            filled = 0;
        }
        at += word.len();
        part.end = at;
        at += 1;
        filled += units + 1;
    }
    parts.push(part);
}
