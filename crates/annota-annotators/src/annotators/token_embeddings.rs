use std::cell::RefCell;

use annota_text::{OffsetCursor, OffsetUnit, SentenceDetector, SentenceSettings, Span, Tokenizer, TokenizerSettings};
use arrow::array::ArrayRef;

use super::places::{Place, PlacesBuilder, places_type};
use super::text_embeddings::OnError;
use super::{MODEL, OFFSETS, ON_ERROR, POOLING, PROFILE};
use crate::{Annotator, AnnotatorError, Context, Definition, Input, Inputs, Output, Pooling, Settings, TokenizedText};

/// The sentences of a text, each with a vector.
pub static SENTENCES: Definition = Definition {
    name: "albert_embed_sentences",
    aliases: &["embed_sentences"],
    summary: "Every sentence of a text with its place and one vector, pooled over the sentence's pieces.",
    example: "unnest(albert_embed_sentences(text))",
    inputs: &[Input::Text { name: "text" }],
    output: Output::Values(|| places_type("text")),
    parameters: &[MODEL, POOLING, ON_ERROR, OFFSETS, PROFILE],
    embeds: true,
    build: |settings| {
        Ok(Box::new(SentenceLevel { pooling: settings.parsed("pooling")?, level: Level::new(settings)? }))
    },
};

/// The tokens of a text, each with a vector.
pub static TOKENS: Definition = Definition {
    name: "albert_embed_tokens",
    aliases: &["embed_tokens"],
    summary: "Every token of a text with its sentence, its place and the vector of its first piece.",
    example: "unnest(albert_embed_tokens(text))",
    inputs: &[Input::Text { name: "text" }],
    output: Output::Values(|| places_type("token")),
    parameters: &[MODEL, ON_ERROR, OFFSETS, PROFILE],
    embeds: true,
    build: |settings| Ok(Box::new(TokenLevel { level: Level::new(settings)? })),
};

/// What both levels share.
#[derive(Debug)]
struct Level {
    model: String,
    on_error: OnError,
    unit: OffsetUnit,
    detector: SentenceDetector,
    tokenizer: Tokenizer,
}

/// A sentence of a row: its text, where it stands in the row's, and its tokens.
struct Sentence<'a> {
    row: usize,
    index: i32,
    text: &'a str,
    begin: i32,
    tokens: Vec<Span>,
}

impl Level {
    fn new(settings: &Settings) -> Result<Self, AnnotatorError> {
        let profile = settings.parsed("profile")?;
        Ok(Level {
            detector: SentenceDetector::new(SentenceSettings { profile, ..SentenceSettings::default() })?,
            tokenizer: Tokenizer::new(&TokenizerSettings { profile, ..TokenizerSettings::default() })?,
            model: settings.text("model")?.unwrap_or_default().to_owned(),
            on_error: settings.parsed("on_error")?,
            unit: settings.parsed("offsets")?,
        })
    }

    /// The sentences of all rows, with their tokens if asked for.
    fn sentences<'a>(&self, inputs: &Inputs<'a>, with_tokens: bool) -> Result<Vec<Sentence<'a>>, AnnotatorError> {
        let mut found = Vec::new();
        for row in (0..inputs.rows()).filter(|row| inputs.is_present(*row)) {
            let text = inputs.text(0, row);
            let mut offsets = OffsetCursor::new(text, self.unit);
            for (index, span) in self.detector.sentences(text)?.into_iter().enumerate() {
                let sentence = &text[span.range()];
                found.push(Sentence {
                    row,
                    index: index as i32,
                    text: sentence,
                    begin: offsets.offset_of(span.start) as i32,
                    tokens: if with_tokens { self.tokenizer.tokens(sentence)? } else { Vec::new() },
                });
            }
        }
        Ok(found)
    }

    fn place<'a>(&self, sentence: &Sentence<'a>, span: Span, offsets: &mut OffsetCursor<'a>) -> Place<'a> {
        let begin = sentence.begin + offsets.offset_of(span.start) as i32;
        let end = sentence.begin + offsets.offset_of(span.end) as i32 - 1;
        Place { sentence: sentence.index, part: &sentence.text[span.range()], begin, end }
    }

    /// A column of the parts of each sentence with the vectors found for them, in order.
    fn build(
        &self,
        inputs: &Inputs<'_>,
        part: &'static str,
        sentences: &[Sentence<'_>],
        vectors: Vec<Option<Vec<f32>>>,
        parts: impl Fn(&Sentence<'_>) -> Vec<Span>,
    ) -> ArrayRef {
        let mut out = PlacesBuilder::new(part, inputs.rows());
        let (mut sentences, mut vectors) = (sentences.iter().peekable(), vectors.into_iter());
        for row in 0..inputs.rows() {
            while let Some(sentence) = sentences.next_if(|sentence| sentence.row == row) {
                let mut offsets = OffsetCursor::new(sentence.text, self.unit);
                for span in parts(sentence) {
                    out.push(&self.place(sentence, span, &mut offsets), vectors.next().flatten().as_deref());
                }
            }
            out.end_row(inputs.is_present(row));
        }
        out.finish()
    }
}

#[derive(Debug)]
struct SentenceLevel {
    pooling: Pooling,
    level: Level,
}

impl Annotator for SentenceLevel {
    fn annotate(&self, inputs: &Inputs<'_>, context: &Context<'_>) -> Result<ArrayRef, AnnotatorError> {
        let level = &self.level;
        let sentences = level.sentences(inputs, false)?;
        let vectors = RefCell::new(Vec::with_capacity(sentences.len()));
        let embed = |sentences: &[Sentence<'_>]| {
            let texts: Vec<&str> = sentences.iter().map(|sentence| sentence.text).collect();
            let mut sink = |vector: &[f32]| vectors.borrow_mut().push(Some(vector.to_vec()));
            context.embedder.embed_texts(&level.model, &texts, self.pooling, context.hints, &mut sink)
        };
        level.on_error.embed(&sentences, embed, |_| vectors.borrow_mut().push(None))?;
        let whole = |sentence: &Sentence<'_>| vec![Span::new(0, sentence.text.len())];
        Ok(level.build(inputs, "text", &sentences, vectors.into_inner(), whole))
    }
}

#[derive(Debug)]
struct TokenLevel {
    level: Level,
}

impl Annotator for TokenLevel {
    fn annotate(&self, inputs: &Inputs<'_>, context: &Context<'_>) -> Result<ArrayRef, AnnotatorError> {
        let level = &self.level;
        let sentences = level.sentences(inputs, true)?;
        let vectors = RefCell::new(Vec::new());
        let embed = |sentences: &[Sentence<'_>]| {
            let texts = sentences.iter().map(|sentence| TokenizedText {
                text: sentence.text,
                tokens: sentence.tokens.iter().map(|span| span.range()).collect(),
            });
            let texts: Vec<TokenizedText<'_>> = texts.collect();
            context.embedder.embed_tokens(&level.model, &texts, context.hints, &mut |found| {
                vectors.borrow_mut().push(found.map(|found| found.vector.to_vec()));
            })
        };
        let absent = |sentence: &Sentence<'_>| sentence.tokens.iter().for_each(|_| vectors.borrow_mut().push(None));
        level.on_error.embed(&sentences, embed, absent)?;
        Ok(level.build(inputs, "token", &sentences, vectors.into_inner(), |sentence| sentence.tokens.clone()))
    }
}
