//! The annotators that Annota ships, a file each, and the table that lists them. A new one is a file here and a
//! line in [`DEFINITIONS`].

mod annotator_type;
mod doc2chunk;
mod document_assembler;
mod finisher;
mod membership;
mod normalizer;
mod places;
mod regex_tokenizer;
mod sentence_detector;
mod sentence_embeddings;
mod stop_words_cleaner;
mod text_embeddings;
mod token_assembler;
mod token_embeddings;
mod tokenizer;
mod word_embeddings;

pub use annotator_type::DEFINITION as AS_ANNOTATIONS;
pub use doc2chunk::DEFINITION as DOC2CHUNK;
pub use document_assembler::DEFINITION as DOCUMENT_ASSEMBLER;
pub use finisher::{EMBEDDINGS as EMBEDDINGS_FINISHER, METADATA as METADATA_FINISHER, RESULTS as FINISHER};
pub use normalizer::DEFINITION as NORMALIZER;
pub use regex_tokenizer::DEFINITION as REGEX_TOKENIZER;
pub use sentence_detector::DEFINITION as SENTENCE_DETECTOR;
pub use sentence_embeddings::DEFINITION as SENTENCE_EMBEDDINGS;
pub use stop_words_cleaner::DEFINITION as STOP_WORDS_CLEANER;
pub use text_embeddings::DEFINITION as ALBERT_EMBED;
pub use token_assembler::DEFINITION as TOKEN_ASSEMBLER;
pub use token_embeddings::{SENTENCES as ALBERT_EMBED_SENTENCES, TOKENS as ALBERT_EMBED_TOKENS};
pub use tokenizer::DEFINITION as TOKENIZER;
pub use word_embeddings::DEFINITION as ALBERT_EMBEDDINGS;

use annota_text::{OffsetCursor, Span};

use crate::{AnnotationView, Definition, Fallback, Parameter};

/// Every annotator, in the order in which a pipeline uses them.
pub static DEFINITIONS: &[&Definition] = &[
    &DOCUMENT_ASSEMBLER,
    &SENTENCE_DETECTOR,
    &TOKENIZER,
    &REGEX_TOKENIZER,
    &NORMALIZER,
    &STOP_WORDS_CLEANER,
    &TOKEN_ASSEMBLER,
    &DOC2CHUNK,
    &ALBERT_EMBEDDINGS,
    &SENTENCE_EMBEDDINGS,
    &AS_ANNOTATIONS,
    &FINISHER,
    &METADATA_FINISHER,
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

const PROFILE: Parameter = Parameter {
    name: "profile",
    about: "whose rules: annota or spark_nlp; the session's annota.profile by default",
    fallback: Fallback::Option("profile"),
};

const MIN_LENGTH: Parameter = Parameter {
    name: "min_length",
    about: "leaves out what is shorter; lengths are in UTF-16 units",
    fallback: Fallback::Integer(0),
};

const MAX_LENGTH: Parameter =
    Parameter { name: "max_length", about: "leaves out what is longer", fallback: Fallback::Nothing };

/// What the metadata of a sentence's parts say of it: its number, and its document's where there are several.
fn of_sentence<'a>(sentence: &AnnotationView<'a>) -> Vec<(&'static str, &'a str)> {
    let number = ("sentence", sentence.meta("sentence").unwrap_or("0"));
    let document = sentence.meta("document").map(|document| ("document", document));
    std::iter::once(number).chain(document).collect()
}

/// The first and the last character of a part of an annotation.
fn place(whole: &AnnotationView<'_>, part: Span, offsets: &mut OffsetCursor<'_>) -> (i32, i32) {
    let begin = whole.begin + offsets.offset_of(part.start) as i32;
    (begin, whole.begin + offsets.offset_of(part.end) as i32 - 1)
}
