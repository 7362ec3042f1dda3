//! A chunk between white space becomes tokens.

use unicode_segmentation::UnicodeSegmentation;

use super::{inner, peel};
use crate::Span;
use crate::lexicon::addresses;
use crate::lexicon::emoticons::is_emoticon;
use crate::lexicon::signs::is_unspaced;

/// Collects the tokens of a sentence.
pub struct Cutter<'a> {
    text: &'a str,
    tokens: Vec<Span>,
    exceptions: Vec<Span>,
    /// Whether a single quotation mark is open, so that one behind an `s` closes it.
    pub is_quoting: bool,
}

/// What peeling leaves of a chunk, and what a sentence's end means for it.
#[derive(Debug, Clone, Copy)]
pub struct Rest {
    pub span: Span,
    pub is_last: bool,
}

impl<'a> Cutter<'a> {
    pub fn new(text: &'a str) -> Self {
        Cutter { text, tokens: Vec::with_capacity(text.len() / 5), exceptions: Vec::new(), is_quoting: false }
    }

    pub fn text(&self) -> &'a str {
        self.text
    }

    pub fn finish(self) -> (Vec<Span>, Vec<Span>) {
        (self.tokens, self.exceptions)
    }

    pub fn push(&mut self, token: Span) {
        self.tokens.push(token);
    }

    pub fn push_exception(&mut self, token: Span) {
        self.tokens.push(token);
        self.exceptions.push(token);
    }

    /// Cuts a chunk. `is_last` says that the sentence ends with it.
    pub fn cut(&mut self, span: Span, is_last: bool) {
        let chunk = &self.text[span.range()];
        // A word and a comma, as most chunks with a mark are.
        if let [word @ .., b',' | b';' | b':'] = chunk.as_bytes()
            && word.iter().all(u8::is_ascii_alphabetic)
        {
            let end = span.end - 1;
            if end > span.start {
                self.push(Span::new(span.start, end));
            }
            return self.push(Span::new(end, span.end));
        }
        if is_whole(chunk) {
            return self.push(span);
        }
        if !chunk.is_ascii() && chunk.contains(is_unspaced) {
            return self.segment(span);
        }
        match addresses::find(chunk) {
            None => self.peel(Rest { span, is_last }),
            Some(address) => {
                let part = |start, end| Span::new(span.start + start, span.start + end);
                self.peel(Rest { span: part(0, address.start), is_last: false });
                self.push(part(address.start, address.end));
                self.peel(Rest { span: part(address.end, chunk.len()), is_last });
            }
        }
    }

    /// Takes marks off the ends and cuts what is left.
    fn peel(&mut self, rest: Rest) {
        if rest.span.is_empty() {
            return;
        }
        let rest = peel::front(self, rest);
        let (rest, behind) = peel::back(self, rest);
        if !rest.is_empty() {
            inner::cut(self, rest);
        }
        self.tokens.extend(behind.into_iter().rev());
    }

    /// Cuts by Unicode's rules for words (UAX 29).
    pub fn segment(&mut self, span: Span) {
        let words = self.text[span.range()].split_word_bound_indices();
        let words = words.map(|(start, word)| Span::new(span.start + start, span.start + start + word.len()));
        self.tokens.extend(words);
    }
}

/// Faces, and words with marks in them that no rule would leave whole.
fn is_whole(chunk: &str) -> bool {
    let is_word = matches!(
        chunk,
        "C++"
            | "c++"
            | "C#"
            | "c#"
            | "F#"
            | "f#"
            | ".NET"
            | ".Net"
            | "A&E"
            | "AT&T"
            | "w/o"
            | "w/"
            | "b/c"
            | "n/a"
            | "N/A"
    );
    is_word || is_emoticon(chunk)
}
