use std::fmt::Debug;
use std::ops::Range;
use std::str::FromStr;

use annota_text::{SettingError, named};

/// Whoever can turn texts into vectors. Models are named, and opened when the first vector is asked for. A sink
/// is called only when the whole call succeeds.
pub trait Embedder: Debug + Send + Sync {
    /// Hands `sink` one vector per text, in order.
    fn embed_texts(
        &self,
        model: &str,
        texts: &[&str],
        pooling: Pooling,
        hints: Hints,
        sink: &mut dyn FnMut(&[f32]),
    ) -> Result<(), EmbedError>;

    /// Hands `sink` what each token of each text got, in order; `None` for a token of which the model sees nothing.
    fn embed_tokens(
        &self,
        model: &str,
        texts: &[TokenizedText<'_>],
        hints: Hints,
        sink: &mut dyn FnMut(Option<TokenVector<'_>>),
    ) -> Result<(), EmbedError>;
}

/// A text and its tokens, as bytes of the text.
#[derive(Debug, Clone)]
pub struct TokenizedText<'a> {
    pub text: &'a str,
    pub tokens: Vec<Range<usize>>,
}

/// A token's vector, and the piece that it is the vector of.
#[derive(Debug, Clone, Copy)]
pub struct TokenVector<'a> {
    pub vector: &'a [f32],
    pub piece: u32,
    /// The piece stands for text outside the vocabulary.
    pub is_unknown: bool,
}

/// How fast, never what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hints {
    pub batch_tokens: usize,
    pub cache_bytes: usize,
}

/// How the states of a text's pieces become one vector. Special pieces count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pooling {
    #[default]
    Mean,
    Cls,
    Max,
    Sum,
    /// `[CLS]` through the model's own pooler.
    Pooler,
}

impl FromStr for Pooling {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let names = [
            ("mean", Pooling::Mean),
            ("cls", Pooling::Cls),
            ("max", Pooling::Max),
            ("sum", Pooling::Sum),
            ("pooler", Pooling::Pooler),
        ];
        named("pooling", &names, text)
    }
}

/// Why there are no vectors.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EmbedError {
    /// This text cannot be embedded; others can.
    #[error("{0}")]
    Text(String),
    /// The request cannot be served, whatever the text.
    #[error("{0}")]
    Request(String),
    /// The device failed; the same request may succeed later.
    #[error("{0}")]
    Transient(String),
}
