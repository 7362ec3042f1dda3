//! Documents, sentences and tokens over `&str`.
//!
//! Everything here returns [`Span`]s of the text it was given, or the text itself: nothing is copied
//! that need not be, and the time is linear in the length of the text. Nothing fails either, except where patterns
//! of one's own have to be tried in many ways: they have limits of steps and time.
//!
//! ```
//! use annota_text::{SentenceDetector, Tokenizer};
//!
//! let text = "I love NLP. It works.";
//! let sentences = SentenceDetector::default().sentences(text)?;
//! assert_eq!(sentences.iter().map(|span| &text[span.range()]).collect::<Vec<_>>(), ["I love NLP.", "It works."]);
//! let tokens = Tokenizer::default().tokens("It works.")?;
//! assert_eq!(tokens.len(), 3);
//! # Ok::<(), annota_text::StepLimit>(())
//! ```

mod chunks;
mod document;
mod lexicon;
mod normalizer;
mod offsets;
mod pattern;
mod sentence;
mod settings;
mod span;
mod stop_words;
mod token;

pub use document::CleanupMode;
pub use normalizer::{Normalizer, NormalizerSettings};
pub use offsets::{OffsetCursor, OffsetUnit};
pub use pattern::{Pattern, StepLimit};
pub use sentence::{BoundStrategy, Paragraphs, Profile, SentenceDetector, SentenceSettings};
pub use settings::{SettingError, named};
pub use span::Span;
pub use stop_words::StopWords;
pub use token::{RegexTokenizer, RegexTokenizerSettings, Tokenizer, TokenizerSettings};
