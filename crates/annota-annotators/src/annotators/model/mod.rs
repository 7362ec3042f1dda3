//! The annotators that ask a model, and the functions of each family of models.

mod chunks;
mod family;
mod levels;
mod pieces;
mod places_builder;
mod texts;
mod words;

pub use chunks::DEFINITION as CHUNKS;
pub use levels::{SENTENCES, TOKENS};
pub use pieces::{COUNT, PIECES};
pub use texts::DEFINITION as TEXTS;
pub use words::DEFINITION as WORDS;

use crate::{
    AnnotatorError, Context, Fallback, Long, ModelCall, Parameter, Precision, Settings, SpecialPieces, TokenMaking,
};

const MODEL: Parameter = Parameter {
    name: "model",
    about: "model name, org/name, folder or URL; the session's annota.model by default",
    fallback: Fallback::Option("model"),
};

const POOLING: Parameter = Parameter {
    name: "pooling",
    about: "how states become one vector: mean, cls, max, sum or pooler; the model's own by default, else mean",
    fallback: Fallback::Nothing,
};

const NORMALIZE: Parameter = Parameter {
    name: "normalize",
    about: "whether vectors get the length 1; as the model wants it by default",
    fallback: Fallback::Nothing,
};

const POOL_OVER: Parameter = Parameter {
    name: "pool_over",
    about: "what is pooled: all pieces with the special ones, or the vectors of the tokens: pieces or tokens",
    fallback: Fallback::Text("pieces"),
};

const PIECES_OF: Parameter = Parameter {
    name: "pieces",
    about: "what is cut into pieces at once: the sentence, or each word by itself as Spark NLP does: sentence or word",
    fallback: Fallback::Text("sentence"),
};

const TOKEN_POOLING: Parameter = Parameter {
    name: "token_pooling",
    about: "whether a token's vector is that of its first piece or the mean of all: first or mean",
    fallback: Fallback::Text("first"),
};

const LONG: Parameter = Parameter {
    name: "long",
    about: "what becomes of a text with more pieces than the model sees: window, truncate or fail",
    fallback: Fallback::Text("window"),
};

const SPECIAL_PIECES: Parameter = Parameter {
    name: "special_pieces",
    about: "whether special pieces that stand in a text ([MASK]) are text or what they stand for: text or parse",
    fallback: Fallback::Text("text"),
};

const PRECISION: Parameter = Parameter {
    name: "precision",
    about: "the numbers that the model multiplies: f32, bf16 or int8, on a GPU f32 or f16; fewer bits are faster and less exact",
    fallback: Fallback::Text("f32"),
};

const ON_ERROR: Parameter = Parameter {
    name: "on_error",
    about: "fail the query at a text that cannot be embedded, or make it null: fail or null",
    fallback: Fallback::Text("fail"),
};

impl TokenMaking {
    fn new(settings: &Settings) -> Result<Self, AnnotatorError> {
        Ok(TokenMaking { context: settings.parsed("pieces")?, pooling: settings.parsed("token_pooling")? })
    }
}

/// Which model is asked, and how it reads.
#[derive(Debug)]
struct Asked {
    model: String,
    special_pieces: SpecialPieces,
    long: Long,
    precision: Precision,
}

impl Asked {
    fn new(settings: &Settings) -> Result<Self, AnnotatorError> {
        Ok(Asked {
            model: settings.text("model")?.unwrap_or_default().to_owned(),
            special_pieces: settings.parsed("special_pieces")?,
            long: settings.parsed("long")?,
            precision: settings.parsed("precision")?,
        })
    }

    fn call<'a>(&'a self, context: &Context<'_>) -> ModelCall<'a> {
        ModelCall {
            model: &self.model,
            family: context.family,
            special_pieces: self.special_pieces,
            long: self.long,
            precision: self.precision,
            hints: context.hints,
        }
    }
}
