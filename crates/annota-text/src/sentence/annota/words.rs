//! A chunk taken apart: what opens, the word, what ends the sentence, what closes.

use crate::lexicon::emoticons::is_emoticon;
use crate::lexicon::signs::{is_closer, is_dot, is_ender, is_exclamation, is_full_stop, is_opener};

/// `[12]`, `[a]`: points to a note.
pub fn is_note(chunk: &str) -> bool {
    let inside = chunk.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or_default();
    let number = inside.bytes().all(|byte| byte.is_ascii_digit());
    !inside.is_empty() && inside.len() <= 3 && (number || inside.len() == 1)
}

/// What a chunk ends in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ender {
    #[default]
    None,
    /// One dot.
    Dot,
    /// Two dots and more, or `…`.
    Ellipsis,
    /// `!`, `?` and their like, whatever stands with them.
    Exclamation,
}

/// `("U.S."),` has the word `U.S`, ends in a dot, and closes; the comma means that no sentence ends here.
#[derive(Debug, Clone, Copy, Default)]
pub struct Parts<'a> {
    pub chunk: &'a str,
    /// Without the marks around it.
    pub word: &'a str,
    pub ender: Ender,
    /// Something closes behind the ender.
    pub closed: bool,
    /// The chunk is an emoticon.
    pub is_face: bool,
}

impl<'a> Parts<'a> {
    /// Those of a chunk without any mark.
    pub fn word(chunk: &'a str) -> Self {
        Parts { chunk, word: chunk, ender: Ender::None, closed: false, is_face: false }
    }

    pub fn of(chunk: &'a str) -> Self {
        let ended = if is_omission(chunk) { chunk } else { without_closers(chunk) };
        let bare = ended.trim_end_matches(is_ender);
        let marks = &ended[bare.len()..];
        let word = bare.trim_start_matches(is_opener);
        // Where no ender stands before it, what closes belongs to the word.
        let (word, closed) = if marks.is_empty() {
            (chunk.trim_start_matches(is_opener).trim_end_matches(is_closer), false)
        } else {
            (word.trim_end_matches(is_closer), ended.len() < chunk.len())
        };
        Parts { chunk, word, ender: ender(marks), closed, is_face: is_emoticon(chunk) }
    }
}

/// `[...]` stands for words that are left out, and ends nothing.
fn is_omission(chunk: &str) -> bool {
    let inside = chunk.trim_matches(|c| matches!(c, '"' | '”' | '“'));
    matches!(inside, "[...]" | "[…]" | "(...)" | "(…)")
}

/// A chunk without the closing marks at its end, and without a note's number in brackets (`end.[12]`).
fn without_closers(chunk: &str) -> &str {
    let open = chunk.trim_end_matches(is_closer);
    let Some(noted) = chunk.strip_suffix(']').map(|rest| rest.trim_end_matches(|c: char| c.is_ascii_digit())) else {
        return open;
    };
    match noted.strip_suffix('[') {
        Some(before) if before.ends_with(|c| is_ender(c) || is_closer(c)) => before.trim_end_matches(is_closer),
        _ => open,
    }
}

fn ender(marks: &str) -> Ender {
    match marks.chars().next() {
        None => Ender::None,
        Some(_) if marks.ends_with("..") => Ender::Ellipsis,
        Some(_) if marks.contains(|c| is_exclamation(c) || is_full_stop(c)) => Ender::Exclamation,
        Some(_) if dots(marks) > 1 => Ender::Ellipsis,
        Some(_) => Ender::Dot,
    }
}

fn dots(marks: &str) -> usize {
    marks.chars().filter(|c| is_dot(*c)).map(|c| if c == '…' { 3 } else { 1 }).sum()
}

/// How what follows begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    Upper,
    Lower,
    Digit,
    /// A letter without case.
    Letter,
    /// No letter and no digit.
    Sign,
}

pub fn case(word: &str) -> Case {
    match word.chars().next() {
        Some(c) if c.is_uppercase() => Case::Upper,
        Some(c) if c.is_lowercase() => Case::Lower,
        Some(c) if c.is_numeric() => Case::Digit,
        Some(c) if c.is_alphabetic() => Case::Letter,
        _ => Case::Sign,
    }
}

/// The letters with which a word begins: `It` of `It's`.
pub fn head(word: &str) -> &str {
    let end = word.find(|c: char| !c.is_alphanumeric()).unwrap_or(word.len());
    &word[..end]
}
