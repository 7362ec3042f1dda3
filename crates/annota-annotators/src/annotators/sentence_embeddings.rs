use std::collections::HashMap;
use std::str::FromStr;

use annota_text::{SettingError, named};
use arrow::array::ArrayRef;

use super::of_sentence;
use crate::{
    AnnotationView, Annotator, AnnotatorError, AnnotatorType, Context, Definition, Fallback, Input, Inputs, Output,
    Parameter,
};

/// Spark NLP's SentenceEmbeddings.
pub static DEFINITION: Definition = Definition {
    name: "sentence_embeddings",
    family: None,
    aliases: &[],
    summary: "Gives every sentence the average or the sum of its tokens' vectors.",
    example: "sentence_embeddings(sentences, embeddings, pooling_strategy => 'AVERAGE')",
    inputs: &[
        Input::Annotations { name: "sentences", kind: AnnotatorType::DOCUMENT },
        Input::Annotations { name: "embeddings", kind: AnnotatorType::WORD_EMBEDDINGS },
    ],
    output: Output::Annotations(AnnotatorType::SENTENCE_EMBEDDINGS),
    parameters: &[Parameter { name: "pooling_strategy", about: "AVERAGE or SUM", fallback: Fallback::Text("AVERAGE") }],
    embeds: false,
    build: |settings| Ok(Box::new(SentenceEmbeddings { strategy: settings.parsed("pooling_strategy")? })),
};

#[derive(Debug, Clone, Copy, PartialEq, Default)]
enum Strategy {
    #[default]
    Average,
    Sum,
}

impl FromStr for Strategy {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        named("pooling_strategy", &[("AVERAGE", Strategy::Average), ("SUM", Strategy::Sum)], text)
    }
}

#[derive(Debug)]
struct SentenceEmbeddings {
    strategy: Strategy,
}

/// The sum of some vectors, and how many they are.
#[derive(Debug, Default)]
struct Pool {
    sum: Vec<f32>,
    count: f32,
}

impl Pool {
    /// A token without a vector adds nothing.
    fn add(&mut self, vector: &[f32]) {
        if vector.is_empty() {
            return;
        }
        self.sum.resize(vector.len().max(self.sum.len()), 0.0);
        self.sum.iter_mut().zip(vector).for_each(|(sum, value)| *sum += value);
        self.count += 1.0;
    }

    /// Empty where there is no vector.
    fn vector(&self, strategy: Strategy) -> Vec<f32> {
        match strategy {
            Strategy::Sum => self.sum.clone(),
            Strategy::Average => self.sum.iter().map(|sum| sum / self.count).collect(),
        }
    }
}

/// What tells a sentence of a row from the others: its document, where there are several, and its number.
fn key<'a>(annotation: &AnnotationView<'a>) -> (Option<&'a str>, &'a str) {
    (annotation.meta("document"), annotation.meta("sentence").unwrap_or("0"))
}

impl Annotator for SentenceEmbeddings {
    /// A token belongs to the sentence whose `document` and `sentence` metadata it bears.
    fn annotate(&self, inputs: &Inputs<'_>, _context: &Context<'_>) -> Result<ArrayRef, AnnotatorError> {
        inputs.annotate_rows(|row, out| {
            let mut pools: HashMap<_, Pool> = HashMap::new();
            for word in inputs.annotations(1, row) {
                pools.entry(key(&word)).or_default().add(word.embeddings);
            }
            for sentence in inputs.annotations(0, row) {
                let vector = pools.get(&key(&sentence)).map_or_else(Vec::new, |pool| pool.vector(self.strategy));
                let mut metadata = of_sentence(&sentence);
                metadata.extend([("token", sentence.result), ("pieceId", "-1"), ("isWordStart", "true")]);
                out.push(&AnnotationView {
                    annotator_type: AnnotatorType::SENTENCE_EMBEDDINGS.0,
                    metadata,
                    embeddings: &vector,
                    ..sentence
                });
            }
            Ok(())
        })
    }
}
