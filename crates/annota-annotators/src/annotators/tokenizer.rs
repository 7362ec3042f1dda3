use annota_text::{OffsetCursor, OffsetUnit, Tokenizer};
use arrow::array::ArrayRef;

use super::OFFSETS;
use crate::{
    AnnotationView, Annotator, AnnotatorError, AnnotatorType, Context, Definition, Input, Inputs, Output, Settings,
};

/// Spark NLP's Tokenizer.
pub static DEFINITION: Definition = Definition {
    name: "tokens",
    aliases: &[],
    summary: "Cuts sentences into tokens.",
    example: "tokens(sentences(document(text)))",
    inputs: &[Input::Annotations { name: "sentences", kind: AnnotatorType::DOCUMENT }],
    output: Output::Annotations(AnnotatorType::TOKEN),
    parameters: &[OFFSETS],
    embeds: false,
    build: |settings| Ok(Box::new(Tokens::new(settings)?)),
};

#[derive(Debug)]
struct Tokens {
    tokenizer: Tokenizer,
    unit: OffsetUnit,
}

impl Tokens {
    fn new(settings: &Settings) -> Result<Self, AnnotatorError> {
        Ok(Tokens { tokenizer: Tokenizer::default(), unit: settings.parsed("offsets")? })
    }
}

impl Annotator for Tokens {
    fn annotate(&self, inputs: &Inputs<'_>, _context: &Context<'_>) -> Result<ArrayRef, AnnotatorError> {
        inputs.annotate_rows(|row, out| {
            for sentence in inputs.annotations(0, row) {
                let index = sentence.meta("sentence").unwrap_or("0");
                let mut offsets = OffsetCursor::new(sentence.result, self.unit);
                for span in self.tokenizer.tokens(sentence.result) {
                    let begin = sentence.begin + offsets.offset_of(span.start) as i32;
                    let end = sentence.begin + offsets.offset_of(span.end) as i32 - 1;
                    out.push(&AnnotationView {
                        annotator_type: AnnotatorType::TOKEN.0,
                        begin,
                        end,
                        result: &sentence.result[span.range()],
                        metadata: vec![("sentence", index)],
                        embeddings: &[],
                    });
                }
            }
            Ok(())
        })
    }
}
