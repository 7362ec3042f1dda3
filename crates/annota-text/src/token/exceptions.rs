//! What a tokenizer leaves whole.

use std::ops::Range;

use crate::{Pattern, SettingError, StepLimit};

/// The patterns of exceptions as one.
#[derive(Debug, Clone)]
pub struct Exceptions {
    pattern: Pattern,
}

impl Exceptions {
    pub fn new(exceptions: &[String], ignore_case: bool) -> Result<Option<Self>, SettingError> {
        if exceptions.is_empty() {
            return Ok(None);
        }
        // One by one first, so that a fault is found in its own pattern.
        exceptions.iter().try_for_each(|exception| Pattern::java("exceptions", exception).map(drop))?;
        let flag = if ignore_case { "(?i)" } else { "" };
        let all: Vec<String> = exceptions.iter().map(|exception| format!("{flag}{exception}")).collect();
        Ok(Some(Exceptions { pattern: Pattern::java("exceptions", &all.join("|"))? }))
    }

    /// Where exceptions match, in order and apart.
    pub fn places(&self, text: &str) -> Result<Vec<Range<usize>>, StepLimit> {
        let mut places = Vec::new();
        self.pattern.each_match(text, |place| {
            if !place.is_empty() {
                places.push(place);
            }
        })?;
        Ok(places)
    }
}
