use std::sync::Arc;

use arrow::array::{ArrayRef, Float32Builder, Int32Builder, StringBuilder};
use arrow::datatypes::{DataType, Field, Fields};

use crate::columns::{StructRows, VectorsBuilder};
use crate::vector_type;

/// `List<Struct{sentence, <part>, begin, end, embedding}>`: parts of a text, where they stand, and their vectors.
pub fn places_type(part: &'static str) -> DataType {
    DataType::new_list(DataType::Struct(fields(part)), true)
}

fn fields(part: &'static str) -> Fields {
    Fields::from(vec![
        Field::new("sentence", DataType::Int32, true),
        Field::new(part, DataType::Utf8, true),
        Field::new("begin", DataType::Int32, true),
        Field::new("end", DataType::Int32, true),
        Field::new("embedding", vector_type(), true),
    ])
}

/// Builds a column of [`places_type`].
pub struct PlacesBuilder {
    part: &'static str,
    sentences: Int32Builder,
    parts: StringBuilder,
    begins: Int32Builder,
    ends: Int32Builder,
    embeddings: VectorsBuilder,
    rows: StructRows,
}

/// One part of a text; `end` is inclusive.
pub struct Place<'a> {
    pub sentence: i32,
    pub part: &'a str,
    pub begin: i32,
    pub end: i32,
}

impl PlacesBuilder {
    pub fn new(part: &'static str, rows: usize) -> Self {
        PlacesBuilder {
            part,
            sentences: Int32Builder::new(),
            parts: StringBuilder::new(),
            begins: Int32Builder::new(),
            ends: Int32Builder::new(),
            embeddings: VectorsBuilder::new(Float32Builder::new()),
            rows: StructRows::with_capacity(rows),
        }
    }

    pub fn push(&mut self, place: &Place<'_>, embedding: Option<&[f32]>) {
        self.sentences.append_value(place.sentence);
        self.parts.append_value(place.part);
        self.begins.append_value(place.begin);
        self.ends.append_value(place.end);
        self.embeddings.values().append_slice(embedding.unwrap_or_default());
        self.embeddings.append(embedding.is_some());
        self.rows.count(1);
    }

    pub fn end_row(&mut self, valid: bool) {
        self.rows.end_row(valid);
    }

    pub fn finish(mut self) -> ArrayRef {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.sentences.finish()),
            Arc::new(self.parts.finish()),
            Arc::new(self.begins.finish()),
            Arc::new(self.ends.finish()),
            Arc::new(self.embeddings.finish()),
        ];
        self.rows.finish(fields(self.part), columns)
    }
}
