use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::marked::{Marked, first};
use crate::sentence::SentenceSettings;
use crate::span::is_java_space;

/// Titles: the dot is hidden before white space and before `:` with digits.
const PREPOSITIVE: &[&str] = &["dr", "mr", "ms", "prof", "mt", "st"];

/// Before numbers: the dot is hidden before a digit or `(` behind white space.
const NUMBER: &[&str] = &["no", "p", "px"];

/// The rest: the dot is hidden where the sentence seems to go on. A dot within stands for any character.
const GENERAL: &[&str] = &[
    "adj", "bros", "btw", "co", "col", "corp", "cpl", "dec", "aug", "del", "dept", "dist", "dr", "e.g", "etc", "exp",
    "feb", "fy", "hr", "i.e", "id", "inc", "jan", "jr", "jul", "jun", "lt", "ltd", "mar", "may", "min", "mr", "mrs",
    "ms", "no", "nov", "oct", "ok", "p", "px", "plz", "prof", "rep", "sec", "sep", "sept", "sr", "st", "u.s", "ver",
    "vs",
];

/// Bytes that are looked at for a listed word.
const LONGEST: usize = 8;

static DOTTED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?-u)[a-zA-Z](?:\.[a-zA-Z])+").ok());
static HALF_DAY: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?-u)(?:[pP]|[aA])\.[mM]\.*").ok());

/// `U.S.A`, `Ph.D`, `a.m.`: no break within. A last dot before a capital stays outside.
fn protect_dotted(marked: &mut Marked) {
    let dotted = dotted(marked.bytes());
    marked.protect(&dotted);
    let half_days = HALF_DAY.iter().flat_map(|pattern| pattern.find_iter(marked.bytes()));
    let half_days: Vec<Range<usize>> = half_days.map(|found| found.range()).collect();
    marked.protect(&half_days);
}

fn dotted(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(range) = DOTTED.as_ref().and_then(|pattern| pattern.find_at(bytes, from)).map(|found| found.range())
    {
        if ends_in_word(&bytes[..range.start]) {
            // Not at a word's begin: go on behind the letter, as the word boundary may stand at the next one.
            from = range.start + 1;
            continue;
        }
        let trailing = |end: usize| first(&bytes[end..]) == Some(b'.') && !capital_follows(&bytes[end + 1..]);
        let mut end = range.end;
        while trailing(end) {
            end += 1;
        }
        found.push(range.start..end);
        from = end;
    }
    found
}

fn capital_follows(after: &[u8]) -> bool {
    matches!(after, [space, letter, ..] if is_java_space(*space) && letter.is_ascii_uppercase())
}

/// Whether a letter, digit or underscore of any script stands last; marks are none.
fn ends_in_word(bytes: &[u8]) -> bool {
    let start = bytes.iter().rposition(|byte| byte & 0xc0 != 0x80).unwrap_or(0);
    let character = std::str::from_utf8(&bytes[start..]).ok().and_then(|text| text.chars().next_back());
    character.is_some_and(|character| character.is_alphanumeric() || character == '_')
}

/// Dots of abbreviations that end no sentence.
pub fn hide_dots(marked: &mut Marked, settings: &SentenceSettings) {
    protect_dotted(marked);
    marked.hide_dots(|before, after| {
        is_possessive(after)
            || (before.ends_with(b"Co") && matches!(after, [space, b'K', b'G', ..] if is_java_space(*space)))
            || (first(after).is_some_and(is_java_space) && is_initial(before))
    });
    if settings.use_abbreviations {
        marked.hide_dots(|before, after| {
            let (word, at_start) = last_word(before, LONGEST);
            (listed(PREPOSITIVE, word) && (first(after).is_some_and(is_java_space) || colon_digit(after)))
                || (listed(NUMBER, word) && number_follows(after))
                || (listed(GENERAL, word) && goes_on(after, at_start))
        });
    }
    if let Some(longest) = settings.abbreviations.iter().map(String::len).max() {
        marked.hide_dots(|before, _| {
            let (word, _) = last_word(before, longest + 1);
            settings.abbreviations.iter().any(|own| own.as_bytes().eq_ignore_ascii_case(word))
        });
    }
}

fn is_possessive(after: &[u8]) -> bool {
    after.strip_prefix(b"'s").is_some_and(|rest| first(rest).is_none_or(|byte| is_java_space(byte) || byte == b'$'))
}

fn is_initial(before: &[u8]) -> bool {
    match before {
        [letter] => letter.is_ascii_uppercase(),
        [.., space, letter] => is_java_space(*space) && letter.is_ascii_uppercase(),
        [] => false,
    }
}

/// What stands between the last white space and here, and whether the text starts with it. Longer words than any
/// in the lists are left out.
fn last_word(before: &[u8], longest: usize) -> (&[u8], bool) {
    let window = before.len().saturating_sub(longest);
    match before[window..].iter().rposition(|&byte| is_java_space(byte)) {
        Some(space) => (&before[window + space + 1..], false),
        None if window == 0 => (before, true),
        None => (&[], false),
    }
}

fn listed(list: &[&str], word: &[u8]) -> bool {
    let same = |entry: &u8, byte: &u8| *entry == b'.' || entry.eq_ignore_ascii_case(byte);
    let matches =
        |entry: &&str| entry.len() == word.len() && entry.bytes().zip(word).all(|(entry, byte)| same(&entry, byte));
    !word.is_empty() && list.iter().any(matches)
}

fn colon_digit(after: &[u8]) -> bool {
    matches!(after, [b':', digit, ..] if digit.is_ascii_digit())
}

fn number_follows(after: &[u8]) -> bool {
    match after {
        [space, digit, ..] if is_java_space(*space) && digit.is_ascii_digit() => true,
        [space, ..] if is_java_space(*space) => {
            after.iter().find(|byte| !is_java_space(**byte)).is_some_and(|&byte| byte == b'(')
        }
        _ => false,
    }
}

fn goes_on(after: &[u8], at_start: bool) -> bool {
    match after {
        [b'.' | b':' | b'?' | b',', ..] => true,
        [b'-', ..] => !at_start,
        [space, rest @ ..] if is_java_space(*space) => {
            first(rest).is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) || is_pronoun(rest)
        }
        _ => false,
    }
}

fn is_pronoun(rest: &[u8]) -> bool {
    rest.starts_with(b"I'm") || rest.starts_with(b"I'll") || matches!(rest, [b'I', space, ..] if is_java_space(*space))
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_listed_word_is_longer_than_what_is_looked_at() {
        let longest = [super::PREPOSITIVE, super::NUMBER, super::GENERAL].concat().iter().map(|word| word.len()).max();
        assert!(longest < Some(super::LONGEST));
    }
}
