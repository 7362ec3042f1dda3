//! Patterns of one's own, in the dialect of Java's regular expressions.

mod class;
mod java;

use std::ops::Range;

use fancy_regex::{Regex, RegexBuilder};

use crate::SettingError;

/// How often a match may turn back before it is given up.
const STEPS: usize = 20_000_000;

/// A compiled pattern. Those without look-around, back references, atomic groups and possessive repeats are
/// matched in linear time; the others have a limit of steps, so that none can hang a job.
#[derive(Debug, Clone)]
pub struct Pattern {
    java: String,
    regex: Regex,
}

/// A pattern that took too many steps on a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepLimit {
    pub pattern: String,
    /// How the text begins.
    pub text: String,
}

impl std::fmt::Display for StepLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let StepLimit { pattern, text } = self;
        write!(f, "pattern `{pattern}` took more than {STEPS} steps on the text `{text}`: expected a simpler pattern")
    }
}

impl std::error::Error for StepLimit {}

impl Pattern {
    /// Reads the pattern of a setting.
    ///
    /// # Errors
    /// A pattern that Java would refuse, or that has no counterpart here; the place is named.
    pub fn java(setting: &'static str, java: &str) -> Result<Self, SettingError> {
        Pattern::within(setting, java, "", "")
    }

    /// Reads the pattern of a setting that stands between two others.
    pub fn within(setting: &'static str, java: &str, before: &str, after: &str) -> Result<Self, SettingError> {
        let wrong = |place: usize, reason: &str| {
            let place = (place + 1).saturating_sub(before.chars().count()).clamp(1, java.chars().count().max(1));
            SettingError::new(setting, java, format!("a regular expression ({reason} at character {place})"))
        };
        let translated = java::translate(&format!("{before}{java}{after}"));
        let translated = translated.map_err(|fault| wrong(fault.place, &fault.reason))?;
        let regex = RegexBuilder::new(&translated.text).backtrack_limit(STEPS).build();
        let regex = regex.map_err(|error| match error {
            fancy_regex::Error::ParseError(byte, error) => wrong(translated.place_of(byte), &reason(&error)),
            other => wrong(0, &reason(&other)),
        })?;
        Ok(Pattern { java: java.to_owned(), regex })
    }

    /// Whether it has groups that capture.
    pub fn has_groups(&self) -> bool {
        self.regex.captures_len() > 1
    }

    /// Calls back with the place of every match, from left to right.
    pub fn each_match(&self, text: &str, mut found: impl FnMut(Range<usize>)) -> Result<(), StepLimit> {
        for place in self.regex.find_iter(text) {
            found(place.map_err(|_| self.limit(text))?.range());
        }
        Ok(())
    }

    /// The places of the groups of the first match, the whole match first.
    pub fn groups(&self, text: &str) -> Result<Option<Vec<Option<Range<usize>>>>, StepLimit> {
        let captures = self.regex.captures(text).map_err(|_| self.limit(text))?;
        let places = captures.map(|captures| captures.iter().map(|group| group.map(|group| group.range())).collect());
        Ok(places)
    }

    /// The parts between matches as Java's `split` has them: no empty part where a match of no length stands at the
    /// start, no empty parts at the end.
    pub fn split(&self, text: &str) -> Result<Vec<Range<usize>>, StepLimit> {
        let mut parts = Vec::new();
        let mut start = 0;
        self.each_match(text, |found| {
            if found.end > 0 {
                parts.push(start..found.start);
                start = found.end;
            }
        })?;
        parts.push(start..text.len());
        if parts.len() > 1 {
            let kept = parts.iter().rposition(|part| !part.is_empty()).map_or(0, |last| last + 1);
            parts.truncate(kept);
        }
        Ok(parts)
    }

    fn limit(&self, text: &str) -> StepLimit {
        StepLimit { pattern: self.java.clone(), text: text.chars().take(40).collect() }
    }
}

/// A library's message as a part of one line.
fn reason(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    let last = text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut characters = last.trim().trim_start_matches("error: ").chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}
