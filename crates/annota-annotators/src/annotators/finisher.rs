use std::sync::Arc;

use arrow::array::{ArrayRef, Float32Builder, ListBuilder, StringBuilder};
use arrow::datatypes::DataType;

use crate::columns::VectorsBuilder;
use crate::{Annotator, AnnotatorError, Context, Definition, Input, Inputs, Output, vector_type};

/// Spark NLP's Finisher, as an array of strings.
pub static RESULTS: Definition = Definition {
    name: "finish",
    aliases: &[],
    summary: "The results of annotations, as an array of strings.",
    example: "finish(tokens(sentences(document(text))))",
    inputs: &[Input::AnyAnnotations { name: "annotations" }],
    output: Output::Values(|| DataType::new_list(DataType::Utf8, true)),
    parameters: &[],
    embeds: false,
    build: |_| Ok(Box::new(Results)),
};

/// Spark NLP's EmbeddingsFinisher.
pub static EMBEDDINGS: Definition = Definition {
    name: "finish_embeddings",
    aliases: &[],
    summary: "The vectors of annotations, as an array of arrays of floats.",
    example: "finish_embeddings(albert_embeddings(sentences, tokens))",
    inputs: &[Input::AnyAnnotations { name: "annotations" }],
    output: Output::Values(|| DataType::new_list(vector_type(), true)),
    parameters: &[],
    embeds: false,
    build: |_| Ok(Box::new(Embeddings)),
};

#[derive(Debug)]
struct Results;

impl Annotator for Results {
    fn annotate(&self, inputs: &Inputs<'_>, _context: &Context<'_>) -> Result<ArrayRef, AnnotatorError> {
        let mut out = ListBuilder::new(StringBuilder::new());
        for row in 0..inputs.rows() {
            inputs.annotations(0, row).for_each(|annotation| out.values().append_value(annotation.result));
            out.append(inputs.is_present(row));
        }
        Ok(Arc::new(out.finish()))
    }
}

#[derive(Debug)]
struct Embeddings;

impl Annotator for Embeddings {
    fn annotate(&self, inputs: &Inputs<'_>, _context: &Context<'_>) -> Result<ArrayRef, AnnotatorError> {
        let mut out = ListBuilder::new(VectorsBuilder::new(Float32Builder::new()));
        for row in 0..inputs.rows() {
            for annotation in inputs.annotations(0, row) {
                out.values().values().append_slice(annotation.embeddings);
                out.values().append(true);
            }
            out.append(inputs.is_present(row));
        }
        Ok(Arc::new(out.finish()))
    }
}
