//! What stands on either side of the white space between two chunks.

use super::words::{Case, Ender, Parts, case, head};
use crate::lexicon::starters::is_starter;

/// A place where a sentence may end.
pub struct Boundary<'a> {
    /// What there is of the sentence so far.
    pub sentence: &'a str,
    /// How many of its chunks have a letter or a digit, or are faces.
    pub words: usize,
    /// Whether a straight quotation mark is open.
    pub is_quoting: bool,
    /// The chunk before it; its ender may have stood apart.
    pub before: Parts<'a>,
    /// The chunk before that one.
    pub earlier: &'a str,
    /// The text from the next chunk on.
    pub rest: &'a str,
    /// The next chunk.
    pub next: &'a str,
    pub next_parts: Parts<'a>,
    /// Whether the lists of abbreviations count.
    pub lists: bool,
    /// The user's own.
    pub abbreviations: &'a [String],
}

impl<'a> Boundary<'a> {
    pub fn next_case(&self) -> Case {
        case(self.next_parts.word)
    }

    /// The letters of the next word.
    pub fn next_head(&self) -> &'a str {
        head(self.next_parts.word)
    }

    /// Whether a web address follows.
    pub fn is_before_address(&self) -> bool {
        ["http://", "https://", "www."].iter().any(|start| self.next_parts.word.starts_with(start))
    }

    /// Whether the next word begins a sentence rather than goes on. `I.` is an initial.
    pub fn is_before_starter(&self) -> bool {
        let head = self.next_head();
        is_starter(head) && (head.len() > 1 || self.next_parts.ender != Ender::Dot)
    }
}
