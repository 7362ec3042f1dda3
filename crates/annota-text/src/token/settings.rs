use crate::Profile;

/// What a [`super::Tokenizer`] is made of. The names and defaults are those of Spark NLP's parameters. A pattern
/// among `target_pattern`, `prefix_pattern`, `suffix_pattern`, `infix_patterns` and `context_chars` asks for Spark
/// NLP's way of cutting, whatever the profile.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct TokenizerSettings {
    pub profile: Profile,
    /// The inside of a character class: what no word is broken at. `\S+` where nothing is set.
    pub target_pattern: Option<String>,
    /// Characters that are taken off a word's ends, each a text of one; `. , ; : ! ? * - ( ) " '` where nothing is set.
    pub context_chars: Option<Vec<String>>,
    /// Must begin with `\A`.
    pub prefix_pattern: Option<String>,
    /// Must end with `\z`.
    pub suffix_pattern: Option<String>,
    /// Each with a group; the first that matches cuts the word, a token for every group.
    pub infix_patterns: Vec<String>,
    /// Patterns of what is not cut.
    pub exceptions: Vec<String>,
    /// Whether small letters in exceptions mean small letters only.
    pub ignore_case_of_exceptions: bool,
    /// Where tokens are cut further.
    pub split_pattern: Option<String>,
    /// Characters at which tokens are cut further, where `split_pattern` does not.
    pub split_chars: Vec<String>,
    /// Leaves out shorter tokens. Lengths are in UTF-16 units.
    pub min_length: usize,
    /// Leaves out longer tokens.
    pub max_length: Option<usize>,
}

impl TokenizerSettings {
    /// Whether a pattern of Spark NLP's rules is set.
    pub(super) fn has_rules(&self) -> bool {
        self.target_pattern.is_some()
            || self.context_chars.is_some()
            || self.prefix_pattern.is_some()
            || self.suffix_pattern.is_some()
            || !self.infix_patterns.is_empty()
    }
}
