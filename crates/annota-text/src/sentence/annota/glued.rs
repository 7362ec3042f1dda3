//! Sentences without white space between them.

use std::cell::LazyCell;

use super::words::head;
use crate::lexicon::abbreviations::kind;
use crate::lexicon::signs::{is_closer, is_dot, is_full_stop};
use crate::lexicon::starters::{is_small_starter, is_starter};

/// Where sentences end within a chunk: behind the full stops of East and South Asia, and in `end.Next`.
pub fn breaks(chunk: &str, lists: bool, mut found: impl FnMut(usize)) {
    let may_end = |byte: &u8| !byte.is_ascii() || matches!(byte, b'.' | b'!' | b'?');
    let inside = chunk.len().saturating_sub(1);
    if !chunk.as_bytes()[..inside].iter().any(may_end) {
        return;
    }
    let address = LazyCell::new(|| is_address(chunk));
    let mut word_start = 0;
    let mut characters = chunk.char_indices().peekable();
    let mut before = None;
    let mut dots = 0;
    while let Some((at, character)) = characters.next() {
        if is_full_stop(character) {
            while characters.next_if(|(_, next)| is_full_stop(*next) || is_closer(*next)).is_some() {}
            if let Some((next, _)) = characters.peek() {
                found(*next);
                word_start = *next;
            }
        } else if matches!(character, '.' | '!' | '?')
            && let (Some(before), Some((next, _))) = (before, characters.peek())
        {
            let after = &chunk[*next..];
            let rest = after.trim_start_matches(['”', '»']);
            let next = chunk.len() - rest.len();
            let word = &chunk[word_start..at];
            let ends = match character {
                '.' if dots > 0 => is_starter(head(rest)),
                '.' => ends_before(char::is_lowercase(before), before, rest) && is_plain(word, rest, lists),
                _ => ends_before(char::is_alphabetic(before), before, rest),
            };
            if ends && !*address {
                found(next);
            }
            word_start = next;
        }
        dots = if is_dot(character) { dots + 1 } else { 0 };
        if dots == 0 {
            before = Some(character);
        }
    }
}

/// A letter of a word, a digit or a mark before; behind, a word with a capital, or a small one that begins sentences.
fn ends_before(is_word: bool, before: char, rest: &str) -> bool {
    let mut next = rest.chars();
    let is_next = match (next.next(), next.next()) {
        (Some('I'), None | Some('\'' | '’')) | (Some('A'), None) => is_word,
        (Some(first), Some(second)) => first.is_uppercase() && second.is_lowercase(),
        _ => false,
    };
    let before_word = is_word || before.is_ascii_digit() || matches!(before, '!' | '?');
    before_word && (is_next || (before.is_lowercase() && is_small_starter(head(rest))))
}

/// No abbreviation and no name of a site.
fn is_plain(word: &str, rest: &str, lists: bool) -> bool {
    let word = word.trim_start_matches(|c: char| !c.is_alphanumeric());
    let next = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let spoken_of = kind(word, lists).is_none() && word.chars().nth(1).is_some();
    let known_end = ["Com", "Net", "Org", "Gov", "Edu"].contains(&next);
    spoken_of && !known_end
}

/// Web addresses, e-mail addresses and paths.
fn is_address(chunk: &str) -> bool {
    chunk.contains("://")
        || chunk.contains('@')
        || chunk.contains('/')
        || chunk.contains("www.")
        || chunk.contains('\\')
}
