//! A text that remembers where its characters come from.

use std::ops::Range;

use super::normalize::MARK;

/// A character, and the bytes of the original text that it stands for. What was put in stands for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mapped {
    pub character: char,
    pub start: usize,
    pub end: usize,
}

/// The characters of a text as they are.
pub fn characters(text: &str) -> impl Iterator<Item = Mapped> {
    text.char_indices().map(|(start, character)| Mapped { character, start, end: start + character.len_utf8() })
}

/// A text in pieces of its own, every byte with the bytes of the original that it stands for.
#[derive(Debug, Clone, Default)]
pub struct MappedText {
    text: String,
    /// None for a word behind [`MARK`] of which every byte stands for one.
    sources: Vec<(usize, usize)>,
}

impl MappedText {
    pub fn with_capacity(bytes: usize) -> Self {
        MappedText { text: String::with_capacity(bytes), sources: Vec::with_capacity(bytes) }
    }

    /// Becomes a word behind [`MARK`], every byte of which stands for the one of the original in its place.
    pub fn set_word(&mut self, word: impl Iterator<Item = char>) {
        self.sources.clear();
        self.text.clear();
        self.text.push_str(MARK);
        self.text.extend(word);
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn push(&mut self, text: &str, start: usize, end: usize) {
        self.text.push_str(text);
        self.sources.resize(self.text.len(), (start, end));
    }

    pub fn truncate(&mut self, length: usize) {
        self.text.truncate(length);
        self.sources.truncate(length);
    }

    /// The bytes of the original that a part stands for.
    pub fn source(&self, part: Range<usize>) -> Range<usize> {
        if self.sources.is_empty() {
            return part.start.saturating_sub(MARK.len())..part.end.saturating_sub(MARK.len());
        }
        match self.sources.get(part) {
            Some([first, .., last]) => first.0..last.1.max(first.0),
            Some([only]) => only.0..only.1,
            _ => 0..0,
        }
    }

    /// The characters of a part.
    pub fn characters(&self, part: Range<usize>) -> impl Iterator<Item = Mapped> {
        let offset = part.start;
        let text = self.text.get(part).unwrap_or_default();
        text.char_indices().filter_map(move |(at, character)| {
            let at = offset + at;
            let source = if self.sources.is_empty() {
                self.source(at..at + character.len_utf8())
            } else {
                self.sources.get(at).map(|(start, end)| *start..*end)?
            };
            Some(Mapped { character, start: source.start, end: source.end })
        })
    }
}

impl FromIterator<Mapped> for MappedText {
    fn from_iter<I: IntoIterator<Item = Mapped>>(characters: I) -> Self {
        let mut text = MappedText::default();
        let mut bytes = [0; 4];
        for Mapped { character, start, end } in characters {
            text.push(character.encode_utf8(&mut bytes), start, end);
        }
        text
    }
}
