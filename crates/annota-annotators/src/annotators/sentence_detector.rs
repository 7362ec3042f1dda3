use annota_text::{OffsetCursor, OffsetUnit, SentenceDetector};
use arrow::array::ArrayRef;

use super::OFFSETS;
use crate::{
    AnnotationView, Annotator, AnnotatorError, AnnotatorType, Context, Definition, Input, Inputs, Output, Settings,
};

/// Spark NLP's SentenceDetector.
pub static DEFINITION: Definition = Definition {
    name: "sentences",
    aliases: &[],
    summary: "Finds the sentences of documents.",
    example: "sentences(document(text))",
    inputs: &[Input::Annotations { name: "document", kind: AnnotatorType::DOCUMENT }],
    output: Output::Annotations(AnnotatorType::DOCUMENT),
    parameters: &[OFFSETS],
    embeds: false,
    build: |settings| Ok(Box::new(Sentences::new(settings)?)),
};

#[derive(Debug)]
struct Sentences {
    detector: SentenceDetector,
    unit: OffsetUnit,
}

impl Sentences {
    fn new(settings: &Settings) -> Result<Self, AnnotatorError> {
        Ok(Sentences { detector: SentenceDetector::default(), unit: settings.parsed("offsets")? })
    }
}

impl Annotator for Sentences {
    fn annotate(&self, inputs: &Inputs<'_>, _context: &Context<'_>) -> Result<ArrayRef, AnnotatorError> {
        inputs.annotate_rows(|row, out| {
            let mut index = 0;
            for document in inputs.annotations(0, row) {
                let mut offsets = OffsetCursor::new(document.result, self.unit);
                for span in self.detector.sentences(document.result) {
                    let begin = document.begin + offsets.offset_of(span.start) as i32;
                    let end = document.begin + offsets.offset_of(span.end) as i32 - 1;
                    out.push(&AnnotationView {
                        annotator_type: AnnotatorType::DOCUMENT.0,
                        begin,
                        end,
                        result: &document.result[span.range()],
                        metadata: vec![("sentence", &index.to_string())],
                        embeddings: &[],
                    });
                    index += 1;
                }
            }
            Ok(())
        })
    }
}
