//! Normalization of tokens.

use std::collections::HashMap;

use crate::settings::{check_lengths, fits};
use crate::{Pattern, SettingError, StepLimit};

/// What a [`Normalizer`] is made of. The names and defaults are those of Spark NLP's parameters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NormalizerSettings {
    /// Patterns, in Java's dialect, of what is taken out.
    pub cleanup_patterns: Vec<String>,
    pub lowercase: bool,
    /// Words and what is put in their place, with a comma between.
    pub slang_dictionary: Vec<String>,
    /// Whether small letters in the dictionary mean small letters only.
    pub slang_match_case: bool,
    /// Leaves out shorter tokens. Lengths are in UTF-16 units.
    pub min_length: usize,
    /// Leaves out longer tokens.
    pub max_length: Option<usize>,
}

impl Default for NormalizerSettings {
    fn default() -> Self {
        NormalizerSettings {
            cleanup_patterns: vec![r"[^\pL+]".to_owned()],
            lowercase: false,
            slang_dictionary: Vec::new(),
            slang_match_case: false,
            min_length: 0,
            max_length: None,
        }
    }
}

/// Takes characters out of tokens, and puts words in the place of slang.
#[derive(Debug, Clone)]
pub struct Normalizer {
    settings: NormalizerSettings,
    patterns: Vec<Pattern>,
    slang: HashMap<String, String>,
}

impl Normalizer {
    /// # Errors
    /// A pattern that cannot be read, an entry of the dictionary without a comma, or lengths that leave nothing.
    pub fn new(settings: NormalizerSettings) -> Result<Self, SettingError> {
        check_lengths(settings.min_length, settings.max_length)?;
        let patterns = settings.cleanup_patterns.iter().map(|pattern| Pattern::java("cleanup_patterns", pattern));
        let patterns = patterns.collect::<Result<_, _>>()?;
        let slang = settings.slang_dictionary.iter().map(|entry| {
            let parts = entry.split_once(',');
            let (word, meaning) = parts.ok_or_else(|| {
                SettingError::new("slang_dictionary", entry.as_str(), "a word and its meaning, with a comma between")
            })?;
            let word = word.trim();
            Ok((
                if settings.slang_match_case { word.to_owned() } else { word.to_lowercase() },
                meaning.trim().to_owned(),
            ))
        });
        Ok(Normalizer { slang: slang.collect::<Result<_, SettingError>>()?, patterns, settings })
    }

    /// What a token becomes: several tokens where slang stands for several words, none where nothing is left.
    ///
    /// # Errors
    /// A pattern that takes too many steps.
    pub fn normalize(&self, token: &str) -> Result<Vec<String>, StepLimit> {
        let meaning = match self.settings.slang_match_case {
            _ if self.slang.is_empty() => None,
            true => self.slang.get(token),
            false => self.slang.get(&token.to_lowercase()),
        };
        let words: Vec<&str> = meaning.map_or_else(|| vec![token], |meaning| meaning.split(' ').collect());
        let mut normalized = Vec::with_capacity(words.len());
        for word in words {
            let cleaned = self.clean(word)?;
            let cased = if self.settings.lowercase { cleaned.to_lowercase() } else { cleaned };
            if !cased.is_empty() && fits(&cased, self.settings.min_length, self.settings.max_length) {
                normalized.push(cased);
            }
        }
        Ok(normalized)
    }

    fn clean(&self, word: &str) -> Result<String, StepLimit> {
        let mut word = word.to_owned();
        for pattern in &self.patterns {
            let mut cleaned = String::with_capacity(word.len());
            let mut kept = 0;
            pattern.each_match(&word, |place| {
                cleaned.push_str(&word[kept..place.start]);
                kept = place.end;
            })?;
            cleaned.push_str(&word[kept..]);
            word = cleaned;
        }
        Ok(word)
    }
}
