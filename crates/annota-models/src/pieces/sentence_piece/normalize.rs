//! SentencePiece's normalisation: the precompiled rules, and the marks that stand for blanks.

use super::super::trie::Trie;
use super::charsmap::Charsmap;
use super::file::SentencePieceFile;
use super::mapped::{Mapped, MappedText};

/// Stands for a blank.
pub const MARK: &str = "▁";

/// The rules of one file, with the names of SentencePiece's `NormalizerSpec`.
pub struct Normalizer {
    charsmap: Charsmap,
    add_dummy_prefix: bool,
    remove_extra_blanks: bool,
    mark_behind: bool,
    blank: &'static str,
}

impl Normalizer {
    pub fn new(file: &SentencePieceFile) -> Result<Self, String> {
        Ok(Normalizer {
            charsmap: Charsmap::parse(&file.charsmap)?,
            add_dummy_prefix: file.add_dummy_prefix,
            remove_extra_blanks: file.remove_extra_blanks,
            mark_behind: file.mark_behind,
            blank: if file.escape_blanks { MARK } else { " " },
        })
    }

    /// Pieces of the user's own (`user_defined`) stay as they are.
    pub fn normalize(&self, characters: impl IntoIterator<Item = Mapped>, user_defined: &Trie) -> MappedText {
        let input: MappedText = characters.into_iter().collect();
        let mut out = MappedText::with_capacity(input.text().len() + input.text().len() / 4 + MARK.len());
        let mut rest = Prefixes { normalizer: self, user_defined, input: &input, at: 0 };
        let mut first = rest.next();
        if self.remove_extra_blanks {
            while first.as_ref().is_some_and(|prefix| prefix.text == " ") {
                first = rest.next();
            }
        }
        let Some(first) = first else { return out };
        if self.add_dummy_prefix && !self.mark_behind {
            out.push(self.blank, first.start, first.start);
        }
        let mut is_behind_blank = self.remove_extra_blanks;
        for prefix in std::iter::once(first).chain(rest) {
            let text = if is_behind_blank { prefix.text.trim_start_matches(' ') } else { prefix.text };
            for (index, part) in text.split(' ').enumerate() {
                if index > 0 {
                    out.push(self.blank, prefix.start, prefix.end);
                }
                out.push(part, prefix.start, prefix.end);
            }
            if !text.is_empty() {
                is_behind_blank = self.remove_extra_blanks && text.ends_with(' ');
            }
        }
        if self.remove_extra_blanks {
            out.truncate(out.text().trim_end_matches(self.blank).len());
        }
        if self.add_dummy_prefix && self.mark_behind {
            let end = input.source(0..input.text().len()).end;
            out.push(self.blank, end, end);
        }
        out
    }
}

/// How a word is normalised in whatever text, between blanks.
impl Normalizer {
    /// Whether every word of a text has one mark, before it, and nothing else has.
    pub fn marks_words(&self) -> bool {
        self.add_dummy_prefix
            && self.remove_extra_blanks
            && !self.mark_behind
            && self.blank == MARK
            && self.charsmap.longest(" ").is_none()
            && !self.charsmap.goes_on(" ", 0..=u8::MAX)
    }

    /// Whether a character of ASCII stays as it is among others of ASCII.
    pub fn is_plain(&self, character: char) -> bool {
        let mut bytes = [0; 4];
        let text = &*character.encode_utf8(&mut bytes);
        character.is_ascii() && self.charsmap.longest(text).is_none() && !self.charsmap.goes_on(text, 0..=0x7f)
    }

    /// Whether a rule may begin in a word and go on with the blank behind it.
    pub fn goes_over(&self, word: &str) -> bool {
        self.charsmap.goes_on(word, std::iter::once(b' '))
    }

    /// A word as it is in every text; `None` where that depends on its neighbours, or where nothing is left.
    pub fn normalize_word(&self, input: &MappedText, user_defined: &Trie) -> Option<MappedText> {
        let mut out = MappedText::with_capacity(input.text().len() + input.text().len() / 4 + MARK.len());
        out.push(MARK, 0, 0);
        for prefix in (Prefixes { normalizer: self, user_defined, input, at: 0 }) {
            if prefix.text.contains([' ', '▁']) {
                return None;
            }
            out.push(prefix.text, prefix.start, prefix.end);
        }
        Some(out).filter(|out| out.text() != MARK)
    }
}

/// A part of the input as it is normalised, and the bytes of the original that it stands for.
struct Prefix<'a> {
    text: &'a str,
    start: usize,
    end: usize,
}

struct Prefixes<'a> {
    normalizer: &'a Normalizer,
    user_defined: &'a Trie,
    input: &'a MappedText,
    at: usize,
}

impl<'a> Iterator for Prefixes<'a> {
    type Item = Prefix<'a>;

    fn next(&mut self) -> Option<Prefix<'a>> {
        let rest = self.input.text().get(self.at..)?;
        let character = rest.chars().next()?;
        let mut own = 0;
        self.user_defined.prefixes(rest.as_bytes(), |length, _| own = length);
        let (text, length) = if own > 0 {
            (&rest[..own], own)
        } else {
            let plain = || (&rest[..character.len_utf8()], character.len_utf8());
            self.normalizer.charsmap.longest(rest).unwrap_or_else(plain)
        };
        let source = self.input.source(self.at..self.at + length);
        self.at += length;
        Some(Prefix { text, start: source.start, end: source.end })
    }
}
