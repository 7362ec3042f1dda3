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
    family: None,
    aliases: &[],
    summary: "Makes a document annotation of a text, cleaning its white space as cleanup_mode says; of a list, one for \
              every text, NULLs passed over. The metadata are the entries of the map that have a value, the id, and as \
              `sentence` the text's place in the list.",
    example: "document(text, cleanup_mode => 'shrink', id => id)",
    inputs: &[
        Input::Texts { name: "text" },
        Input::Optional(&Input::Id { name: "id" }),
        Input::Optional(&Input::Map { name: "metadata" }),
    ],
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

const TEXT: usize = 0;
const ID: usize = 1;
const METADATA: usize = 2;

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

/// What a row's id and map say. The id takes the place of an entry of its name, as will the sentence's number.
fn given_metadata<'a>(inputs: &Inputs<'a>, row: usize) -> Vec<(&'a str, &'a str)> {
    let id = inputs.given_text(ID, row).map(|id| ("id", id));
    let entries = inputs.entries(METADATA, row);
    entries.filter(|(key, _)| *key != "sentence" && !(id.is_some() && *key == "id")).chain(id).collect()
}

impl Annotator for DocumentAssembler {
    /// An empty text is an empty document, from 0 to -1.
    fn annotate(&self, inputs: &Inputs<'_>, _context: &Context<'_>) -> Result<ArrayRef, AnnotatorError> {
        inputs.annotate_rows(|row, out| {
            let given = given_metadata(inputs, row);
            for (index, text) in inputs.texts(TEXT, row).into_iter().enumerate() {
                let Some(text) = text else { continue };
                let (text, index) = (self.cleanup.clean(text), index.to_string());
                let mut metadata = given.clone();
                metadata.push(("sentence", &index));
                out.push(&AnnotationView {
                    annotator_type: AnnotatorType::DOCUMENT.0,
                    begin: 0,
                    end: self.unit.count(&text) as i32 - 1,
                    result: &text,
                    metadata,
                    embeddings: &[],
                });
            }
            Ok(())
        })
    }
}
