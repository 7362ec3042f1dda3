use std::cell::RefCell;

use annota_text::{OffsetCursor, OffsetUnit, SentenceDetector, SentenceSettings, Span, Tokenizer, TokenizerSettings};
use arrow::array::ArrayRef;

use super::super::{OFFSETS, PROFILE};
use super::places_builder::{Place, PlacesBuilder, places_type};
use super::texts::{OnError, TextVectors};
use super::{
    Asked, LONG, MODEL, NORMALIZE, ON_ERROR, PIECES_OF, POOL_OVER, POOLING, PRECISION, SPECIAL_PIECES, TOKEN_POOLING,
};
use crate::{
    Annotator, AnnotatorError, Context, Definition, Input, Inputs, Output, Settings, TokenMaking, TokenizedText,
};

/// The sentences of a text, each with a vector.
pub const SENTENCES: Definition = Definition {
    name: "embed_sentences",
    family: None,
    aliases: &[],
    summary: "Every sentence of a text with its place and one vector, pooled over its pieces or tokens.",
    example: "unnest(embed_sentences(text))",
    inputs: &[Input::Text { name: "text" }],
    output: Output::Values(|| places_type("text")),
    parameters: &[MODEL, POOLING, ON_ERROR, OFFSETS, PROFILE, NORMALIZE, POOL_OVER, LONG, SPECIAL_PIECES, PRECISION],
    embeds: true,
    build: |settings| {
        Ok(Box::new(SentenceLevel { vectors: TextVectors::new(settings)?, level: Level::new(settings)? }))
    },
};

/// The tokens of a text, each with a vector.
pub const TOKENS: Definition = Definition {
    name: "embed_tokens",
    family: None,
    aliases: &[],
    summary: "Every token of a text with its sentence, its place and the vector of its first piece, or the mean of all.",
    example: "unnest(embed_tokens(text))",
    inputs: &[Input::Text { name: "text" }],
    output: Output::Values(|| places_type("token")),
    parameters: &[MODEL, ON_ERROR, OFFSETS, PROFILE, PIECES_OF, TOKEN_POOLING, LONG, SPECIAL_PIECES, PRECISION],
    embeds: true,
    build: |settings| Ok(Box::new(TokenLevel::new(settings)?)),
};

/// What both levels share.
#[derive(Debug)]
struct Level {
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
    vectors: TextVectors,
    level: Level,
}

impl Annotator for SentenceLevel {
    fn annotate(&self, inputs: &Inputs<'_>, context: &Context<'_>) -> Result<ArrayRef, AnnotatorError> {
        let level = &self.level;
        let sentences = level.sentences(inputs, false)?;
        let vectors = RefCell::new(Vec::with_capacity(sentences.len()));
        let embed = |sentences: &[Sentence<'_>]| {
            let texts: Vec<&str> = sentences.iter().map(|sentence| sentence.text).collect();
            self.vectors.embed(&texts, context, &mut |vector| vectors.borrow_mut().push(Some(vector.to_vec())))
        };
        level.on_error.embed(&sentences, embed, |_| vectors.borrow_mut().push(None))?;
        let whole = |sentence: &Sentence<'_>| vec![Span::new(0, sentence.text.len())];
        Ok(level.build(inputs, "text", &sentences, vectors.into_inner(), whole))
    }
}

#[derive(Debug)]
struct TokenLevel {
    asked: Asked,
    making: TokenMaking,
    level: Level,
}

impl TokenLevel {
    fn new(settings: &Settings) -> Result<Self, AnnotatorError> {
        Ok(TokenLevel {
            asked: Asked::new(settings)?,
            making: TokenMaking::new(settings)?,
            level: Level::new(settings)?,
        })
    }
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
            Ok(context.embedder.embed_tokens(&self.asked.call(context), self.making, &texts, &mut |found| {
                vectors.borrow_mut().push(found.map(|found| found.vector.to_vec()));
            })?)
        };
        let absent = |sentence: &Sentence<'_>| sentence.tokens.iter().for_each(|_| vectors.borrow_mut().push(None));
        level.on_error.embed(&sentences, embed, absent)?;
        Ok(level.build(inputs, "token", &sentences, vectors.into_inner(), |sentence| sentence.tokens.clone()))
    }
}
