//! Items of lists: `1.`, `2)`, `3.)`, `a.`, `•`.

use crate::lexicon::signs::is_bullet;

/// The mark with which an item begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marker {
    style: &'static str,
    letters: bool,
    number: u32,
}

const STYLES: [&str; 3] = [".)", ")", "."];

impl Marker {
    /// Whether a chunk is one.
    pub fn of(chunk: &str) -> Option<Self> {
        let chunk = without_bullets(chunk);
        let style = STYLES.into_iter().find(|style| chunk.ends_with(style))?;
        let name = chunk.strip_suffix(style)?;
        let marker = |letters, number| Some(Marker { style, letters, number });
        match name.as_bytes() {
            [letter] if letter.is_ascii_lowercase() => marker(true, u32::from(letter - b'a') + 1),
            [letter] if letter.is_ascii_uppercase() && style != "." => marker(true, u32::from(letter - b'A') + 1),
            [b'0'..=b'9'] | [b'0'..=b'9', b'0'..=b'9'] => marker(false, name.parse().ok()?),
            _ => None,
        }
    }

    /// Whether this is the item after another of the same list.
    pub fn follows(self, other: Marker) -> bool {
        Marker { number: other.number + 1, ..other } == self
    }

    /// Whether a list begins with it.
    pub fn is_first(self) -> bool {
        self.number <= 1
    }
}

/// Whether a chunk begins with a bullet.
pub fn has_bullet(chunk: &str) -> bool {
    chunk.starts_with(is_bullet)
}

/// A chunk without the bullets that it begins with.
fn without_bullets(text: &str) -> &str {
    text.trim_start_matches(|c: char| is_bullet(c) || matches!(c, '-' | '*' | '#'))
}

/// Words that are numbered, and whose number belongs to the sentence behind it (`Table 2. Results …`).
const LABELS: &str = "Figure Fig Figures Table Tables Listing Box Chart Chapter Section Part Step Example Exhibit Plate \
    Scheme Map Appendix Article Art Sec Theorem Lemma Definition Proposition Corollary Algorithm Rule Question Problem Exercise";

pub fn is_label_of_numbers(word: &str) -> bool {
    LABELS.split_whitespace().any(|label| label.eq_ignore_ascii_case(word))
}
