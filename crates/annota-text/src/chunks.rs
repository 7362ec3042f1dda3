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
}

impl Iterator for Chunks<'_> {
    type Item = Chunk;

    fn next(&mut self) -> Option<Chunk> {
        let gap = self.pass_gap();
        let start = self.at;
        while self.at < self.text.len() && space_at(self.text, self.at).is_none() {
            self.at += width(self.text.as_bytes()[self.at]);
        }
        (self.at > start).then(|| Chunk { span: Span::new(start, self.at), gap })
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
            character.is_whitespace().then(|| (character.len_utf8(), gap))
        }
    }
}

/// Bytes of the character that begins with this byte.
fn width(lead: u8) -> usize {
    match lead {
        0..=0x7f => 1,
        0x80..=0xdf => 2,
        0xe0..=0xef => 3,
        _ => 4,
    }
}
