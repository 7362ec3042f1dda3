//! Cuts words within.

use unicode_segmentation::UnicodeSegmentation;

use super::chunk::Cutter;
use crate::Span;
use crate::lexicon::affixes::{is_prefix, is_suffix, is_unit};
use crate::lexicon::emoticons::{EMOJI_STYLE, is_emoji};
use crate::lexicon::signs::{is_currency, is_sign};

/// Pushes the parts of a word whose ends are clean.
pub fn cut(cutter: &mut Cutter<'_>, span: Span) {
    let word = &cutter.text()[span.range()];
    if word.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return cutter.push(span);
    }
    let mut start = 0;
    let mut at = 0;
    while let Some(character) = word[at..].chars().next() {
        let length = mark(word, start, at, character);
        if length == 0 {
            at += character.len_utf8();
            continue;
        }
        push_word(cutter, span.start + start, &word[start..at]);
        cutter.push(Span::new(span.start + at, span.start + at + length));
        at += length;
        start = at;
    }
    push_word(cutter, span.start + start, &word[start..]);
}

/// Bytes of the mark that stands here as a token; 0 where the word goes on.
fn mark(word: &str, start: usize, at: usize, character: char) -> usize {
    let (before, after) = (&word[start..at], &word[at + character.len_utf8()..]);
    if character.is_alphanumeric() || after.starts_with(EMOJI_STYLE) {
        return 0;
    }
    let is_mark = match character {
        '-' if after.starts_with('-') => true,
        '-' => cuts_hyphen(word, before, after),
        '/' => cuts_slash(before, after),
        '.' => after.starts_with('.'),
        ',' => !(ends_in_digit(before) && starts_with_digit(after)),
        ':' => !(ends_in_digit(before) && starts_with_digit(after)),
        '\'' | '’' | '&' | '_' | '@' | '=' | '#' | '+' | '\\' | '^' | '%' | '~' => false,
        '*' => before.is_empty() || after.starts_with('*'),
        _ if is_currency(character) => true,
        _ => is_sign(character) && character != '\u{2011}' && character != '·',
    };
    if !is_mark {
        return 0;
    }
    match character {
        '-' | '.' | '*' | '!' | '?' | '—' => word[at..].len() - word[at..].trim_start_matches(character).len(),
        _ => character.len_utf8(),
    }
}

fn ends_in_digit(text: &str) -> bool {
    text.ends_with(|c: char| c.is_ascii_digit())
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

/// The letters and digits with which a text begins.
fn head(text: &str) -> &str {
    &text[..text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len())]
}

/// Between words and in ranges; not behind prefixes and in numbers of telephones.
fn cuts_hyphen(word: &str, before: &str, after: &str) -> bool {
    let next = head(after);
    if after.is_empty() {
        // Peeling left it where it is.
        return false;
    }
    if next.is_empty() || before.is_empty() {
        return true;
    }
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if digits(before) && digits(next) {
        let one = word.matches('-').take(2).count() == 1;
        return one && !matches!((before.len(), next.len()), (3 | 5, 4));
    }
    // What a hyphen was left in before has a number's shape.
    !before.contains('-') && !is_prefix(before) && !is_suffix(next)
}

/// Between words, not in dates and fractions.
fn cuts_slash(before: &str, after: &str) -> bool {
    let letters = |text: &str| text.chars().next().is_some_and(char::is_alphabetic);
    let next = head(after);
    letters(before) && letters(next) && before.chars().nth(1).is_some() && next.chars().nth(1).is_some()
}

/// Pushes a word; a number and its unit apart, emoji apart.
fn push_word(cutter: &mut Cutter<'_>, start: usize, word: &str) {
    if word.is_empty() {
        return;
    }
    let span = Span::new(start, start + word.len());
    if let Some(digits) = number_length(word) {
        cutter.push(Span::new(start, start + digits));
        cutter.push(Span::new(start + digits, span.end));
    } else if !word.is_ascii() && word.contains(is_emoji) {
        push_emoji(cutter, start, word);
    } else {
        cutter.push(span);
    }
}

/// Bytes of the number before a unit.
fn number_length(word: &str) -> Option<usize> {
    let first = word.bytes().next()?;
    if !first.is_ascii_digit() {
        return None;
    }
    let digits = word.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',' | ':' | '/'))?;
    let unit = word[digits..].trim_end_matches('.');
    is_unit(unit).then_some(digits)
}

/// Emoji are what a reader sees as one (`👍🏽`, `1️⃣`), each a token; what stands between them is one too.
fn push_emoji(cutter: &mut Cutter<'_>, start: usize, word: &str) {
    let mut from = 0;
    for (at, seen) in word.grapheme_indices(true).filter(|(_, seen)| seen.contains(is_emoji)) {
        if from < at {
            cutter.push(Span::new(start + from, start + at));
        }
        from = at + seen.len();
        cutter.push(Span::new(start + at, start + from));
    }
    if from < word.len() {
        cutter.push(Span::new(start + from, start + word.len()));
    }
}
