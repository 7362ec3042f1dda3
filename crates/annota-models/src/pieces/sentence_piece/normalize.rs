//! SentencePiece's normalisation: the precompiled rules, and the marks that stand for blanks.

use super::charsmap::Charsmap;
use super::file::SentencePieceFile;
use super::mapped::{Mapped, MappedText};
use super::trie::Trie;

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
