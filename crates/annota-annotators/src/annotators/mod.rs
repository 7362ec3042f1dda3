//! The annotators that Annota ships, a file each, and the table that lists them. A new one is a file here and a
//! line in [`DEFINITIONS`].

mod annotator_type;
mod doc2chunk;
mod document_assembler;
mod finisher;
mod membership;
pub mod model;
mod normalizer;
mod regex_tokenizer;
mod sentence_detector;
mod sentence_embeddings;
mod stop_words_cleaner;
mod token_assembler;
mod tokenizer;

pub use annotator_type::DEFINITION as AS_ANNOTATIONS;
pub use doc2chunk::DEFINITION as DOC2CHUNK;
pub use document_assembler::DEFINITION as DOCUMENT_ASSEMBLER;
pub use finisher::{EMBEDDINGS as EMBEDDINGS_FINISHER, METADATA as METADATA_FINISHER, RESULTS as FINISHER};
pub use normalizer::DEFINITION as NORMALIZER;
pub use regex_tokenizer::DEFINITION as REGEX_TOKENIZER;
pub use sentence_detector::DEFINITION as SENTENCE_DETECTOR;
pub use sentence_embeddings::DEFINITION as SENTENCE_EMBEDDINGS;
pub use stop_words_cleaner::DEFINITION as STOP_WORDS_CLEANER;
pub use token_assembler::DEFINITION as TOKEN_ASSEMBLER;
pub use tokenizer::DEFINITION as TOKENIZER;

use annota_text::{OffsetCursor, Span};

use crate::{AnnotationView, Definition, Fallback, Parameter};

pub static EMBEDDINGS: Definition = model::WORDS;
pub static EMBED: Definition = model::TEXTS;
pub static EMBED_SENTENCES: Definition = model::SENTENCES;
pub static EMBED_TOKENS: Definition = model::TOKENS;
pub static CHUNKS: Definition = model::CHUNKS;
pub static PIECES: Definition = model::PIECES;
pub static TOKEN_COUNT: Definition = model::COUNT;

/// Every annotator but those of single families of models ([`crate::family_definitions!`]), in the order in which a
/// pipeline uses them.
pub static DEFINITIONS: &[&Definition] = &[
    &DOCUMENT_ASSEMBLER,
    &SENTENCE_DETECTOR,
    &TOKENIZER,
    &REGEX_TOKENIZER,
    &NORMALIZER,
    &STOP_WORDS_CLEANER,
    &TOKEN_ASSEMBLER,
    &DOC2CHUNK,
    &EMBEDDINGS,
    &SENTENCE_EMBEDDINGS,
    &AS_ANNOTATIONS,
    &FINISHER,
    &METADATA_FINISHER,
    &EMBEDDINGS_FINISHER,
    &EMBED,
    &EMBED_SENTENCES,
    &EMBED_TOKENS,
    &CHUNKS,
    &PIECES,
    &TOKEN_COUNT,
];

const OFFSETS: Parameter = Parameter {
    name: "offsets",
    about: "what begin and end count: utf16, codepoint or byte; the session's annota.offsets by default",
    fallback: Fallback::Option("offsets"),
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
