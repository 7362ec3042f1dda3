use annota_text::{
    OffsetCursor, OffsetUnit, SentenceDetector, SentenceSettings, SettingError, Tokenizer, TokenizerSettings,
};
use arrow::array::ArrayRef;

use super::super::{OFFSETS, PROFILE};
use super::{Asked, MODEL};
use crate::{
    AnnotationView, Annotator, AnnotatorError, AnnotatorType, ChunkSize, Context, Definition, Fallback, Input, Inputs,
    Output, Parameter, Settings, TokenizedText,
};

/// Cuts documents for retrieval.
pub const DEFINITION: Definition = Definition {
    name: "chunks",
    family: None,
    aliases: &[],
    summary: "Cuts a text into chunks that the model sees whole, for retrieval: at the ends of sentences where it can, \
              else of tokens, never over the limit. Metadata: the chunk's number.",
    example: "unnest(chunks(text, max_pieces => 256, overlap => 32))",
    inputs: &[Input::Text { name: "text" }],
    output: Output::Annotations(AnnotatorType::CHUNK),
    parameters: &[
        Parameter {
            name: "max_pieces",
            about: "the most pieces of a chunk, special ones included",
            fallback: Fallback::Integer(256),
        },
        Parameter {
            name: "overlap",
            about: "the most pieces that a chunk shares with the one before it",
            fallback: Fallback::Integer(32),
        },
        MODEL,
        OFFSETS,
        PROFILE,
    ],
    embeds: true,
    build: |settings| Ok(Box::new(Chunks::new(settings)?)),
};

/// Room for the special pieces and one more.
const LEAST_PIECES: usize = 8;

#[derive(Debug)]
struct Chunks {
    size: ChunkSize,
    asked: Asked,
    unit: OffsetUnit,
    detector: SentenceDetector,
    tokenizer: Tokenizer,
}

impl Chunks {
    fn new(settings: &Settings) -> Result<Self, AnnotatorError> {
        let max_pieces = settings.count("max_pieces")?.unwrap_or_default();
        let overlap = settings.count("overlap")?.unwrap_or_default();
        if max_pieces < LEAST_PIECES {
            let expected = format!("at least {LEAST_PIECES}");
            return Err(SettingError::new("max_pieces", max_pieces.to_string(), expected).into());
        }
        if overlap >= max_pieces {
            let expected = format!("less than max_pieces, which is {max_pieces}");
            return Err(SettingError::new("overlap", overlap.to_string(), expected).into());
        }
        let profile = settings.parsed("profile")?;
        Ok(Chunks {
            size: ChunkSize { max_pieces, overlap },
            asked: Asked::new(settings)?,
            unit: settings.parsed("offsets")?,
            detector: SentenceDetector::new(SentenceSettings { profile, ..SentenceSettings::default() })?,
            tokenizer: Tokenizer::new(&TokenizerSettings { profile, ..TokenizerSettings::default() })?,
        })
    }
}

impl Annotator for Chunks {
    fn annotate(&self, inputs: &Inputs<'_>, context: &Context<'_>) -> Result<ArrayRef, AnnotatorError> {
        inputs.annotate_rows(|row, out| {
            let text = inputs.text(0, row);
            let (mut sentences, mut tokens) = (Vec::new(), Vec::new());
            for sentence in self.detector.sentences(text)? {
                let own = self.tokenizer.tokens(&text[sentence.range()])?;
                tokens.extend(own.into_iter().map(|token| sentence.start + token.start..sentence.start + token.end));
                sentences.push(sentence.range());
            }
            let text = TokenizedText { text, tokens };
            let chunks = context.embedder.chunks(&self.asked.call(context), &text, &sentences, self.size)?;
            // Chunks overlap, and a cursor goes forward best.
            let mut begins = OffsetCursor::new(text.text, self.unit);
            let mut ends = OffsetCursor::new(text.text, self.unit);
            for (index, chunk) in chunks.into_iter().enumerate() {
                out.push(&AnnotationView {
                    annotator_type: AnnotatorType::CHUNK.0,
                    begin: begins.offset_of(chunk.start) as i32,
                    end: ends.offset_of(chunk.end) as i32 - 1,
                    result: &text.text[chunk],
                    metadata: vec![("chunk", &index.to_string())],
                    embeddings: &[],
                });
            }
            Ok(())
        })
    }
}
