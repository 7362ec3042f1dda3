use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBufferBuilder, Float32Builder, Int32Builder, ListArray, StringBuilder, StructArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, Fields};

use crate::columns::VectorsBuilder;
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
    rows: Vec<usize>,
    in_row: usize,
    valid: BooleanBufferBuilder,
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
            rows: Vec::with_capacity(rows),
            in_row: 0,
            valid: BooleanBufferBuilder::new(rows),
        }
    }

    pub fn push(&mut self, place: &Place<'_>, embedding: Option<&[f32]>) {
        self.sentences.append_value(place.sentence);
        self.parts.append_value(place.part);
        self.begins.append_value(place.begin);
        self.ends.append_value(place.end);
        self.embeddings.values().append_slice(embedding.unwrap_or_default());
        self.embeddings.append(embedding.is_some());
        self.in_row += 1;
    }

    pub fn end_row(&mut self, valid: bool) {
        self.rows.push(self.in_row);
        self.in_row = 0;
        self.valid.append(valid);
    }

    pub fn finish(mut self) -> ArrayRef {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.sentences.finish()),
            Arc::new(self.parts.finish()),
            Arc::new(self.begins.finish()),
            Arc::new(self.ends.finish()),
            Arc::new(self.embeddings.finish()),
        ];
        let items = StructArray::new(fields(self.part), columns, None);
        let item = Arc::new(Field::new_list_field(DataType::Struct(fields(self.part)), true));
        let nulls = NullBuffer::new(self.valid.finish());
        Arc::new(ListArray::new(item, OffsetBuffer::from_lengths(self.rows), Arc::new(items), Some(nulls)))
    }
}
