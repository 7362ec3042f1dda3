//! The text as chunks with white space between them.

use crate::Span;

/// How much lies between a chunk and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// Blanks within a line.
    Blank,
    /// One line ends.
    Line,
    /// A line is left blank.
    Paragraph,
}

/// A maximal run of characters that are no white space.
#[derive(Debug, Clone, Copy)]
pub struct Chunk {
    pub span: Span,
    pub gap: Gap,
    pub made_of: MadeOf,
}

/// Which bytes a chunk has; most have letters only, and rules can pass them by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MadeOf {
    digits: bool,
    others: bool,
}

impl MadeOf {
    /// Nothing but letters of ASCII.
    pub fn letters(self) -> bool {
        !self.digits && !self.others
    }

    /// Nothing but letters and digits of ASCII.
    pub fn letters_and_digits(self) -> bool {
        !self.others
    }
}

/// The chunks of a text, in order.
pub struct Chunks<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Chunks<'a> {
    pub fn new(text: &'a str) -> Self {
        Chunks { text, at: 0 }
    }

    /// Passes over white space and says what it holds.
    fn pass_gap(&mut self) -> Gap {
        // Between most chunks there is one blank.
        if let [b' ', next, ..] = self.text.as_bytes()[self.at..]
            && next.is_ascii_alphanumeric()
        {
            self.at += 1;
            return Gap::Blank;
        }
        let mut gap = Gap::Blank;
        while let Some((length, found)) = space_at(self.text, self.at) {
            gap = match (gap, found) {
                (Gap::Line, Gap::Line) => Gap::Paragraph,
                (gap, found) => gap.max(found),
            };
            self.at += length;
        }
        gap
    }

    /// Passes over what is no white space and says what it is made of.
    fn pass_chunk(&mut self) -> MadeOf {
        let mut made_of = MadeOf::default();
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            if let Some(eight) = bytes[self.at..].first_chunk::<8>() {
                let eight = Eight::of(*eight);
                made_of.digits |= eight.digits;
                made_of.others |= eight.others;
                self.at += eight.length;
                if eight.length == 8 {
                    continue;
                }
            } else if byte > b' ' && byte.is_ascii() {
                made_of.digits |= byte.is_ascii_digit();
                made_of.others |= !byte.is_ascii_alphanumeric();
                self.at += 1;
                continue;
            }
            if space_at(self.text, self.at).is_some() {
                break;
            }
            made_of.others = true;
            self.at += self.text[self.at..].chars().next().map_or(1, char::len_utf8);
        }
        made_of
    }
}

/// How many of eight bytes are ASCII and no white space, from the first on, and what is among them.
struct Eight {
    length: usize,
    digits: bool,
    others: bool,
}

impl Eight {
    /// All bytes at once: the highest bit of each byte of a mask says yes.
    fn of(bytes: [u8; 8]) -> Self {
        const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
        let bytes = u64::from_le_bytes(bytes);
        let low = bytes & !HIGH;
        // The low seven bits reach `least`.
        let reaches = |low: u64, least: u8| low + u64::from_ne_bytes([0x80 - least; 8]);
        let stops = (bytes | !reaches(low, 0x21)) & HIGH;
        let small = low | u64::from_ne_bytes([0x20; 8]);
        let letters = reaches(small, b'a') & !reaches(small, b'z' + 1);
        let digits = reaches(low, b'0') & !reaches(low, b'9' + 1);
        let length = stops.trailing_zeros() as usize / 8;
        let within = if length == 8 { HIGH } else { HIGH & ((1 << (8 * length)) - 1) };
        Eight { length, digits: digits & within != 0, others: !(letters | digits) & within != 0 }
    }
}

impl Iterator for Chunks<'_> {
    type Item = Chunk;

    fn next(&mut self) -> Option<Chunk> {
        let gap = self.pass_gap();
        let start = self.at;
        let made_of = self.pass_chunk();
        (self.at > start).then(|| Chunk { span: Span::new(start, self.at), gap, made_of })
    }
}

/// White space of any script at a place: its bytes, and what it ends.
fn space_at(text: &str, at: usize) -> Option<(usize, Gap)> {
    let bytes = text.as_bytes();
    match *bytes.get(at)? {
        b'\r' if bytes.get(at + 1) == Some(&b'\n') => Some((2, Gap::Line)),
        b'\n' | b'\r' => Some((1, Gap::Line)),
        0..=b' ' => Some((1, Gap::Blank)),
        0x21..=0x7f => None,
        _ => {
            let character = text.get(at..).and_then(|rest| rest.chars().next())?;
            let gap = match character {
                '\u{85}' | '\u{2028}' => Gap::Line,
                '\u{2029}' => Gap::Paragraph,
                _ => Gap::Blank,
            };
            is_blank(character).then(|| (character.len_utf8(), gap))
        }
    }
}

/// White space of any script, control characters, and marks that take no room between words (zero-width space,
/// byte order mark).
pub fn is_blank(character: char) -> bool {
    character <= ' ' || character.is_whitespace() || matches!(character, '\u{200b}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Chunks, Gap, MadeOf, is_blank};

    #[test]
    fn gaps_know_line_ends() {
        let gaps: Vec<Gap> = Chunks::new("a b\nc\r\nd \n e\n \nf\u{2029}g").map(|chunk| chunk.gap).collect();
        assert_eq!(gaps, [Gap::Blank, Gap::Blank, Gap::Line, Gap::Line, Gap::Line, Gap::Paragraph, Gap::Paragraph]);
    }

    proptest! {
        #[test]
        fn chunks_are_what_stands_between_white_space(text in "([a-zA-Z0-9.,;\u{a0}\u{85}\u{2003}\u{3000}\u{200b}\u{feff}éâ你😀 \n\t\u{1}\u{7f}@\\[`{/:]){0,60}") {
            let found: Vec<&str> = Chunks::new(&text).map(|chunk| &text[chunk.span.range()]).collect();
            let expected = text.split(is_blank).filter(|part| !part.is_empty());
            prop_assert_eq!(found, expected.collect::<Vec<_>>());
            for chunk in Chunks::new(&text) {
                let part = &text[chunk.span.range()];
                let made_of = MadeOf {
                    digits: part.bytes().any(|byte| byte.is_ascii_digit()),
                    others: part.bytes().any(|byte| !byte.is_ascii_alphanumeric()),
                };
                prop_assert_eq!(chunk.made_of, made_of, "{}", part);
            }
        }
    }
}
