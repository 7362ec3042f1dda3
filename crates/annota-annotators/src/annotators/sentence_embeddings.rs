use std::str::FromStr;

use arrow::array::ArrayRef;

use crate::settings::one_of;
use crate::{
    AnnotationView, Annotator, AnnotatorError, AnnotatorType, Context, Definition, Fallback, Input, Inputs, Output,
    Parameter,
};

/// Spark NLP's SentenceEmbeddings.
pub static DEFINITION: Definition = Definition {
    name: "sentence_embeddings",
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
    type Err = AnnotatorError;

    fn from_str(text: &str) -> Result<Self, AnnotatorError> {
        one_of("pooling_strategy", &[("AVERAGE", Strategy::Average), ("SUM", Strategy::Sum)], text)
    }
}

#[derive(Debug)]
struct SentenceEmbeddings {
    strategy: Strategy,
}

impl SentenceEmbeddings {
    /// Empty where there is no vector.
    fn pool<'a>(&self, vectors: impl Iterator<Item = &'a [f32]>) -> Vec<f32> {
        let mut sum: Vec<f32> = Vec::new();
        let mut count = 0.0;
        for vector in vectors.filter(|vector| !vector.is_empty()) {
            sum.resize(vector.len(), 0.0);
            sum.iter_mut().zip(vector).for_each(|(sum, value)| *sum += value);
            count += 1.0;
        }
        if self.strategy == Strategy::Average {
            sum.iter_mut().for_each(|value| *value /= count);
        }
        sum
    }
}

impl Annotator for SentenceEmbeddings {
    /// A token belongs to the sentence whose `sentence` metadata it bears.
    fn annotate(&self, inputs: &Inputs<'_>, _context: &Context<'_>) -> Result<ArrayRef, AnnotatorError> {
        inputs.annotate_rows(|row, out| {
            let words: Vec<AnnotationView<'_>> = inputs.annotations(1, row).collect();
            for sentence in inputs.annotations(0, row) {
                let index = sentence.meta("sentence").unwrap_or("0");
                let own = words.iter().filter(|word| word.meta("sentence").unwrap_or("0") == index);
                let vector = self.pool(own.map(|word| word.embeddings));
                out.push(&AnnotationView {
                    annotator_type: AnnotatorType::SENTENCE_EMBEDDINGS.0,
                    metadata: vec![
                        ("sentence", index),
                        ("token", sentence.result),
                        ("pieceId", "-1"),
                        ("isWordStart", "true"),
                    ],
                    embeddings: &vector,
                    ..sentence.clone()
                });
            }
            Ok(())
        })
    }
}
