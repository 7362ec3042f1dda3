use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::buffer::{Buffer, OffsetBuffer, ScalarBuffer};

use crate::AnnotatorError;

/// Strings of a column, end to end.
#[derive(Debug, Default)]
pub struct Strings {
    text: Vec<u8>,
    ends: Ends,
}

/// Bytes that are copied at once.
const BLOCK: usize = 16;

impl Strings {
    pub fn push(&mut self, text: &str) {
        self.push_part(text, 0..text.len());
    }

    /// Pushes a part of a text. Most parts are words: a block is copied, which is quick since its length is known,
    /// and what is behind the word is taken off again.
    pub fn push_part(&mut self, text: &str, part: Range<usize>) {
        let end = self.text.len() + part.len();
        let rest = &text.as_bytes()[part.start..];
        match rest.first_chunk::<BLOCK>() {
            Some(block) if part.len() <= BLOCK => {
                self.text.extend_from_slice(block);
                self.text.truncate(end);
            }
            _ => self.text.extend_from_slice(&rest[..part.len()]),
        }
        self.ends.push(end);
    }

    pub fn finish(self, column: &'static str) -> Result<ArrayRef, AnnotatorError> {
        let offsets = self.ends.finish(column)?;
        Ok(Arc::new(StringArray::try_new(offsets, Buffer::from(self.text), None)?))
    }
}

/// Strings of a column that come many times in a row, as annotation types and the numbers of sentences do.
#[derive(Debug, Default)]
pub struct Runs {
    /// The string of each run, end to end; where it begins, and how often it comes.
    text: String,
    runs: Vec<(usize, usize)>,
    length: usize,
}

impl Runs {
    pub fn push(&mut self, text: &str, times: usize) {
        self.length += times;
        match self.runs.last_mut() {
            Some((start, known)) if self.text[*start..] == *text => *known += times,
            _ => {
                self.runs.push((self.text.len(), times));
                self.text.push_str(text);
            }
        }
    }

    pub fn len(&self) -> usize {
        self.length
    }

    pub fn finish(self, column: &'static str) -> Result<ArrayRef, AnnotatorError> {
        let ends = self.runs.iter().skip(1).map(|(start, _)| *start).chain([self.text.len()]);
        let runs = self.runs.iter().zip(ends).map(|((start, times), end)| (&self.text[*start..end], *times));
        let size = runs.clone().map(|(text, times)| text.len() * times).sum();
        let mut strings = Strings { text: Vec::with_capacity(size), ends: Ends::with_capacity(self.length) };
        for (text, times) in runs {
            (0..times).for_each(|_| strings.push(text));
        }
        strings.finish(column)
    }
}

/// Where the parts of something end.
#[derive(Debug)]
pub struct Ends {
    /// The first is 0, where the first part begins.
    ends: Vec<i32>,
    last: usize,
}

impl Default for Ends {
    fn default() -> Self {
        Ends { ends: vec![0], last: 0 }
    }
}

impl Ends {
    fn with_capacity(parts: usize) -> Self {
        let mut ends = Vec::with_capacity(parts + 1);
        ends.push(0);
        Ends { ends, last: 0 }
    }

    pub fn push(&mut self, end: usize) {
        // What does not fit is found out in the end, by the last.
        self.ends.push(end as i32);
        self.last = end;
    }

    pub fn extend(&mut self, ends: impl Iterator<Item = usize>) {
        ends.for_each(|end| self.push(end));
    }

    pub fn finish(self, column: &'static str) -> Result<OffsetBuffer<i32>, AnnotatorError> {
        if i32::try_from(self.last).is_err() {
            return Err(AnnotatorError::TooLarge { column, size: self.last });
        }
        Ok(OffsetBuffer::new(ScalarBuffer::from(self.ends)))
    }
}
