use annota_text::{CleanupMode, OffsetUnit};
use arrow::array::ArrayRef;

use super::OFFSETS;
use crate::{
    AnnotationView, Annotator, AnnotatorError, AnnotatorType, Context, Definition, Fallback, Input, Inputs, Output,
    Parameter, Settings,
};

/// Spark NLP's DocumentAssembler.
pub static DEFINITION: Definition = Definition {
    name: "document",
    aliases: &[],
    summary: "Makes a document annotation of a text, cleaning its white space as cleanup_mode says.",
    example: "document(text, cleanup_mode => 'shrink')",
    inputs: &[Input::Text { name: "text" }],
    output: Output::Annotations(AnnotatorType::DOCUMENT),
    parameters: &[
        Parameter {
            name: "cleanup_mode",
            about: "disabled, inplace, inplace_full, shrink, shrink_full, each, each_full or delete_full",
            fallback: Fallback::Text("disabled"),
        },
        OFFSETS,
    ],
    embeds: false,
    build: |settings| Ok(Box::new(DocumentAssembler::new(settings)?)),
};

#[derive(Debug)]
struct DocumentAssembler {
    cleanup: CleanupMode,
    unit: OffsetUnit,
}

impl DocumentAssembler {
    fn new(settings: &Settings) -> Result<Self, AnnotatorError> {
        Ok(DocumentAssembler { cleanup: settings.parsed("cleanup_mode")?, unit: settings.parsed("offsets")? })
    }
}

impl Annotator for DocumentAssembler {
    /// An empty text is an empty document, from 0 to -1.
    fn annotate(&self, inputs: &Inputs<'_>, _context: &Context<'_>) -> Result<ArrayRef, AnnotatorError> {
        inputs.annotate_rows(|row, out| {
            let text = self.cleanup.clean(inputs.text(0, row));
            out.push(&AnnotationView {
                annotator_type: AnnotatorType::DOCUMENT.0,
                begin: 0,
                end: self.unit.count(&text) as i32 - 1,
                result: &text,
                metadata: vec![("sentence", "0")],
                embeddings: &[],
            });
            Ok(())
        })
    }
}
