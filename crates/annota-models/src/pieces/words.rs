//! Cutting a text at its white space.

use std::ops::Range;

/// Python's white space, which has the separators U+001C to U+001F.
pub fn is_blank(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\x1c'..='\x1f')
}

/// Where the words of a text stand, from left to right.
#[derive(Debug, Clone)]
pub struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Words<'a> {
    pub fn new(text: &'a str) -> Self {
        Words { text, at: 0 }
    }

    /// The end of the last word.
    pub fn place(&self) -> usize {
        self.at
    }
}

impl Iterator for Words<'_> {
    type Item = Range<usize>;

    #[inline]
    fn next(&mut self) -> Option<Range<usize>> {
        while let Some(blank) = blank_at(self.text, self.at) {
            self.at += blank;
        }
        let start = self.at;
        if start >= self.text.len() {
            return None;
        }
        self.at = word_end(self.text, start);
        Some(start..self.at)
    }
}

/// The first place from `at` on where a blank or nothing stands.
#[inline]
fn word_end(text: &str, mut at: usize) -> usize {
    while let Some(bytes) = text.as_bytes().get(at..).and_then(<[u8]>::first_chunk) {
        let mut rare = rare_bytes(u64::from_le_bytes(*bytes));
        let mut seen = 0;
        while rare != 0 {
            let place = rare.trailing_zeros() as usize / 8;
            if place >= seen {
                if blank_at(text, at + place).is_some() {
                    return at + place;
                }
                seen = place + text[at + place..].chars().next().map_or(1, char::len_utf8);
            }
            rare &= rare - 1;
        }
        at += seen.max(8);
    }
    let rest = text[at..].char_indices().find(|(_, character)| is_blank(*character));
    rest.map_or(text.len(), |(place, _)| at + place)
}

/// The high bit of each byte that is no graphic character of ASCII, counted from the lowest; of some others behind
/// the first, too.
#[inline]
fn rare_bytes(bytes: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    (bytes.wrapping_sub(EACH * 0x21) | bytes) & (EACH * 0x80)
}

/// The length of the blank that stands there, if one does.
#[inline]
fn blank_at(text: &str, at: usize) -> Option<usize> {
    match *text.as_bytes().get(at)? {
        b' ' | b'\t'..=b'\r' | 0x1c..=0x1f => Some(1),
        0xc2 | 0xe1..=0xe3 => {
            let character = text[at..].chars().next()?;
            is_blank(character).then_some(character.len_utf8())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Words, blank_at, is_blank};

    #[test]
    fn blanks_are_those_of_unicode() {
        for character in '\0'..=char::MAX {
            let expected = is_blank(character).then_some(character.len_utf8());
            assert_eq!(blank_at(&character.to_string(), 0), expected, "{character:?}");
        }
    }

    proptest! {
        #[test]
        fn words_are_what_stands_between_blanks(text in "([a!~é—\u{85}\u{a0}\u{2009}\u{200b}\u{3000} \t\n\u{1c}\u{1}\u{7f}😀]|[a-z]{3,20} ){0,30}") {
            let found: Vec<&str> = Words::new(&text).map(|word| &text[word]).collect();
            let expected: Vec<&str> = text.split(is_blank).filter(|word| !word.is_empty()).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
