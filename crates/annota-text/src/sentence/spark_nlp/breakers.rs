use std::ops::Range;

use super::marked::{Marked, first, is_word, last};
use crate::span::is_java_space;

/// A run of `!` and `?` behind a word and before white space, the text's end or a dollar sign ends a sentence.
pub fn break_after_exclamations(marked: &mut Marked) {
    let bytes = marked.bytes();
    let mut runs: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    while let Some(found) = bytes[from..].iter().position(|&byte| is_exclamation(byte)) {
        let start = from + found;
        let length = bytes[start..].iter().position(|&byte| !is_exclamation(byte));
        let end = length.map_or(bytes.len(), |length| start + length);
        // With nothing before it the first mark is passed over, and serves as what stands before the others.
        let behind_word = last(&bytes[..start]).is_some_and(|byte| !is_java_space(byte));
        let start = if behind_word { start } else { start + 1 };
        let ends = first(&bytes[end..]).is_none_or(|byte| is_java_space(byte) || byte == b'$');
        if start < end && ends {
            runs.push(start..end);
        }
        from = end;
    }
    marked.break_after(&runs);
}

fn is_exclamation(byte: u8) -> bool {
    matches!(byte, b'!' | b'?')
}

/// Dots between word characters, and those of `N°. 12`.
pub fn hide_inner_dots(marked: &mut Marked) {
    marked.hide_dots(|before, after| {
        let between_words = last(before).is_some_and(is_word) && first(after).is_some_and(is_word);
        between_words || (is_numero(before) && digits_follow(after))
    });
}

fn is_numero(before: &[u8]) -> bool {
    let letter = before.strip_suffix("°".as_bytes()).and_then(last);
    letter.is_some_and(|byte| byte.is_ascii_alphabetic())
}

fn digits_follow(after: &[u8]) -> bool {
    after.iter().find(|byte| !is_java_space(**byte)).is_some_and(u8::is_ascii_digit)
}

/// Every dot that is left, and every semicolon, ends a sentence.
pub fn break_after_dots(marked: &mut Marked) {
    let breakers = marked.bytes().iter().enumerate().filter(|(_, byte)| matches!(byte, b'.' | b';'));
    let breakers: Vec<Range<usize>> = breakers.map(|(place, _)| place..place + 1).collect();
    marked.break_after(&breakers);
}
