use arrow::array::ArrayRef;

use crate::columns::tagged_field;
use crate::{
    AnnotationView, Annotator, AnnotatorError, Context, Definition, Fallback, Input, Inputs, Output, Parameter,
    Settings,
};

/// What UNNEST and arrays of one's own making take from a column, given back to it.
pub static DEFINITION: Definition = Definition {
    name: "as_annotations",
    family: None,
    aliases: &[],
    summary: "The same annotations, as a column that says of which type they are. Columns lose this in UNNEST, in \
              arrays of one's own making, and on their way through some files.",
    example: "as_annotations([unnest(sentences(document(text)))], 'document')",
    inputs: &[Input::AnyAnnotations { name: "annotations" }],
    output: Output::Chosen(|settings| Ok(tagged_field("", annotator_type(settings)?))),
    parameters: &[Parameter {
        name: "annotator_type",
        about: "document, token, chunk, word_embeddings, sentence_embeddings or a type of one's own",
        fallback: Fallback::Nothing,
    }],
    embeds: false,
    build: |settings| Ok(Box::new(AsAnnotations { annotator_type: annotator_type(settings)?.to_owned() })),
};

fn annotator_type(settings: &Settings) -> Result<&str, AnnotatorError> {
    let given = settings.text("annotator_type")?.unwrap_or_default();
    if given.is_empty() {
        return Err(AnnotatorError::Setting {
            setting: "annotator_type".to_owned(),
            value: given.to_owned(),
            expected: "the name of a type, as `document`".to_owned(),
        });
    }
    Ok(given)
}

#[derive(Debug)]
struct AsAnnotations {
    annotator_type: String,
}

impl Annotator for AsAnnotations {
    fn annotate(&self, inputs: &Inputs<'_>, _context: &Context<'_>) -> Result<ArrayRef, AnnotatorError> {
        inputs.annotate_rows(|row, out| {
            for annotation in inputs.annotations(0, row) {
                out.push(&AnnotationView { annotator_type: &self.annotator_type, ..annotation });
            }
            Ok(())
        })
    }
}
