use std::fmt::Debug;
use std::ops::Range;
use std::str::FromStr;

use annota_text::{SettingError, named};

/// Whoever can turn texts into vectors. Models are named, and opened when they are first asked. A sink is called only
/// when the whole call succeeds.
pub trait Embedder: Debug + Send + Sync {
    /// Hands `sink` one vector per text, in order.
    fn embed_texts(
        &self,
        call: &ModelCall<'_>,
        making: TextMaking,
        texts: &[&str],
        sink: &mut dyn FnMut(&[f32]),
    ) -> Result<(), EmbedError>;

    /// Hands `sink` what each token of each text got, in order; `None` for a token of which the model sees nothing.
    fn embed_tokens(
        &self,
        call: &ModelCall<'_>,
        making: TokenMaking,
        texts: &[TokenizedText<'_>],
        sink: &mut dyn FnMut(Option<TokenVector<'_>>),
    ) -> Result<(), EmbedError>;

    /// Hands `sink` the pieces that the model sees of a text, special ones included.
    fn pieces(&self, call: &ModelCall<'_>, text: &str, sink: &mut dyn FnMut(Piece<'_>)) -> Result<(), EmbedError>;

    /// Cuts a text for retrieval, at the ends of sentences where it can, else of tokens; all are bytes of the text.
    fn chunks(
        &self,
        call: &ModelCall<'_>,
        text: &TokenizedText<'_>,
        sentences: &[Range<usize>],
        size: ChunkSize,
    ) -> Result<Vec<Range<usize>>, EmbedError>;
}

/// Which model is asked, and how it reads.
#[derive(Debug, Clone, Copy)]
pub struct ModelCall<'a> {
    pub model: &'a str,
    /// The family that it must be of.
    pub family: Option<&'static str>,
    pub special_pieces: SpecialPieces,
    pub long: Long,
    pub precision: Precision,
    pub hints: Hints,
}

/// How the states of a text's pieces become one vector; what is not said here is as the model wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TextMaking {
    pub pooling: Option<Pooling>,
    pub normalize: Option<bool>,
}

/// How tokens get their vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TokenMaking {
    pub context: PieceContext,
    pub pooling: TokenPooling,
}

/// A text and its tokens, as bytes of the text.
#[derive(Debug, Clone)]
pub struct TokenizedText<'a> {
    pub text: &'a str,
    pub tokens: Vec<Range<usize>>,
}

/// A token's vector, and the first piece that it is made of.
#[derive(Debug, Clone, Copy)]
pub struct TokenVector<'a> {
    pub vector: &'a [f32],
    pub piece: u32,
    /// The piece stands for text outside the vocabulary.
    pub is_unknown: bool,
}

/// A piece, with its bytes of the text; `None` for those that stand around every text.
#[derive(Debug, Clone)]
pub struct Piece<'a> {
    pub id: u32,
    pub text: &'a str,
    pub span: Option<Range<usize>>,
}

/// How large chunks are, in pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkSize {
    pub max_pieces: usize,
    pub overlap: usize,
}

/// How fast, never what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hints {
    /// `None` for what suits the device.
    pub batch_tokens: Option<usize>,
    pub cache_bytes: usize,
}

/// A setting with a name for each of its values.
macro_rules! choice {
    ($(#[$about:meta])* $name:ident, $setting:literal: $($(#[$says:meta])* $value:ident = $text:literal,)+) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub enum $name {
            $($(#[$says])* $value,)+
        }

        impl FromStr for $name {
            type Err = SettingError;

            fn from_str(text: &str) -> Result<Self, SettingError> {
                named($setting, &[$(($text, $name::$value)),+], text)
            }
        }
    };
}

choice! {
    /// How vectors become one. Special pieces count.
    Pooling, "pooling":
    #[default]
    Mean = "mean",
    Cls = "cls",
    Max = "max",
    Sum = "sum",
    /// `[CLS]` through the model's own pooler.
    Pooler = "pooler",
}

choice! {
    /// What special pieces that a user has typed (`[MASK]`) are.
    SpecialPieces, "special_pieces":
    #[default]
    Text = "text",
    /// What they stand for, as in Hugging Face's tokenizers.
    Parse = "parse",
}

choice! {
    /// What becomes of a text with more pieces than the model sees.
    Long, "long":
    #[default]
    Window = "window",
    Truncate = "truncate",
    Fail = "fail",
}

choice! {
    /// The numbers that the model multiplies.
    Precision, "precision":
    #[default]
    F32 = "f32",
    /// On GPUs.
    F16 = "f16",
    /// On CPUs, as int8.
    Bf16 = "bf16",
    Int8 = "int8",
}

choice! {
    /// What is cut into pieces at once.
    PieceContext, "pieces":
    #[default]
    Sentence = "sentence",
    /// Each token by itself, as Spark NLP.
    Word = "word",
}

choice! {
    /// Which of a token's pieces make its vector.
    TokenPooling, "token_pooling":
    #[default]
    First = "first",
    Mean = "mean",
}

choice! {
    /// What a text's vector is pooled over.
    PoolOver, "pool_over":
    #[default]
    Pieces = "pieces",
    Tokens = "tokens",
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
