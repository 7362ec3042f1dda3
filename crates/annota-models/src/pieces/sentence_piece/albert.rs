//! What ALBERT does to a text before SentencePiece sees it: `AlbertTokenizer` of Hugging Face's transformers, the
//! slow one, which is how the checkpoints were trained.

use unicode_normalization::char::{canonical_combining_class, decompose_compatible};

use super::super::words::is_blank;
use super::mapped::{Mapped, characters};

/// The settings of `tokenizer_config.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cleaning {
    /// `do_lower_case`
    pub lower_case: bool,
    /// `remove_space`: no white space at the ends, one blank for every run of it.
    pub remove_blanks: bool,
    /// `keep_accents`
    pub keep_accents: bool,
}

impl Default for Cleaning {
    fn default() -> Self {
        Cleaning { lower_case: true, remove_blanks: true, keep_accents: false }
    }
}

impl Cleaning {
    pub fn clean(self, text: &str) -> Vec<Mapped> {
        let mut cleaned = Vec::with_capacity(text.len());
        if self.lower_case {
            // First every character by itself, which is what happens to texts without special pieces.
            cleaned.extend(characters(text).flat_map(lowered));
        } else {
            cleaned.extend(characters(text));
        }
        if self.remove_blanks {
            cleaned = without_extra_blanks(cleaned);
        }
        straighten_quotes(&mut cleaned, '`');
        straighten_quotes(&mut cleaned, '\'');
        if !self.keep_accents {
            cleaned = without_accents(cleaned);
        }
        if self.lower_case {
            cleaned = all_lowered(cleaned);
        }
        cleaned
    }

    /// The text in small letters, where capitals do not count, and otherwise as it is.
    pub fn lower(self, text: &str) -> Vec<Mapped> {
        let as_is = characters(text).collect();
        if self.lower_case { all_lowered(as_is) } else { as_is }
    }
}

fn lowered(mapped: Mapped) -> impl Iterator<Item = Mapped> {
    mapped.character.to_lowercase().map(move |character| Mapped { character, ..mapped })
}

/// A blank that stays stands for no byte, so that it belongs to no token.
fn without_extra_blanks(characters: Vec<Mapped>) -> Vec<Mapped> {
    let mut kept: Vec<Mapped> = Vec::with_capacity(characters.len());
    let mut is_behind_blank = false;
    for mapped in characters {
        if is_blank(mapped.character) {
            is_behind_blank = true;
            continue;
        }
        if is_behind_blank && !kept.is_empty() {
            kept.push(Mapped { character: ' ', start: mapped.start, end: mapped.start });
        }
        is_behind_blank = false;
        kept.push(mapped);
    }
    kept
}

/// Two quotation marks of a kind become a straight double one.
fn straighten_quotes(characters: &mut Vec<Mapped>, mark: char) {
    if !characters.windows(2).any(|pair| pair.iter().all(|mapped| mapped.character == mark)) {
        return;
    }
    let mut straight: Vec<Mapped> = Vec::with_capacity(characters.len());
    let mut rest = characters.iter().copied().peekable();
    while let Some(mapped) = rest.next() {
        let second = if mapped.character == mark { rest.next_if(|next| next.character == mark) } else { None };
        straight.push(second.map_or(mapped, |second| Mapped { character: '"', start: mapped.start, end: second.end }));
    }
    *characters = straight;
}

/// NFKD without combining characters. Their order does not matter, since none is left.
fn without_accents(characters: Vec<Mapped>) -> Vec<Mapped> {
    let mut kept: Vec<Mapped> = Vec::with_capacity(characters.len());
    for mapped in characters {
        if mapped.character.is_ascii() {
            kept.push(mapped);
            continue;
        }
        let before = kept.len();
        decompose_compatible(mapped.character, |character| {
            if canonical_combining_class(character) == 0 {
                kept.push(Mapped { character, ..mapped });
            }
        });
        // An accent belongs to the letter before it.
        if kept.len() == before
            && let Some(letter) = kept.last_mut()
            && letter.end == mapped.start
        {
            letter.end = mapped.end;
        }
    }
    kept
}

/// The text as a whole in small letters: a sigma at a word's end is a final one.
fn all_lowered(characters: Vec<Mapped>) -> Vec<Mapped> {
    if !characters.iter().any(|mapped| mapped.character.to_lowercase().ne([mapped.character])) {
        return characters;
    }
    let text: String = characters.iter().map(|mapped| mapped.character).collect();
    let text = text.to_lowercase();
    let mut small = text.chars();
    let mut lowered = Vec::with_capacity(characters.len());
    for mapped in characters {
        let count = mapped.character.to_lowercase().count();
        lowered.extend(small.by_ref().take(count).map(|character| Mapped { character, ..mapped }));
    }
    lowered
}
