//! Cuts tokens further.

use super::TokenizerSettings;
use crate::{Pattern, SettingError, Span, StepLimit};

/// The compiled `split_pattern` and `split_chars`.
#[derive(Debug, Clone, Default)]
pub struct Splits {
    pattern: Option<Pattern>,
    characters: Vec<char>,
}

impl Splits {
    pub fn new(settings: &TokenizerSettings) -> Result<Self, SettingError> {
        let pattern = settings.split_pattern.as_ref().map(|pattern| Pattern::java("split_pattern", pattern));
        let characters = settings.split_chars.iter().map(|text| character("split_chars", text));
        Ok(Splits { pattern: pattern.transpose()?, characters: characters.collect::<Result<_, _>>()? })
    }

    pub fn is_empty(&self) -> bool {
        self.pattern.is_none() && self.characters.is_empty()
    }

    /// Adds the parts of a token, or the token itself.
    pub fn cut(&self, text: &str, token: Span, parts: &mut Vec<Span>) -> Result<(), StepLimit> {
        let word = &text[token.range()];
        if let Some(pattern) = &self.pattern {
            let found = pattern.split(word)?;
            if found.len() > 1 {
                let found = found.into_iter().filter(|part| !part.is_empty());
                parts.extend(found.map(|part| Span::new(token.start + part.start, token.start + part.end)));
                return Ok(());
            }
        }
        if !word.contains(&self.characters[..]) {
            parts.push(token);
            return Ok(());
        }
        let mut start = token.start;
        for part in word.split(&self.characters[..]) {
            if !part.is_empty() {
                parts.push(Span::new(start, start + part.len()));
            }
            let separator = text[start + part.len()..].chars().next().map_or(0, char::len_utf8);
            start += part.len() + separator;
        }
        Ok(())
    }
}

/// The one character of a text; a backslash before it may stand as in a pattern.
pub fn character(setting: &'static str, text: &str) -> Result<char, SettingError> {
    let bare = text.strip_prefix('\\').filter(|rest| !rest.is_empty()).unwrap_or(text);
    let mut characters = bare.chars();
    match (characters.next(), characters.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(SettingError::new(setting, text, "texts of one character")),
    }
}
