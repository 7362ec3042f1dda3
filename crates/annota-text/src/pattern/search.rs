//! Searching a text under limits.

use std::ops::Range;
use std::time::{Duration, Instant};

use fancy_regex::{Error, Regex};

use super::{Pattern, StepLimit};

/// How long the matches in one text may take: steps of repeats that never give back what they took are not counted.
pub const LONGEST: Duration = Duration::from_secs(30);

/// A search through a text.
pub struct Search<'a> {
    pattern: &'a Pattern,
    text: &'a str,
    /// Where to go on.
    at: Option<usize>,
    began: Instant,
}

impl<'a> Search<'a> {
    pub fn new(pattern: &'a Pattern, text: &'a str) -> Self {
        Search { pattern, text, at: Some(0), began: Instant::now() }
    }

    /// What `find` finds from the place on. A pattern that turns back is tried at one place after the other, so that
    /// the clock is seen.
    pub fn next<T>(
        &mut self,
        find: impl Fn(&Regex, usize) -> Result<Option<T>, Error>,
    ) -> Result<Option<T>, StepLimit> {
        let Some(here) = &self.pattern.here else {
            let Some(at) = self.at else { return Ok(None) };
            return find(&self.pattern.regex, at).map_err(|_| self.pattern.limit(self.text));
        };
        while let Some(at) = self.at {
            if self.began.elapsed() > LONGEST {
                return Err(self.pattern.limit(self.text));
            }
            if let Some(found) = find(here, at).map_err(|_| self.pattern.limit(self.text))? {
                return Ok(Some(found));
            }
            self.at = behind(self.text, at);
        }
        Ok(None)
    }

    /// Goes on behind a match; a character further behind one of no length.
    pub fn go_on_behind(&mut self, found: &Range<usize>) {
        self.at = if found.is_empty() { behind(self.text, found.end) } else { Some(found.end) };
    }
}

/// The place behind the character at a place.
fn behind(text: &str, at: usize) -> Option<usize> {
    text[at..].chars().next().map(|character| at + character.len_utf8())
}
