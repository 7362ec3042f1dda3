//! Patterns of one's own, in the dialect of Java's regular expressions.

mod class;
mod java;
mod search;

use std::ops::Range;

use fancy_regex::{Regex, RegexBuilder};

use crate::SettingError;
use search::Search;

/// How often a match may turn back before it is given up.
const STEPS: usize = 20_000_000;

/// A compiled pattern. Those without look-around, back references, atomic groups and possessive repeats are
/// matched in linear time; the others have a limit of steps and one of time, so that none can hang a job.
#[derive(Debug, Clone)]
pub struct Pattern {
    java: String,
    regex: Regex,
    /// The pattern at the place of the search alone, for those that turn back.
    here: Option<Regex>,
}

/// A pattern that took too many steps, or too long, on a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepLimit {
    pub pattern: String,
    /// How the text begins.
    pub text: String,
}

impl std::fmt::Display for StepLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let StepLimit { pattern, text } = self;
        write!(
            f,
            "pattern `{pattern}` took more than {STEPS} steps or {} seconds on the text `{text}`: expected a simpler pattern",
            search::LONGEST.as_secs()
        )
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
        let build = |text: &str| RegexBuilder::new(text).backtrack_limit(STEPS).build();
        let regex = build(&translated.text).map_err(|error| match error {
            fancy_regex::Error::ParseError(byte, error) => wrong(translated.place_of(byte), &reason(&error)),
            other => wrong(0, &reason(&other)),
        })?;
        let here = if turns_back(&translated.text) { build(&format!(r"\G(?:{})", translated.text)).ok() } else { None };
        Ok(Pattern { java: java.to_owned(), regex, here })
    }

    /// Whether it has groups that capture.
    pub fn has_groups(&self) -> bool {
        self.regex.captures_len() > 1
    }

    /// Calls back with the place of every match, from left to right, as Java's `find` gives them: a match of no
    /// length may stand right behind another match.
    pub fn each_match(&self, text: &str, mut found: impl FnMut(Range<usize>)) -> Result<(), StepLimit> {
        let mut search = Search::new(self, text);
        while let Some(place) =
            search.next(|regex, at| Ok(regex.find_from_pos(text, at)?.map(|found| found.range())))?
        {
            search.go_on_behind(&place);
            found(place);
        }
        Ok(())
    }

    /// The places of the groups of the first match, the whole match first.
    pub fn groups(&self, text: &str) -> Result<Option<Vec<Option<Range<usize>>>>, StepLimit> {
        let found = Search::new(self, text).next(|regex, at| regex.captures_from_pos(text, at))?;
        Ok(found.map(|captures| captures.iter().map(|group| group.map(|group| group.range())).collect()))
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

/// Whether a pattern is none for an automaton. Some that are may count as such, which costs time alone; those that
/// go on from the match before are left to the library's own search.
fn turns_back(pattern: &str) -> bool {
    let is_possessive = ["*+", "++", "?+", "}+"].iter().any(|repeat| pattern.contains(repeat));
    !pattern.contains(r"\G") && (is_possessive || regex::Regex::new(pattern).is_err())
}

/// A library's message as a part of one line.
fn reason(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    let last = text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut characters = last.trim().trim_start_matches("error: ").chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}
