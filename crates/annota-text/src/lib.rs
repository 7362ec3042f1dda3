//! Documents, sentences and tokens over `&str`.
//!
//! Everything here returns [`Span`]s of the text it was given, or the text itself: nothing fails, nothing is
//! copied that need not be, and the time is linear in the length of the text.
//!
//! ```
//! use annota_text::{SentenceDetector, Tokenizer};
//!
//! let text = "I love NLP. It works.";
//! let sentences = SentenceDetector::default().sentences(text);
//! assert_eq!(sentences.iter().map(|span| &text[span.range()]).collect::<Vec<_>>(), ["I love NLP.", "It works."]);
//! let tokens = Tokenizer::default().tokens("It works.");
//! assert_eq!(tokens.len(), 3);
//! ```

mod document;
mod offsets;
mod sentence;
mod span;
mod token;

pub use document::CleanupMode;
pub use offsets::{OffsetCursor, OffsetUnit};
pub use sentence::SentenceDetector;
pub use span::Span;
pub use token::Tokenizer;

/// A setting whose value is not one of its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownValue {
    pub setting: &'static str,
    pub value: String,
    pub expected: String,
}

impl std::fmt::Display for UnknownValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} `{}` is not known: expected one of {}", self.setting, self.value, self.expected)
    }
}

impl std::error::Error for UnknownValue {}

/// The value of a setting by its name, ASCII case ignored.
fn named<T: Copy>(setting: &'static str, names: &[(&str, T)], value: &str) -> Result<T, UnknownValue> {
    let known = names.iter().find(|(name, _)| name.eq_ignore_ascii_case(value.trim()));
    known.map(|(_, known)| *known).ok_or_else(|| UnknownValue {
        setting,
        value: value.to_owned(),
        expected: names.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "),
    })
}
