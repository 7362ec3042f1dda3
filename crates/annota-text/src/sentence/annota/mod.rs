//! Annota's own rules. The text is read once, chunk by chunk; at the white space before each chunk the rules are
//! asked whether a sentence ends there. Nothing is written into the text, so no character of it can mislead them.

mod boundary;
mod glued;
mod markers;
mod rules;
mod words;

use crate::chunks::{Chunk, Chunks, Gap};
use boundary::Boundary;
use markers::{Marker, has_bullet};
use rules::RULES;
use words::{Ender, Parts, is_note};

use super::{Paragraphs, SentenceSettings};
use crate::lexicon::signs::is_closer;

/// Bytes at which a new sentence begins, in order.
pub fn breaks(document: &str, settings: &SentenceSettings) -> Vec<usize> {
    let mut scan = Scan::new(document, settings);
    for chunk in Chunks::new(document) {
        scan.read(chunk);
    }
    scan.breaks
}

struct Scan<'a> {
    document: &'a str,
    settings: &'a SentenceSettings,
    breaks: Vec<usize>,
    /// Where the sentence begins, and where the last chunk ends.
    start: usize,
    end: usize,
    before: Parts<'a>,
    earlier: &'a str,
    words: usize,
    is_quoting: bool,
    /// The last item of a list that began with a sentence.
    item: Option<Marker>,
}

impl<'a> Scan<'a> {
    fn new(document: &'a str, settings: &'a SentenceSettings) -> Self {
        Scan {
            document,
            settings,
            breaks: Vec::new(),
            start: 0,
            end: 0,
            before: Parts::default(),
            earlier: "",
            words: 0,
            is_quoting: false,
            item: None,
        }
    }

    fn read(&mut self, chunk: Chunk) {
        let text = &self.document[chunk.span.range()];
        if chunk.made_of.letters_and_digits() {
            return self.read_word(chunk, text);
        }
        let parts = Parts::of(text);
        let marker = if self.settings.detect_lists { Marker::of(text) } else { None };
        let is_first = self.end == 0;
        if !is_first && (self.ends_paragraph(chunk.gap) || self.is_item(text, marker) || self.ends(chunk, text, parts))
        {
            self.break_at(chunk.span.start);
        }
        if is_first || self.start == chunk.span.start {
            self.item = marker.filter(|marker| marker.is_first() || self.follows(*marker)).or(self.item);
        }
        let mut rest = 0;
        glued::breaks(text, self.settings.use_abbreviations, |at| {
            self.break_at(chunk.span.start + at);
            rest = at;
        });
        let parts = if rest == 0 { parts } else { Parts::of(&text[rest..]) };
        self.pass(&text[rest..], parts);
        self.end = chunk.span.end;
    }

    /// Reads a chunk that is a word and nothing else, as most are.
    fn read_word(&mut self, chunk: Chunk, text: &'a str) {
        let parts = Parts::word(text);
        let is_first = self.end == 0;
        if !is_first && (self.ends_paragraph(chunk.gap) || self.ends(chunk, text, parts)) {
            self.break_at(chunk.span.start);
        }
        self.words += 1;
        self.earlier = self.before.word;
        self.before = parts;
        self.end = chunk.span.end;
    }

    fn break_at(&mut self, place: usize) {
        self.breaks.push(place);
        self.start = place;
        self.words = 0;
    }

    fn ends_paragraph(&mut self, gap: Gap) -> bool {
        let ends = match self.settings.paragraphs {
            Paragraphs::BlankLine => gap == Gap::Paragraph,
            Paragraphs::Line => gap >= Gap::Line,
            Paragraphs::None => false,
        };
        if ends {
            self.item = self.item.filter(|_| gap == Gap::Line);
            self.is_quoting = false;
        }
        ends
    }

    /// Whether a chunk begins the next item of a list.
    fn is_item(&self, text: &str, marker: Option<Marker>) -> bool {
        self.settings.detect_lists && (has_bullet(text) || marker.is_some_and(|marker| self.follows(marker)))
    }

    fn follows(&self, marker: Marker) -> bool {
        self.item.is_some_and(|item| marker.follows(item))
    }

    fn ends(&self, chunk: Chunk, next: &str, next_parts: Parts<'_>) -> bool {
        if self.before.ender == Ender::None && !self.before.is_face {
            return false;
        }
        let boundary = Boundary {
            sentence: &self.document[self.start..self.end],
            words: self.words,
            is_quoting: self.is_quoting,
            before: self.before,
            earlier: self.earlier,
            rest: &self.document[chunk.span.start..],
            next,
            next_parts,
            lists: self.settings.use_abbreviations,
            abbreviations: &self.settings.abbreviations,
        };
        RULES.iter().find_map(|rule| rule(&boundary)).unwrap_or(true)
    }

    /// Remembers a chunk as the one before the next. Marks that stand apart leave the word before them in place.
    fn pass(&mut self, text: &'a str, parts: Parts<'a>) {
        self.words += usize::from(parts.is_face || text.contains(char::is_alphanumeric));
        self.is_quoting ^= text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1;
        if is_note(text) && self.before.ender != Ender::None {
            self.before.closed = true;
        } else if !parts.word.is_empty() {
            self.earlier = self.before.word;
            self.before = parts;
        } else if parts.ender != Ender::None {
            self.before = Parts { word: self.before.word, ..parts };
        } else if text.chars().all(is_closer) {
            self.before.closed = true;
        } else {
            self.before = Parts::default();
        }
    }
}
