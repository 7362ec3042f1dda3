use std::str::FromStr;

use super::BoundStrategy;
use crate::{SettingError, named};

/// Whose rules find sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Profile {
    /// Annota's own.
    #[default]
    Annota,
    /// Those of Spark NLP 6.0.1, odd as some are.
    SparkNlp,
}

const PROFILES: [(&str, Profile); 2] = [("annota", Profile::Annota), ("spark_nlp", Profile::SparkNlp)];

impl Profile {
    pub fn name(self) -> &'static str {
        PROFILES.iter().find(|(_, profile)| *profile == self).map_or("", |(name, _)| name)
    }
}

impl FromStr for Profile {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        named("profile", &PROFILES, text)
    }
}

/// Which line ends end a sentence, whatever stands before them. Spark NLP's profile knows none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Paragraphs {
    /// A blank line between.
    #[default]
    BlankLine,
    /// Every line end.
    Line,
    None,
}

impl FromStr for Paragraphs {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let names = [
            ("blank_line", Paragraphs::BlankLine),
            ("line", Paragraphs::Line),
            ("none", Paragraphs::None),
            ("true", Paragraphs::Line),
            ("false", Paragraphs::None),
        ];
        named("paragraphs", &names, text)
    }
}

/// What a [`super::SentenceDetector`] is made of. The names and defaults are those of Spark NLP's parameters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SentenceSettings {
    pub profile: Profile,
    pub paragraphs: Paragraphs,
    /// Whether the lists of abbreviations count. Single letters and `U.S.`-like words always do.
    pub use_abbreviations: bool,
    /// Words of one's own, written without their last dot, that never end a sentence.
    pub abbreviations: Vec<String>,
    /// Whether items of lists begin sentences.
    pub detect_lists: bool,
    /// Patterns in Java's dialect at whose matches sentences end.
    pub custom_bounds: Vec<String>,
    pub custom_bounds_strategy: BoundStrategy,
    /// Lets nothing but `custom_bounds` end a sentence. Without any it does nothing.
    pub use_custom_bounds_only: bool,
    /// Wraps longer sentences between words. Lengths are in UTF-16 units.
    pub split_length: Option<usize>,
    /// Leaves out shorter sentences.
    pub min_length: usize,
    /// Leaves out longer sentences.
    pub max_length: Option<usize>,
}

impl Default for SentenceSettings {
    fn default() -> Self {
        SentenceSettings {
            profile: Profile::default(),
            paragraphs: Paragraphs::default(),
            use_abbreviations: true,
            abbreviations: Vec::new(),
            detect_lists: true,
            custom_bounds: Vec::new(),
            custom_bounds_strategy: BoundStrategy::default(),
            use_custom_bounds_only: false,
            split_length: None,
            min_length: 0,
            max_length: None,
        }
    }
}
