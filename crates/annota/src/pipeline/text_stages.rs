//! The setters of the stages that find sentences and tokens. Names and defaults are Spark NLP's; what the parameters
//! mean is said where the annotators define them.

use super::stages::{Kind, Normalizer, RegexTokenizer, SentenceDetector, StopWordsCleaner, Tokenizer, TypedStage};

impl<K: Kind> TypedStage<K> {
    fn text(self, parameter: &'static str, value: impl Into<String>) -> Self {
        self.map(|stage| stage.set_text(parameter, value))
    }

    fn texts<S: Into<String>>(self, parameter: &'static str, values: impl IntoIterator<Item = S>) -> Self {
        self.map(|stage| stage.set_texts(parameter, values))
    }

    fn flag(self, parameter: &'static str, value: bool) -> Self {
        self.map(|stage| stage.set_flag(parameter, value))
    }

    fn count(self, parameter: &'static str, value: usize) -> Self {
        self.map(|stage| stage.set_count(parameter, value))
    }
}

impl SentenceDetector {
    /// Whose rules: `annota` or `spark_nlp`.
    pub fn set_profile(self, profile: impl Into<String>) -> Self {
        self.text("profile", profile)
    }

    /// Which line ends end a sentence in the profile `annota`: `blank_line`, `line` or `none`.
    pub fn set_paragraphs(self, paragraphs: impl Into<String>) -> Self {
        self.text("paragraphs", paragraphs)
    }

    pub fn set_use_abbreviations(self, use_them: bool) -> Self {
        self.flag("use_abbreviations", use_them)
    }

    /// Words, without their last dot, that never end a sentence.
    pub fn set_abbreviations<S: Into<String>>(self, abbreviations: impl IntoIterator<Item = S>) -> Self {
        self.texts("abbreviations", abbreviations)
    }

    pub fn set_detect_lists(self, detect: bool) -> Self {
        self.flag("detect_lists", detect)
    }

    /// Patterns, in Java's dialect, at whose matches sentences end.
    pub fn set_custom_bounds<S: Into<String>>(self, bounds: impl IntoIterator<Item = S>) -> Self {
        self.texts("custom_bounds", bounds)
    }

    /// `none`, `prepend` or `append`.
    pub fn set_custom_bounds_strategy(self, strategy: impl Into<String>) -> Self {
        self.text("custom_bounds_strategy", strategy)
    }

    pub fn set_use_custom_bounds_only(self, only: bool) -> Self {
        self.flag("use_custom_bounds_only", only)
    }

    /// Wraps longer sentences between words. Lengths are in UTF-16 units.
    pub fn set_split_length(self, length: usize) -> Self {
        self.count("split_length", length)
    }

    pub fn set_min_length(self, length: usize) -> Self {
        self.count("min_length", length)
    }

    pub fn set_max_length(self, length: usize) -> Self {
        self.count("max_length", length)
    }

    /// Whether every sentence becomes a row of its own, other columns repeated; a row without any vanishes.
    pub fn set_explode_sentences(self, explode: bool) -> Self {
        self.map(|stage| stage.set_explode(explode))
    }
}

impl Tokenizer {
    /// Whose rules: `annota` or `spark_nlp`.
    pub fn set_profile(self, profile: impl Into<String>) -> Self {
        self.text("profile", profile)
    }

    /// Patterns, in Java's dialect, of what is not cut.
    pub fn set_exceptions<S: Into<String>>(self, exceptions: impl IntoIterator<Item = S>) -> Self {
        self.texts("exceptions", exceptions)
    }

    /// A file with a further exception on every line.
    pub fn set_exceptions_path(self, path: impl Into<String>) -> Self {
        self.text("exceptions_path", path)
    }

    pub fn set_case_sensitive_exceptions(self, case_sensitive: bool) -> Self {
        self.flag("case_sensitive_exceptions", case_sensitive)
    }

    /// Characters that are taken off a word's ends.
    pub fn set_context_chars<S: Into<String>>(self, characters: impl IntoIterator<Item = S>) -> Self {
        self.texts("context_chars", characters)
    }

    pub fn set_prefix_pattern(self, pattern: impl Into<String>) -> Self {
        self.text("prefix_pattern", pattern)
    }

    pub fn set_suffix_pattern(self, pattern: impl Into<String>) -> Self {
        self.text("suffix_pattern", pattern)
    }

    /// A token for every group of the first pattern that matches.
    pub fn set_infix_patterns<S: Into<String>>(self, patterns: impl IntoIterator<Item = S>) -> Self {
        self.texts("infix_patterns", patterns)
    }

    /// What no word is broken at, as the inside of a character class.
    pub fn set_target_pattern(self, pattern: impl Into<String>) -> Self {
        self.text("target_pattern", pattern)
    }

    pub fn set_split_pattern(self, pattern: impl Into<String>) -> Self {
        self.text("split_pattern", pattern)
    }

    pub fn set_split_chars<S: Into<String>>(self, characters: impl IntoIterator<Item = S>) -> Self {
        self.texts("split_chars", characters)
    }

    pub fn set_min_length(self, length: usize) -> Self {
        self.count("min_length", length)
    }

    pub fn set_max_length(self, length: usize) -> Self {
        self.count("max_length", length)
    }
}

impl RegexTokenizer {
    /// What stands between tokens, in Java's dialect.
    pub fn set_pattern(self, pattern: impl Into<String>) -> Self {
        self.text("pattern", pattern)
    }

    pub fn set_to_lowercase(self, to_lowercase: bool) -> Self {
        self.flag("to_lowercase", to_lowercase)
    }

    pub fn set_trim_whitespace(self, trim: bool) -> Self {
        self.flag("trim_whitespace", trim)
    }

    pub fn set_preserve_position(self, preserve: bool) -> Self {
        self.flag("preserve_position", preserve)
    }

    pub fn set_min_length(self, length: usize) -> Self {
        self.count("min_length", length)
    }

    pub fn set_max_length(self, length: usize) -> Self {
        self.count("max_length", length)
    }
}

impl Normalizer {
    /// Patterns, in Java's dialect, of what is taken out.
    pub fn set_cleanup_patterns<S: Into<String>>(self, patterns: impl IntoIterator<Item = S>) -> Self {
        self.texts("cleanup_patterns", patterns)
    }

    pub fn set_lowercase(self, lowercase: bool) -> Self {
        self.flag("lowercase", lowercase)
    }

    /// Words and what is put in their place, with a comma between.
    pub fn set_slang_dictionary<S: Into<String>>(self, entries: impl IntoIterator<Item = S>) -> Self {
        self.texts("slang_dictionary", entries)
    }

    /// A file with a further entry on every line.
    pub fn set_slang_dictionary_path(self, path: impl Into<String>) -> Self {
        self.text("slang_dictionary_path", path)
    }

    pub fn set_slang_match_case(self, match_case: bool) -> Self {
        self.flag("slang_match_case", match_case)
    }

    pub fn set_min_length(self, length: usize) -> Self {
        self.count("min_length", length)
    }

    pub fn set_max_length(self, length: usize) -> Self {
        self.count("max_length", length)
    }
}

impl StopWordsCleaner {
    pub fn set_stop_words<S: Into<String>>(self, words: impl IntoIterator<Item = S>) -> Self {
        self.texts("stop_words", words)
    }

    pub fn set_case_sensitive(self, case_sensitive: bool) -> Self {
        self.flag("case_sensitive", case_sensitive)
    }
}
