//! The annotators that Annota ships, a file each, and the table that lists them. A new one is a file here and a
//! line in [`DEFINITIONS`].

mod document_assembler;
mod finisher;
mod places;
mod sentence_detector;
mod sentence_embeddings;
mod text_embeddings;
mod token_embeddings;
mod tokenizer;
mod word_embeddings;

pub use document_assembler::DEFINITION as DOCUMENT_ASSEMBLER;
pub use finisher::{EMBEDDINGS as EMBEDDINGS_FINISHER, RESULTS as FINISHER};
pub use sentence_detector::DEFINITION as SENTENCE_DETECTOR;
pub use sentence_embeddings::DEFINITION as SENTENCE_EMBEDDINGS;
pub use text_embeddings::DEFINITION as ALBERT_EMBED;
pub use token_embeddings::{SENTENCES as ALBERT_EMBED_SENTENCES, TOKENS as ALBERT_EMBED_TOKENS};
pub use tokenizer::DEFINITION as TOKENIZER;
pub use word_embeddings::DEFINITION as ALBERT_EMBEDDINGS;

use crate::{Definition, Fallback, Parameter};

/// Every annotator, in the order in which a pipeline uses them.
pub static DEFINITIONS: &[&Definition] = &[
    &DOCUMENT_ASSEMBLER,
    &SENTENCE_DETECTOR,
    &TOKENIZER,
    &ALBERT_EMBEDDINGS,
    &SENTENCE_EMBEDDINGS,
    &FINISHER,
    &EMBEDDINGS_FINISHER,
    &ALBERT_EMBED,
    &ALBERT_EMBED_SENTENCES,
    &ALBERT_EMBED_TOKENS,
];

const MODEL: Parameter = Parameter {
    name: "model",
    about: "model name, org/name, or folder; the session's annota.model by default",
    fallback: Fallback::Option("model"),
};

const OFFSETS: Parameter = Parameter {
    name: "offsets",
    about: "what begin and end count: utf16, codepoint or byte; the session's annota.offsets by default",
    fallback: Fallback::Option("offsets"),
};

const POOLING: Parameter = Parameter {
    name: "pooling",
    about: "how states become one vector: mean, cls, max, sum or pooler",
    fallback: Fallback::Text("mean"),
};

const ON_ERROR: Parameter = Parameter {
    name: "on_error",
    about: "fail the query at a text that cannot be embedded, or make it null: fail or null",
    fallback: Fallback::Text("fail"),
};
