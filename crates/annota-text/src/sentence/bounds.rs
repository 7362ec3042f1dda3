//! Bounds of one's own: patterns at whose matches sentences end.

use std::ops::Range;
use std::str::FromStr;

use super::SentenceSettings;
use crate::{Pattern, SettingError, StepLimit, named};

/// What becomes of the match of a custom bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum BoundStrategy {
    /// It belongs to no sentence.
    #[default]
    None,
    /// It begins the next sentence.
    Prepend,
    /// It ends the sentence.
    Append,
}

impl FromStr for BoundStrategy {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        use BoundStrategy::{Append, None, Prepend};
        named("custom_bounds_strategy", &[("none", None), ("prepend", Prepend), ("append", Append)], text)
    }
}

/// A place between two sentences: where one ends and the next begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cut {
    pub end: usize,
    pub start: usize,
}

impl Cut {
    pub fn at(place: usize) -> Self {
        Cut { end: place, start: place }
    }
}

/// The compiled bounds of a detector.
#[derive(Debug, Clone, Default)]
pub struct Bounds {
    patterns: Vec<Pattern>,
    strategy: BoundStrategy,
}

impl Bounds {
    pub fn new(settings: &SentenceSettings) -> Result<Self, SettingError> {
        let patterns = settings.custom_bounds.iter().map(|bound| Pattern::java("custom_bounds", bound));
        Ok(Bounds { patterns: patterns.collect::<Result<_, _>>()?, strategy: settings.custom_bounds_strategy })
    }

    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Where the patterns cut, in order and apart. Of matches that overlap, the earlier pattern's counts.
    pub fn cuts(&self, text: &str) -> Result<Vec<Cut>, StepLimit> {
        let mut cuts: Vec<Cut> = Vec::new();
        for pattern in &self.patterns {
            let mut found = Vec::new();
            pattern.each_match(text, |found_at| found.push(self.cut(found_at)))?;
            merge(&mut cuts, found);
        }
        Ok(cuts)
    }

    fn cut(&self, found: Range<usize>) -> Cut {
        match self.strategy {
            BoundStrategy::None => Cut { end: found.start, start: found.end },
            BoundStrategy::Prepend => Cut::at(found.start),
            BoundStrategy::Append => Cut::at(found.end),
        }
    }
}

/// Adds further cuts, in order, where none of the known ones lies.
pub fn merge(cuts: &mut Vec<Cut>, more: Vec<Cut>) {
    if cuts.is_empty() {
        *cuts = more;
        return;
    }
    let known = std::mem::take(cuts);
    let mut known = known.into_iter().peekable();
    for cut in more {
        cuts.extend(std::iter::from_fn(|| known.next_if(|other| other.end <= cut.end)));
        let apart = cuts.last().is_none_or(|last| last.start <= cut.end && *last != cut);
        if apart && known.peek().is_none_or(|other| cut.start <= other.end) {
            cuts.push(cut);
        }
    }
    cuts.extend(known);
}
