//! WordPiece word by word, as the `tokenizers` library has it for BERT, with a memory of words.

use super::Pieces;
use super::memo::{Key, Memo, Part};
use super::pool::Pool;
use super::trie::Trie;
use super::words::Words;

/// Longer words are unknown.
pub const MOST_CHARACTERS: usize = 100;
/// Stands before pieces that go on with a word.
pub const CONTINUES: &str = "##";

#[derive(Debug)]
pub struct WordPiece {
    first: Trie,
    further: Trie,
    unknown: u32,
    lower_case: bool,
    memos: Pool<Memo>,
}

impl WordPiece {
    /// Pieces must differ.
    pub fn new(pieces: &[(&str, u32)], unknown: u32, lower_case: bool) -> Self {
        let trie = |mut keys: Vec<(&str, u32)>| {
            keys.retain(|(key, _)| !key.is_empty());
            keys.sort_unstable();
            Trie::new(&keys.iter().map(|(key, id)| (key.as_bytes(), *id)).collect::<Vec<_>>())
        };
        let further = pieces.iter().filter_map(|(piece, id)| Some((piece.strip_prefix(CONTINUES)?, *id)));
        WordPiece {
            first: trie(pieces.to_vec()),
            further: trie(further.collect()),
            unknown,
            lower_case,
            memos: Pool::default(),
        }
    }

    /// The pieces of a text; those of words that are not of ASCII by `encode`. `None` where words cannot be cut one
    /// by one.
    pub fn encode(&self, text: &str, encode: impl Fn(&str) -> Option<Pieces>) -> Option<Pieces> {
        // BERT leaves out control characters, even if they are blanks.
        let is_control = |byte: u8| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
        if text.bytes().any(is_control) || text.contains('\u{85}') {
            return None;
        }
        let likely = text.len() / 4 + 1;
        let mut pieces = Pieces { ids: Vec::with_capacity(likely), spans: Vec::with_capacity(likely) };
        self.memos.with(|memo| {
            for word in Words::new(text) {
                let key = Key::of(text, word.start, word.len());
                if let Some(found) = key.as_ref().and_then(|key| memo.get(key)) {
                    for part in found.parts {
                        let (start, end) = (usize::from(part.start), usize::from(part.end));
                        pieces.push(part.id, word.start + start..word.start + end);
                    }
                    continue;
                }
                let parts = self.encode_word(&text[word.clone()], &encode)?;
                if let Some(key) = key {
                    let parts = parts.ids.iter().zip(&parts.spans);
                    let parts = parts.map(|(id, span)| Part { id: *id, start: span.start as u8, end: span.end as u8 });
                    memo.insert(key, f32::INFINITY, parts, std::iter::empty());
                }
                pieces.append(parts, word.start);
            }
            Some(pieces)
        })
    }

    fn encode_word(&self, word: &str, encode: impl Fn(&str) -> Option<Pieces>) -> Option<Pieces> {
        if !word.bytes().all(|byte| byte.is_ascii_graphic()) {
            // What an accent at the begin belongs to stands before the word.
            return encode(word).filter(|pieces| pieces.spans.first().is_some_and(|span| span.start == 0));
        }
        let small = if self.lower_case { word.to_ascii_lowercase() } else { word.to_owned() };
        let mut pieces = Pieces::default();
        let mut start = 0;
        for part in small.as_bytes().split_inclusive(u8::is_ascii_punctuation) {
            let (letters, mark) = match part.split_last() {
                Some((last, letters)) if last.is_ascii_punctuation() => (letters, &part[letters.len()..]),
                _ => (part, &[][..]),
            };
            self.push(letters, start, &mut pieces);
            self.push(mark, start + letters.len(), &mut pieces);
            start += part.len();
        }
        Some(pieces)
    }

    /// Appends the longest pieces of letters or of a mark at `start`, from left to right.
    fn push(&self, word: &[u8], start: usize, pieces: &mut Pieces) {
        let known = pieces.ids.len();
        let mut at = 0;
        while at < word.len() {
            let mut longest = None;
            let trie = if at == 0 { &self.first } else { &self.further };
            trie.prefixes(&word[at..], |length, id| longest = Some((length, id)));
            let Some((length, id)) = longest.filter(|_| word.len() <= MOST_CHARACTERS) else {
                pieces.ids.truncate(known);
                pieces.spans.truncate(known);
                return pieces.push(self.unknown, start..start + word.len());
            };
            pieces.push(id, start + at..start + at + length);
            at += length;
        }
    }
}
