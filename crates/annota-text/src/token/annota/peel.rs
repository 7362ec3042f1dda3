//! Takes the marks off a chunk's ends, each a token.

use super::chunk::{Cutter, Rest};
use crate::Span;
use crate::lexicon::abbreviations::{self, Kind};
use crate::lexicon::affixes::is_prefix;
use crate::lexicon::emoticons::EMOJI_STYLE;
use crate::lexicon::signs::{is_apostrophe, is_currency, is_dot, is_sign};

/// Words that begin with an apostrophe.
const SHORTENED: &[&str] = &[
    "em", "til", "till", "cause", "cuz", "coz", "bout", "round", "n", "tis", "twas", "s", "ll", "re", "ve", "d", "m",
    "nuff", "kay", "sup", "ere", "neath", "cos",
];

/// Pushes the marks at the front; gives what is left.
pub fn front(cutter: &mut Cutter<'_>, mut rest: Rest) -> Rest {
    let text = cutter.text();
    while let Some(mark) = first_mark(&text[rest.span.range()]) {
        if mark.len() == rest.span.end - rest.span.start && mark.chars().all(|c| is_dot(c) || matches!(c, '!' | '?')) {
            break;
        }
        let end = rest.span.start + mark.len();
        cutter.is_quoting |= mark == "'" || mark == "‘";
        cutter.push(Span::new(rest.span.start, end));
        rest.span.start = end;
    }
    rest
}

/// The mark that a chunk begins with, if it is no part of the word.
fn first_mark(chunk: &str) -> Option<&str> {
    let first = chunk.chars().next()?;
    let next = chunk[first.len_utf8()..].chars().next();
    let before_digit = next.is_some_and(|c| c.is_ascii_digit());
    let before_letter = next.is_some_and(char::is_alphabetic);
    let is_mark = match first {
        _ if next == Some(EMOJI_STYLE) => false,
        '.' | '-' | '+' | '−' => !before_digit,
        '@' | '#' | '&' | '_' => !before_letter,
        '\'' | '’' => !is_shortened(&chunk[first.len_utf8()..]),
        _ => is_sign(first),
    };
    is_mark.then(|| run(chunk, first))
}

fn is_shortened(rest: &str) -> bool {
    let word = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let decade = word.starts_with(|c: char| c.is_ascii_digit()) && matches!(word.len(), 2 | 3);
    decade || SHORTENED.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// Marks that stand together as one: enders of any kind, and the same sign again.
fn run(chunk: &str, first: char) -> &str {
    let end = match first {
        '.' | '!' | '?' | '…' => chunk.find(|c| !is_stop(c)),
        '-' | '*' | '=' | '~' | '_' | '<' | '>' | '#' | '+' | '/' | '\\' | '|' | '^' | '—' | '–' => {
            chunk.find(|c| c != first)
        }
        '\'' | '`' if chunk[1..].starts_with(first) => Some(2),
        _ => Some(first.len_utf8()),
    };
    &chunk[..end.unwrap_or(chunk.len())]
}

fn is_stop(character: char) -> bool {
    matches!(character, '.' | '!' | '?' | '…')
}

/// Takes the marks off the end; gives what is left and the marks, the last first.
pub fn back(cutter: &Cutter<'_>, rest: Rest) -> (Span, Vec<Span>) {
    let mut behind = Vec::new();
    let Rest { mut span, is_last } = rest;
    while let Some(length) = last_mark(cutter, &cutter.text()[span.range()], is_last) {
        let start = span.end - length;
        behind.push(Span::new(start, span.end));
        span.end = start;
    }
    (span, behind)
}

/// Bytes of the mark that a chunk ends in, if it is no part of the word.
fn last_mark(cutter: &Cutter<'_>, chunk: &str, is_last: bool) -> Option<usize> {
    let last = chunk.chars().next_back()?;
    let word = &chunk[..chunk.len() - last.len_utf8()];
    let is_mark = match last {
        '.' | '!' | '?' | '…' => return enders(chunk, is_last),
        '\'' | '’' => cutter.is_quoting || !word.ends_with(['s', 'S', 'n', 'z', 'x']),
        '+' => !word.ends_with('+') || word.trim_end_matches('+').ends_with(|c: char| !c.is_alphanumeric()),
        '-' => !is_prefix(word) && !is_broken_off(word),
        _ => is_sign(last) && !is_currency(last) || (is_currency(last) && word.ends_with(|c: char| c.is_ascii_digit())),
    };
    is_mark.then(|| match last {
        '-' | '*' | '=' | '~' | '_' | '<' | '>' | '#' | '+' | '/' | '\\' | '|' | '^' | '—' | '–' => {
            chunk.len() - chunk.trim_end_matches(last).len()
        }
        _ if is_apostrophe(last) && word.ends_with(last) => 2 * last.len_utf8(),
        _ => last.len_utf8(),
    })
}

/// `w-`, `th-`: a word that a speaker did not finish.
fn is_broken_off(word: &str) -> bool {
    matches!(word.len(), 1 | 2) && word.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// Bytes of the enders behind a word. A single dot belongs to an abbreviation.
fn enders(chunk: &str, is_last: bool) -> Option<usize> {
    let word = chunk.trim_end_matches(is_stop);
    let marks = &chunk[word.len()..];
    let abbreviated = keeps_dot(word, is_last);
    match marks {
        _ if word.is_empty() => Some(marks.len()),
        "." if abbreviated => None,
        ".." if abbreviated && word.contains('.') => Some(1),
        _ if marks.starts_with('.') && marks.len() > 1 && abbreviated && !marks.starts_with("..") => {
            Some(marks.len() - 1)
        }
        _ => Some(marks.len()),
    }
}

/// Whether a dot behind a word is part of it.
fn keeps_dot(word: &str, is_last: bool) -> bool {
    let word = word.trim_start_matches(|c: char| !c.is_alphanumeric());
    let mut letters = word.chars();
    if let (Some(letter), None) = (letters.next(), letters.next()) {
        return letter.is_alphabetic() && !(is_last && (letter == 'I' || letter.is_lowercase()));
    }
    match abbreviations::kind(word, true) {
        Some(Kind::Reference | Kind::Unknown) => !is_last,
        Some(_) => true,
        None => false,
    }
}
