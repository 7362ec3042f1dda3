use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Fields};

/// The key under which a field's metadata says what its annotations are.
pub const ANNOTATOR_TYPE: &str = "annotatorType";

/// What annotations are: `document`, `token`, … An annotator from outside may bring its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AnnotatorType(pub &'static str);

impl AnnotatorType {
    /// Documents and sentences alike.
    pub const DOCUMENT: AnnotatorType = AnnotatorType("document");
    /// Parts of documents that were looked for.
    pub const CHUNK: AnnotatorType = AnnotatorType("chunk");
    pub const TOKEN: AnnotatorType = AnnotatorType("token");
    pub const WORD_EMBEDDINGS: AnnotatorType = AnnotatorType("word_embeddings");
    pub const SENTENCE_EMBEDDINGS: AnnotatorType = AnnotatorType("sentence_embeddings");
}

impl fmt::Display for AnnotatorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// `List<Float32>`: a vector.
pub fn vector_type() -> DataType {
    DataType::new_list(DataType::Float32, true)
}

/// Key and value of `Map<Utf8, Utf8>`.
pub(super) fn entry_fields() -> Fields {
    Fields::from(vec![Field::new("key", DataType::Utf8, false), Field::new("value", DataType::Utf8, true)])
}

/// The entries of `Map<Utf8, Utf8>`.
pub(super) fn entries_field() -> FieldRef {
    Arc::new(Field::new_struct("entries", entry_fields(), false))
}

/// `Map<Utf8, Utf8>`: metadata.
pub fn map_type() -> DataType {
    DataType::Map(entries_field(), false)
}

/// The fields of one annotation, as Spark NLP has them.
pub(super) fn annotation_fields() -> Fields {
    Fields::from(vec![
        Field::new(ANNOTATOR_TYPE, DataType::Utf8, true),
        Field::new("begin", DataType::Int32, false),
        Field::new("end", DataType::Int32, false),
        Field::new("result", DataType::Utf8, true),
        Field::new("metadata", map_type(), true),
        Field::new("embeddings", vector_type(), true),
    ])
}

/// `List<Struct{annotatorType, begin, end, result, metadata, embeddings}>`.
pub fn annotations_type() -> DataType {
    DataType::new_list(DataType::Struct(annotation_fields()), true)
}

/// A column of annotations that says what they are.
pub fn annotation_field(name: &str, kind: AnnotatorType) -> Field {
    tagged_field(name, kind.0)
}

/// As [`annotation_field`], for a type that is known by its name only.
pub(crate) fn tagged_field(name: &str, kind: &str) -> Field {
    let metadata = HashMap::from([(ANNOTATOR_TYPE.to_owned(), kind.to_owned())]);
    Field::new(name, annotations_type(), true).with_metadata(metadata)
}

/// Whether a type has the shape of an annotation column, whatever its lists and maps call their parts.
pub fn is_annotations(data_type: &DataType) -> bool {
    let DataType::List(item) = data_type else { return false };
    let DataType::Struct(fields) = item.data_type() else { return false };
    let has = |name: &str, fits: fn(&DataType) -> bool| {
        fields.iter().any(|field| field.name() == name && fits(field.data_type()))
    };
    has("begin", |t| *t == DataType::Int32)
        && has("end", |t| *t == DataType::Int32)
        && has("result", super::is_text)
        && has("metadata", |t| matches!(t, DataType::Map(..)))
        && has("embeddings", |t| matches!(t, DataType::List(item) if *item.data_type() == DataType::Float32))
}
