use annota_text::{OffsetCursor, OffsetUnit, Span};
use arrow::array::ArrayRef;

use super::{OFFSETS, place};
use crate::{
    AnnotationView, Annotator, AnnotatorError, AnnotatorType, Context, Definition, Fallback, Input, Inputs, Output,
    Parameter, Settings,
};

/// Spark NLP's Doc2Chunk.
pub static DEFINITION: Definition = Definition {
    name: "doc2chunk",
    family: None,
    aliases: &[],
    summary: "Finds given texts in documents, each where it comes first, and keeps the documents' metadata, with the \
              text's place in the list as `chunk`. Without a column of chunks every document is one.",
    example: "doc2chunk(document(text), chunk => ['heart attack', 'aspirin'], lower_case => true)",
    inputs: &[
        Input::Annotations { name: "document", kind: AnnotatorType::DOCUMENT },
        Input::Optional(&Input::Texts { name: "chunk" }),
        Input::Optional(&Input::Integer { name: "start" }),
    ],
    output: Output::Annotations(AnnotatorType::CHUNK),
    parameters: &[
        Parameter {
            name: "start_by_token_index",
            about: "whether start counts words between single blanks, not what offsets count",
            fallback: Fallback::Boolean(false),
        },
        Parameter {
            name: "fail_on_missing",
            about: "whether a text that no document of its row holds fails the query",
            fallback: Fallback::Boolean(false),
        },
        Parameter {
            name: "lower_case",
            about: "whether capitals and small letters are the same",
            fallback: Fallback::Boolean(false),
        },
        OFFSETS,
    ],
    embeds: false,
    build: |settings| Ok(Box::new(Chunks::new(settings)?)),
};

const DOCUMENT: usize = 0;
const CHUNK: usize = 1;
const START: usize = 2;

#[derive(Debug)]
struct Chunks {
    start_by_token_index: bool,
    fail_on_missing: bool,
    lower_case: bool,
    unit: OffsetUnit,
}

impl Chunks {
    fn new(settings: &Settings) -> Result<Self, AnnotatorError> {
        Ok(Chunks {
            start_by_token_index: settings.flag("start_by_token_index")?,
            fail_on_missing: settings.flag("fail_on_missing")?,
            lower_case: settings.flag("lower_case")?,
            unit: settings.parsed("offsets")?,
        })
    }

    /// The byte from which a document is searched; `None` beyond its end.
    fn start(&self, text: &str, start: usize) -> Option<usize> {
        match start {
            0 => Some(0),
            words if self.start_by_token_index => text.match_indices(' ').nth(words - 1).map(|(byte, _)| byte),
            offset => (offset <= self.unit.count(text)).then(|| OffsetCursor::new(text, self.unit).byte_of(offset)),
        }
    }

    /// Where a document holds a chunk for the first time.
    fn find(&self, text: &str, chunk: &str, start: usize) -> Option<Span> {
        let rest = text.get(start..).filter(|_| !chunk.trim().is_empty())?;
        let found = if self.lower_case { find_whatever_case(rest, chunk) } else { find(rest, chunk) };
        found.map(|span| Span::new(start + span.start, start + span.end))
    }
}

fn find(text: &str, chunk: &str) -> Option<Span> {
    text.find(chunk).map(|start| Span::new(start, start + chunk.len()))
}

/// Small letters, as many as the text has characters, so that a place in them is one in the text.
fn folded(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.chars().map(folded_character).collect() }
}

/// Of `İ`, the only letter of which Unicode makes two, the first; of both small sigmas the same.
fn folded_character(character: char) -> char {
    match character.to_lowercase().next() {
        Some('ς') => 'σ',
        Some(small) => small,
        None => character,
    }
}

fn find_whatever_case(text: &str, chunk: &str) -> Option<Span> {
    let (small, small_chunk) = (folded(text), folded(chunk));
    let found = find(&small, &small_chunk)?;
    let before = small[..found.start].chars().count();
    let mut boundaries = text.char_indices().map(|(byte, _)| byte).chain([text.len()]);
    let start = boundaries.nth(before)?;
    let length = small_chunk.chars().count();
    let end = if length == 0 { start } else { boundaries.nth(length - 1)? };
    Some(Span::new(start, end))
}

/// A document that is a chunk as a whole.
fn whole<'a>(document: &AnnotationView<'a>) -> AnnotationView<'a> {
    AnnotationView { metadata: chunk_metadata(document, "0"), ..chunk_of(document) }
}

fn chunk_of<'a>(document: &AnnotationView<'a>) -> AnnotationView<'a> {
    AnnotationView { annotator_type: AnnotatorType::CHUNK.0, embeddings: &[], ..document.clone() }
}

fn chunk_metadata<'a>(document: &AnnotationView<'a>, index: &'a str) -> Vec<(&'a str, &'a str)> {
    let entries = document.metadata.iter().copied().filter(|(key, _)| *key != "chunk");
    entries.chain([("chunk", index)]).collect()
}

impl Annotator for Chunks {
    /// A NULL among the chunks is passed over; a start of NULL or below 0 is the begin of every document, as in Java.
    fn annotate(&self, inputs: &Inputs<'_>, _context: &Context<'_>) -> Result<ArrayRef, AnnotatorError> {
        inputs.annotate_rows(|row, out| {
            if !inputs.is_given(CHUNK) {
                inputs.annotations(DOCUMENT, row).for_each(|document| out.push(&whole(&document)));
                return Ok(());
            }
            let chunks = inputs.texts(CHUNK, row);
            let start = usize::try_from(inputs.integer(START, row).unwrap_or_default()).unwrap_or_default();
            let mut missing: Vec<bool> = chunks.iter().map(Option::is_some).collect();
            for document in inputs.annotations(DOCUMENT, row) {
                let Some(start) = self.start(document.result, start) else { continue };
                let mut offsets = OffsetCursor::new(document.result, self.unit);
                for (index, chunk) in chunks.iter().enumerate() {
                    let Some(chunk) = chunk else { continue };
                    let Some(span) = self.find(document.result, chunk, start) else { continue };
                    missing[index] = false;
                    let index = index.to_string();
                    let (begin, end) = place(&document, span, &mut offsets);
                    out.push(&AnnotationView {
                        begin,
                        end,
                        result: chunk,
                        metadata: chunk_metadata(&document, &index),
                        ..chunk_of(&document)
                    });
                }
            }
            let missing = missing.iter().position(|missing| *missing).filter(|_| self.fail_on_missing);
            missing.and_then(|index| chunks[index]).map_or(Ok(()), |chunk| Err(AnnotatorError::Chunk(chunk.to_owned())))
        })
    }
}
