use std::sync::Arc;

use arrow::array::{ArrayRef, Float32Builder, Int32Builder, ListBuilder, MapArray, StringBuilder, StructArray};
use arrow::buffer::OffsetBuffer;

use super::AnnotationView;
use super::kind::{annotation_fields, entries_field, entry_fields};
use super::structs::StructRows;

/// Lists of Float32, one by one.
pub type VectorsBuilder = ListBuilder<Float32Builder>;

/// Builds an annotation column: [`AnnotationsBuilder::push`] the annotations of a row, then
/// [`AnnotationsBuilder::end_row`].
#[derive(Debug)]
pub struct AnnotationsBuilder {
    kinds: StringBuilder,
    begins: Int32Builder,
    ends: Int32Builder,
    results: StringBuilder,
    keys: StringBuilder,
    values: StringBuilder,
    entries: Vec<usize>,
    embeddings: VectorsBuilder,
    rows: StructRows,
}

impl AnnotationsBuilder {
    pub fn with_capacity(rows: usize) -> Self {
        AnnotationsBuilder {
            kinds: StringBuilder::new(),
            begins: Int32Builder::new(),
            ends: Int32Builder::new(),
            results: StringBuilder::new(),
            keys: StringBuilder::new(),
            values: StringBuilder::new(),
            entries: Vec::new(),
            embeddings: VectorsBuilder::new(Float32Builder::new()),
            rows: StructRows::with_capacity(rows),
        }
    }

    /// Adds an annotation to the row that is being made.
    pub fn push(&mut self, annotation: &AnnotationView<'_>) {
        self.kinds.append_value(annotation.annotator_type);
        self.begins.append_value(annotation.begin);
        self.ends.append_value(annotation.end);
        self.results.append_value(annotation.result);
        for (key, value) in &annotation.metadata {
            self.keys.append_value(key);
            self.values.append_value(value);
        }
        self.entries.push(annotation.metadata.len());
        self.embeddings.values().append_slice(annotation.embeddings);
        self.embeddings.append(true);
        self.rows.count();
    }

    /// Ends the row; one that is not `valid` is NULL.
    pub fn end_row(&mut self, valid: bool) {
        self.rows.end_row(valid);
    }

    pub fn finish(mut self) -> ArrayRef {
        let entries: Vec<ArrayRef> = vec![Arc::new(self.keys.finish()), Arc::new(self.values.finish())];
        let entries = StructArray::new(entry_fields(), entries, None);
        let metadata = MapArray::new(entries_field(), OffsetBuffer::from_lengths(self.entries), entries, None, false);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.kinds.finish()),
            Arc::new(self.begins.finish()),
            Arc::new(self.ends.finish()),
            Arc::new(self.results.finish()),
            Arc::new(metadata),
            Arc::new(self.embeddings.finish()),
        ];
        self.rows.finish(annotation_fields(), columns)
    }
}
