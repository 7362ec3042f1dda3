//! Tokenization.

mod annota;
mod exceptions;
mod regex;
mod settings;
mod spark_nlp;
mod splits;

pub use regex::{RegexTokenizer, RegexTokenizerSettings};
pub use settings::TokenizerSettings;

use exceptions::Exceptions;
use splits::Splits;

use crate::settings::{check_lengths, fits};
use crate::{Profile, SettingError, Span, StepLimit};

/// Cuts sentences into tokens.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    rules: Rules,
    exceptions: Option<Exceptions>,
    splits: Splits,
    min_length: usize,
    max_length: Option<usize>,
}

#[derive(Debug, Clone)]
enum Rules {
    Annota,
    SparkNlp(Box<spark_nlp::Rules>),
}

impl Tokenizer {
    /// Punctuation that Spark NLP takes off a word's ends. Runs of it stay together.
    pub const CONTEXT: &'static str = ".,;:!?*-()\"'";

    /// # Errors
    /// A pattern that cannot be read, or lengths that leave nothing.
    pub fn new(settings: &TokenizerSettings) -> Result<Self, SettingError> {
        check_lengths(settings.min_length, settings.max_length)?;
        let rules = match settings.profile {
            Profile::Annota if !settings.has_rules() => Rules::Annota,
            _ => Rules::SparkNlp(Box::new(spark_nlp::Rules::new(settings)?)),
        };
        Ok(Tokenizer {
            rules,
            exceptions: Exceptions::new(&settings.exceptions, settings.ignore_case_of_exceptions)?,
            splits: Splits::new(settings)?,
            min_length: settings.min_length,
            max_length: settings.max_length,
        })
    }

    /// The tokens of a sentence, in order.
    ///
    /// # Errors
    /// A pattern that takes too many steps. Without patterns there is no error.
    pub fn tokens(&self, sentence: &str) -> Result<Vec<Span>, StepLimit> {
        let exceptions = self.exceptions.as_ref();
        let mut tokens = match &self.rules {
            Rules::Annota => annota::tokens(sentence, exceptions, &self.splits)?,
            Rules::SparkNlp(rules) => rules.tokens(sentence, exceptions, &self.splits)?,
        };
        if self.min_length > 0 || self.max_length.is_some() {
            tokens.retain(|token| fits(&sentence[token.range()], self.min_length, self.max_length));
        }
        Ok(tokens)
    }
}

impl Default for Tokenizer {
    fn default() -> Self {
        Tokenizer { rules: Rules::Annota, exceptions: None, splits: Splits::default(), min_length: 0, max_length: None }
    }
}
