use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float32Array, Float32Builder, Int32Array, ListArray, ListBuilder, MapArray, StructArray};
use arrow::datatypes::{DataType, Field};

use super::AnnotationView;
use super::kind::{annotation_fields, entries_field, entry_fields};
use super::strings::{Ends, Runs, Strings};
use super::structs::StructRows;
use crate::AnnotatorError;

/// Lists of Float32, one by one.
pub type VectorsBuilder = ListBuilder<Float32Builder>;

/// Builds an annotation column: [`AnnotationsBuilder::push`] the annotations of a row, then
/// [`AnnotationsBuilder::end_row`].
#[derive(Debug)]
pub struct AnnotationsBuilder {
    kinds: Runs,
    begins: Vec<i32>,
    ends: Vec<i32>,
    results: Strings,
    keys: Runs,
    values: Runs,
    /// Where the entries and the vector of each annotation end.
    entry_ends: Ends,
    numbers: Vec<f32>,
    vector_ends: Ends,
    rows: StructRows,
}

impl AnnotationsBuilder {
    pub fn with_capacity(rows: usize) -> Self {
        AnnotationsBuilder {
            kinds: Runs::default(),
            begins: Vec::new(),
            ends: Vec::new(),
            results: Strings::default(),
            keys: Runs::default(),
            values: Runs::default(),
            entry_ends: Ends::default(),
            numbers: Vec::new(),
            vector_ends: Ends::default(),
            rows: StructRows::with_capacity(rows),
        }
    }

    /// Adds an annotation to the row that is being made.
    pub fn push(&mut self, annotation: &AnnotationView<'_>) {
        let AnnotationView { annotator_type, begin, end, result, metadata, embeddings } = annotation;
        self.numbers.extend_from_slice(embeddings);
        self.push_parts(annotator_type, metadata, std::iter::once(((*begin, *end), *result, 0..result.len())));
    }

    /// Adds annotations of one type with the same metadata: the first and the last character of each, and its text as
    /// the bytes of another. A vector that was added before is the first's.
    pub fn push_parts<'p>(
        &mut self,
        kind: &str,
        metadata: &[(&str, &str)],
        parts: impl Iterator<Item = ((i32, i32), &'p str, Range<usize>)>,
    ) {
        let before = self.begins.len();
        let (expected, _) = parts.size_hint();
        self.begins.reserve(expected);
        self.ends.reserve(expected);
        for ((begin, end), text, result) in parts {
            self.begins.push(begin);
            self.ends.push(end);
            self.results.push_part(text, result);
        }
        let parts = self.begins.len() - before;
        self.kinds.push(kind, parts);
        match metadata {
            [(key, value)] => self.push_entry(key, value, parts),
            _ => (0..parts).for_each(|_| metadata.iter().for_each(|(key, value)| self.push_entry(key, value, 1))),
        }
        let entries = self.keys.len() - metadata.len() * parts;
        self.entry_ends.extend((1..=parts).map(|part| entries + metadata.len() * part));
        self.vector_ends.extend(std::iter::repeat_n(self.numbers.len(), parts));
        self.rows.count(parts);
    }

    fn push_entry(&mut self, key: &str, value: &str, times: usize) {
        self.keys.push(key, times);
        self.values.push(value, times);
    }

    /// Ends the row; one that is not `valid` is NULL.
    pub fn end_row(&mut self, valid: bool) {
        self.rows.end_row(valid);
    }

    /// # Errors
    /// More text or numbers than a column of Arrow's can hold.
    pub fn finish(self) -> Result<ArrayRef, AnnotatorError> {
        let entries: Vec<ArrayRef> = vec![self.keys.finish("metadata")?, self.values.finish("metadata")?];
        let entries = StructArray::new(entry_fields(), entries, None);
        let metadata = MapArray::new(entries_field(), self.entry_ends.finish("metadata")?, entries, None, false);
        let item = Arc::new(Field::new_list_field(DataType::Float32, true));
        let numbers = Arc::new(Float32Array::from(self.numbers));
        let embeddings = ListArray::new(item, self.vector_ends.finish("embeddings")?, numbers, None);
        let columns: Vec<ArrayRef> = vec![
            self.kinds.finish("annotatorType")?,
            Arc::new(Int32Array::from(self.begins)),
            Arc::new(Int32Array::from(self.ends)),
            self.results.finish("result")?,
            Arc::new(metadata),
            Arc::new(embeddings),
        ];
        Ok(self.rows.finish(annotation_fields(), columns))
    }
}
