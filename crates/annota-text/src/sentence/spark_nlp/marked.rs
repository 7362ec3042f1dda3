use std::ops::Range;

use crate::sentence::bounds::Cut;

/// A text with marks in it. Marks are bytes that no UTF-8 text contains, so that no character of a text can be
/// taken for one; to the rules they are neither white space nor word characters.
pub struct Marked {
    bytes: Vec<u8>,
}

/// A sentence may end here.
const BREAK: u8 = 0xff;
/// Breaks up to the next [`CLOSE`] do not count.
const OPEN: u8 = 0xfe;
const CLOSE: u8 = 0xfd;
/// Stands in the place of a dot that ends nothing.
const HIDDEN: u8 = 0xfc;
/// Stands in the place of every byte that a custom bound takes out.
const REMOVED: u8 = 0xfb;

impl Marked {
    /// A text in which nothing but custom bounds cut, which are in order and apart.
    pub fn new(text: &str, custom: &[Cut]) -> Self {
        let mut bytes = Vec::with_capacity(text.len() + custom.len());
        let mut copied = 0;
        for cut in custom {
            bytes.extend_from_slice(&text.as_bytes()[copied..cut.end]);
            bytes.push(BREAK);
            bytes.resize(bytes.len() + cut.start - cut.end, REMOVED);
            copied = cut.start;
        }
        bytes.extend_from_slice(&text.as_bytes()[copied..]);
        Marked { bytes }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Hides the dots for which `rule` holds, given what stands before and after.
    pub fn hide_dots(&mut self, rule: impl Fn(&[u8], &[u8]) -> bool) {
        let mut from = 0;
        while let Some(found) = self.bytes[from..].iter().position(|&byte| byte == b'.') {
            let dot = from + found;
            let (before, after) = (&self.bytes[..dot], &self.bytes[dot + 1..]);
            if rule(before, after) {
                self.bytes[dot] = HIDDEN;
            }
            from = dot + 1;
        }
    }

    /// Hides all dots in these places.
    pub fn hide_within(&mut self, places: &[Range<usize>]) {
        for place in places {
            self.bytes[place.clone()].iter_mut().filter(|byte| **byte == b'.').for_each(|byte| *byte = HIDDEN);
        }
    }

    /// Lets no break count within these places, which are in order and apart.
    pub fn protect(&mut self, places: &[Range<usize>]) {
        self.surround(places, &[OPEN], &[CLOSE]);
    }

    /// Breaks before each of these places and protects it.
    pub fn break_before_and_protect(&mut self, places: &[Range<usize>]) {
        self.surround(places, &[BREAK, OPEN], &[CLOSE]);
    }

    pub fn break_after(&mut self, places: &[Range<usize>]) {
        self.surround(places, &[], &[BREAK]);
    }

    fn surround(&mut self, places: &[Range<usize>], before: &[u8], after: &[u8]) {
        if places.is_empty() {
            return;
        }
        let mut bytes = Vec::with_capacity(self.bytes.len() + places.len() * (before.len() + after.len()));
        let mut copied = 0;
        for place in places {
            bytes.extend_from_slice(&self.bytes[copied..place.start]);
            bytes.extend_from_slice(before);
            bytes.extend_from_slice(&self.bytes[place.clone()]);
            bytes.extend_from_slice(after);
            copied = place.end;
        }
        bytes.extend_from_slice(&self.bytes[copied..]);
        self.bytes = bytes;
    }

    /// Where breaks that count stand in the text. A break is void if the next mark of protection behind it closes.
    pub fn cuts(&self) -> Vec<Cut> {
        let inserted = self.bytes.iter().filter(|byte| matches!(**byte, BREAK | OPEN | CLOSE)).count();
        let mut place = self.bytes.len() - inserted;
        let mut start = place;
        let mut protected = false;
        let mut cuts = Vec::new();
        for &byte in self.bytes.iter().rev() {
            match byte {
                BREAK if protected => {}
                BREAK => cuts.push(Cut { end: place, start }),
                OPEN => protected = false,
                CLOSE => protected = true,
                REMOVED => place -= 1,
                _ => {
                    place -= 1;
                    start = place;
                }
            }
        }
        cuts.reverse();
        cuts
    }
}

/// The byte on which a lookahead or lookbehind falls.
pub fn first(bytes: &[u8]) -> Option<u8> {
    bytes.first().copied()
}

pub fn last(bytes: &[u8]) -> Option<u8> {
    bytes.last().copied()
}

/// `\w` of ASCII.
pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
