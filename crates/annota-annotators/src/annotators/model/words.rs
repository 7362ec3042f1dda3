use std::ops::Range;

use annota_text::{OffsetCursor, OffsetUnit};
use arrow::array::ArrayRef;

use super::super::OFFSETS;
use super::super::membership::Sentences;
use super::{Asked, LONG, MODEL, PIECES_OF, PRECISION, SPECIAL_PIECES, TOKEN_POOLING};
use crate::{
    AnnotationView, Annotator, AnnotatorError, AnnotatorType, Context, Definition, Input, Inputs, Output, Settings,
    TokenMaking, TokenVector, TokenizedText,
};

/// Spark NLP's AlbertEmbeddings, BertEmbeddings and the like.
pub const DEFINITION: Definition = Definition {
    name: "embeddings",
    family: None,
    aliases: &[],
    summary: "Gives every token the vector that a model computes for it in its sentence.",
    example: "embeddings(sentences(document(text)), tokens(sentences(document(text))))",
    inputs: &[
        Input::Annotations { name: "sentences", kind: AnnotatorType::DOCUMENT },
        Input::Annotations { name: "tokens", kind: AnnotatorType::TOKEN },
    ],
    output: Output::Annotations(AnnotatorType::WORD_EMBEDDINGS),
    parameters: &[MODEL, OFFSETS, PIECES_OF, TOKEN_POOLING, LONG, SPECIAL_PIECES, PRECISION],
    embeds: true,
    build: |settings| Ok(Box::new(WordEmbeddings::new(settings)?)),
};

#[derive(Debug)]
struct WordEmbeddings {
    asked: Asked,
    making: TokenMaking,
    unit: OffsetUnit,
}

/// The tokens of one sentence, and where they stand in it.
struct Sentence<'a> {
    /// What the metadata of its tokens say of it.
    numbers: Vec<(&'static str, String)>,
    text: &'a str,
    tokens: Vec<AnnotationView<'a>>,
    places: Vec<Range<usize>>,
}

impl WordEmbeddings {
    fn new(settings: &Settings) -> Result<Self, AnnotatorError> {
        Ok(WordEmbeddings {
            asked: Asked::new(settings)?,
            making: TokenMaking::new(settings)?,
            unit: settings.parsed("offsets")?,
        })
    }

    /// The sentences of a row with the tokens that lie within them.
    fn sentences<'a>(&self, inputs: &'a Inputs<'_>, row: usize) -> Vec<Sentence<'a>> {
        let sentences = Sentences::new(inputs.annotations(0, row).collect());
        let tokens = sentences.with_their(inputs.annotations(1, row));
        let sentences = sentences.iter().zip(tokens).enumerate().filter(|(_, (_, tokens))| !tokens.is_empty());
        sentences.map(|(place, (sentence, tokens))| self.sentence(place, sentence, tokens)).collect()
    }

    fn sentence<'a>(
        &self,
        place: usize,
        sentence: &AnnotationView<'a>,
        tokens: Vec<AnnotationView<'a>>,
    ) -> Sentence<'a> {
        let mut cursor = OffsetCursor::new(sentence.result, self.unit);
        let mut byte_of = |offset: i32| cursor.byte_of((offset - sentence.begin) as usize);
        let places = tokens.iter().map(|token| byte_of(token.begin)..byte_of(token.end + 1)).collect();
        let number = sentence.meta("sentence").map_or_else(|| place.to_string(), str::to_owned);
        let document = sentence.meta("document").map(|document| ("document", document.to_owned()));
        let numbers = std::iter::once(("sentence", number)).chain(document).collect();
        Sentence { numbers, text: sentence.result, tokens, places }
    }
}

impl Annotator for WordEmbeddings {
    /// A token of which the model sees nothing has no vector, and says so in its metadata (`reason`).
    fn annotate(&self, inputs: &Inputs<'_>, context: &Context<'_>) -> Result<ArrayRef, AnnotatorError> {
        let rows =
            (0..inputs.rows()).map(|row| if inputs.is_present(row) { self.sentences(inputs, row) } else { Vec::new() });
        let rows: Vec<Vec<Sentence<'_>>> = rows.collect();
        let sentences = rows.iter().flatten();
        let texts: Vec<TokenizedText<'_>> =
            sentences.map(|sentence| TokenizedText { text: sentence.text, tokens: sentence.places.clone() }).collect();
        let mut vectors: Vec<Option<(Vec<f32>, u32, bool)>> = Vec::new();
        context.embedder.embed_tokens(&self.asked.call(context), self.making, &texts, &mut |found| {
            vectors.push(found.map(|TokenVector { vector, piece, is_unknown }| (vector.to_vec(), piece, is_unknown)));
        })?;
        let mut vectors = vectors.into_iter();
        inputs.annotate_rows(|row, out| {
            for sentence in &rows[row] {
                for token in &sentence.tokens {
                    let found = vectors.next().flatten();
                    let (vector, piece, unknown) =
                        found.as_ref().map_or((&[][..], -1, false), |(vector, piece, unknown)| {
                            (vector.as_slice(), i64::from(*piece), *unknown)
                        });
                    let (piece, unknown) = (piece.to_string(), unknown.to_string());
                    let numbers = sentence.numbers.iter().map(|(key, number)| (*key, number.as_str()));
                    let mut metadata: Vec<(&str, &str)> = numbers.collect();
                    metadata.extend([
                        ("token", token.result),
                        ("pieceId", &piece),
                        ("isWordStart", "true"),
                        ("isOOV", &unknown),
                    ]);
                    if found.is_none() {
                        metadata.push((
                            "reason",
                            "nothing of it is left after the model's normalisation, or it was truncated",
                        ));
                    }
                    out.push(&AnnotationView {
                        annotator_type: AnnotatorType::WORD_EMBEDDINGS.0,
                        metadata,
                        embeddings: vector,
                        ..token.clone()
                    });
                }
            }
            Ok(())
        })
    }
}
