use std::ops::Range;

use crate::chunks::is_blank;

/// A part of a text: half-open bytes on character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    pub fn new(start: usize, end: usize) -> Self {
        Span { start, end }
    }

    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }

    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }

    /// Without what Java's `trim` takes off either end: characters up to U+0020.
    pub fn trimmed(self, text: &str) -> Span {
        let bytes = &text.as_bytes()[self.range()];
        let Some(first) = bytes.iter().position(|&byte| byte > b' ') else { return Span::new(self.start, self.start) };
        let last = bytes.iter().rposition(|&byte| byte > b' ').unwrap_or(first);
        Span::new(self.start + first, self.start + last + 1)
    }

    /// Without white space of any script, control characters and zero-width spaces at either end.
    pub fn without_blanks(self, text: &str) -> Span {
        let inside = &text[self.range()];
        let start = self.start + inside.len() - inside.trim_start_matches(is_blank).len();
        Span::new(start, start + inside.trim_matches(is_blank).len())
    }
}

/// Java's `\s`, as Spark NLP's rules use it: ASCII only.
pub fn is_java_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r')
}
