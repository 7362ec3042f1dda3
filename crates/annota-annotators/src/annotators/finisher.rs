use std::fmt::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float32Builder, ListBuilder, StringBuilder};
use arrow::datatypes::{DataType, Field, Fields};

use crate::columns::{StructRows, VectorsBuilder};
use crate::{
    AnnotationView, Annotator, AnnotatorError, Context, Definition, Fallback, Input, Inputs, Output, Parameter,
    Settings, vector_type,
};

/// Spark NLP's Finisher.
pub static RESULTS: Definition = Definition {
    name: "finish",
    family: None,
    aliases: &[],
    summary: "The results of annotations, as an array of texts or as one text.",
    example: "finish(tokens(sentences(document(text))))",
    inputs: &[Input::AnyAnnotations { name: "annotations" }],
    output: Output::Chosen(|settings| {
        let array = settings.flag("output_as_array")?;
        let data_type = if array { DataType::new_list(DataType::Utf8, true) } else { DataType::Utf8 };
        Ok(Field::new("", data_type, true))
    }),
    parameters: &[
        Parameter {
            name: "output_as_array",
            about: "an array of texts if true, else one text",
            fallback: Fallback::Boolean(true),
        },
        Parameter {
            name: "value_split_symbol",
            about: "what stands between the parts of an annotation in one text",
            fallback: Fallback::Text("#"),
        },
        Parameter {
            name: "annotation_split_symbol",
            about: "what stands between annotations in one text",
            fallback: Fallback::Text("@"),
        },
        Parameter {
            name: "include_metadata",
            about: "whether the one text has key->value of the metadata; beside an array, finish_metadata has them",
            fallback: Fallback::Boolean(false),
        },
        Parameter {
            name: "parse_embeddings_vectors",
            about: "whether a vector is written in place of its text",
            fallback: Fallback::Boolean(false),
        },
    ],
    embeds: false,
    build: |settings| Ok(Box::new(Results::new(settings)?)),
};

/// The column that Spark NLP's Finisher adds for metadata.
pub static METADATA: Definition = Definition {
    name: "finish_metadata",
    family: None,
    aliases: &[],
    summary: "The metadata of all annotations, one entry behind the other.",
    example: "finish_metadata(tokens(sentences(document(text))))",
    inputs: &[Input::AnyAnnotations { name: "annotations" }],
    output: Output::Values(|| DataType::new_list(DataType::Struct(entry_fields()), true)),
    parameters: &[],
    embeds: false,
    build: |_| Ok(Box::new(Metadata)),
};

/// Spark NLP's EmbeddingsFinisher.
pub static EMBEDDINGS: Definition = Definition {
    name: "finish_embeddings",
    family: None,
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
struct Results {
    as_array: bool,
    value_split: String,
    annotation_split: String,
    metadata: bool,
    vectors: bool,
}

impl Results {
    fn new(settings: &Settings) -> Result<Self, AnnotatorError> {
        let text = |name| Ok::<_, AnnotatorError>(settings.text(name)?.unwrap_or_default().to_owned());
        let results = Results {
            as_array: settings.flag("output_as_array")?,
            value_split: text("value_split_symbol")?,
            annotation_split: text("annotation_split_symbol")?,
            metadata: settings.flag("include_metadata")?,
            vectors: settings.flag("parse_embeddings_vectors")?,
        };
        if results.as_array && results.metadata {
            return Err(AnnotatorError::Setting {
                setting: "include_metadata".to_owned(),
                value: "true".to_owned(),
                expected: "false beside an array, whose metadata finish_metadata gives".to_owned(),
            });
        }
        Ok(results)
    }

    /// Adds an annotation to a text. Writing to a `String` cannot fail.
    fn write(&self, annotation: &AnnotationView<'_>, out: &mut String) {
        if self.metadata {
            for (key, value) in &annotation.metadata {
                let _ = write!(out, "{key}->{value}{}", self.value_split);
            }
            out.push_str("result->");
        }
        if self.vectors && !annotation.embeddings.is_empty() {
            self.write_vector(annotation.embeddings, out);
        } else {
            out.push_str(annotation.result);
        }
    }

    /// A whole number is written with its `.0`.
    fn write_vector(&self, vector: &[f32], out: &mut String) {
        let split = if self.as_array { " " } else { &self.value_split };
        for (index, number) in vector.iter().enumerate() {
            let _ = write!(out, "{}{number:?}", if index > 0 { split } else { "" });
        }
    }

    fn arrays(&self, inputs: &Inputs<'_>) -> ArrayRef {
        let mut out = ListBuilder::new(StringBuilder::new());
        let mut text = String::new();
        for row in 0..inputs.rows() {
            for annotation in inputs.annotations(0, row) {
                text.clear();
                self.write(&annotation, &mut text);
                out.values().append_value(&text);
            }
            out.append(inputs.is_present(row));
        }
        Arc::new(out.finish())
    }

    fn texts(&self, inputs: &Inputs<'_>) -> ArrayRef {
        let mut out = StringBuilder::new();
        let mut text = String::new();
        for row in 0..inputs.rows() {
            text.clear();
            for (index, annotation) in inputs.annotations(0, row).enumerate() {
                text.push_str(if index > 0 { &self.annotation_split } else { "" });
                self.write(&annotation, &mut text);
            }
            out.append_option(inputs.is_present(row).then_some(&text));
        }
        Arc::new(out.finish())
    }
}

impl Annotator for Results {
    fn annotate(&self, inputs: &Inputs<'_>, _context: &Context<'_>) -> Result<ArrayRef, AnnotatorError> {
        Ok(if self.as_array { self.arrays(inputs) } else { self.texts(inputs) })
    }
}

fn entry_fields() -> Fields {
    Fields::from(vec![Field::new("key", DataType::Utf8, false), Field::new("value", DataType::Utf8, true)])
}

#[derive(Debug)]
struct Metadata;

impl Annotator for Metadata {
    fn annotate(&self, inputs: &Inputs<'_>, _context: &Context<'_>) -> Result<ArrayRef, AnnotatorError> {
        let (mut keys, mut values) = (StringBuilder::new(), StringBuilder::new());
        let mut rows = StructRows::with_capacity(inputs.rows());
        for row in 0..inputs.rows() {
            for (key, value) in inputs.annotations(0, row).flat_map(|annotation| annotation.metadata) {
                keys.append_value(key);
                values.append_value(value);
                rows.count(1);
            }
            rows.end_row(inputs.is_present(row));
        }
        Ok(rows.finish(entry_fields(), vec![Arc::new(keys.finish()), Arc::new(values.finish())]))
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
