//! Tokens between the matches of a pattern.

use std::borrow::Cow;

use crate::settings::{check_lengths, fits};
use crate::span::is_java_space;
use crate::{Pattern, SettingError, Span, StepLimit};

/// What a [`RegexTokenizer`] is made of. The names and defaults are those of Spark NLP's parameters; places are
/// exact without its `positionalMask`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RegexTokenizerSettings {
    /// What stands between tokens, in Java's dialect.
    pub pattern: String,
    pub to_lowercase: bool,
    /// Takes all white space out of a token's text.
    pub trim_whitespace: bool,
    /// Whether a trimmed token keeps the place of the white space at its ends.
    pub preserve_position: bool,
    /// Leaves out shorter tokens. Lengths are in UTF-16 units.
    pub min_length: usize,
    /// Leaves out longer tokens.
    pub max_length: Option<usize>,
}

impl Default for RegexTokenizerSettings {
    fn default() -> Self {
        RegexTokenizerSettings {
            pattern: r"\s+".to_owned(),
            to_lowercase: false,
            trim_whitespace: false,
            preserve_position: true,
            min_length: 1,
            max_length: None,
        }
    }
}

/// Cuts sentences at the matches of a pattern, as Java's `split` does.
#[derive(Debug, Clone)]
pub struct RegexTokenizer {
    settings: RegexTokenizerSettings,
    pattern: Pattern,
}

impl RegexTokenizer {
    /// # Errors
    /// A pattern that cannot be read, or lengths that leave nothing.
    pub fn new(settings: RegexTokenizerSettings) -> Result<Self, SettingError> {
        check_lengths(settings.min_length, settings.max_length)?;
        Ok(RegexTokenizer { pattern: Pattern::java("pattern", &settings.pattern)?, settings })
    }

    /// The tokens of a sentence, in order, each with its text.
    ///
    /// # Errors
    /// A pattern that takes too many steps.
    pub fn tokens<'a>(&self, sentence: &'a str) -> Result<Vec<(Span, Cow<'a, str>)>, StepLimit> {
        let parts = self.pattern.split(sentence)?.into_iter();
        let tokens = parts.map(|part| self.token(sentence, Span::new(part.start, part.end)));
        let fits = |token: &(Span, Cow<'_, str>)| {
            !token.1.is_empty() && fits(&token.1, self.settings.min_length, self.settings.max_length)
        };
        Ok(tokens.filter(fits).collect())
    }

    fn token<'a>(&self, sentence: &'a str, place: Span) -> (Span, Cow<'a, str>) {
        let mut text = Cow::Borrowed(&sentence[place.range()]);
        let mut place = place;
        if self.settings.trim_whitespace {
            if !self.settings.preserve_position {
                place = place.trimmed(sentence);
            }
            if text.bytes().any(is_java_space) {
                text = Cow::Owned(text.chars().filter(|c| !c.is_ascii() || !is_java_space(*c as u8)).collect());
            }
        }
        if self.settings.to_lowercase {
            text = Cow::Owned(text.to_lowercase());
        }
        (place, text)
    }
}
