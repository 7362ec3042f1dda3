use arrow::array::{Array, AsArray, Float32Array, Int32Array, ListArray, MapArray, StructArray};
use arrow::datatypes::{Float32Type, Int32Type};

use super::{AnnotationView, Texts, is_annotations, range};

/// An annotation column, read where it lies.
#[derive(Debug)]
pub struct Annotations<'a> {
    rows: &'a ListArray,
    items: &'a StructArray,
    kinds: Option<Texts<'a>>,
    begins: &'a Int32Array,
    ends: &'a Int32Array,
    results: Texts<'a>,
    metadata: &'a MapArray,
    keys: Texts<'a>,
    values: Texts<'a>,
    embeddings: &'a ListArray,
    numbers: &'a Float32Array,
}

impl<'a> Annotations<'a> {
    /// `None` if the array is no annotation column.
    pub fn read(array: &'a dyn Array) -> Option<Self> {
        if !is_annotations(array.data_type()) {
            return None;
        }
        let rows = array.as_list_opt::<i32>()?;
        let items = rows.values().as_struct_opt()?;
        let metadata = items.column_by_name("metadata")?.as_map_opt()?;
        let embeddings = items.column_by_name("embeddings")?.as_list_opt::<i32>()?;
        Some(Annotations {
            rows,
            items,
            kinds: items.column_by_name(super::ANNOTATOR_TYPE).and_then(|column| Texts::read(column.as_ref())),
            begins: items.column_by_name("begin")?.as_primitive_opt::<Int32Type>()?,
            ends: items.column_by_name("end")?.as_primitive_opt::<Int32Type>()?,
            results: Texts::read(items.column_by_name("result")?.as_ref())?,
            metadata,
            keys: Texts::read(metadata.keys().as_ref())?,
            values: Texts::read(metadata.values().as_ref())?,
            embeddings,
            numbers: embeddings.values().as_primitive_opt::<Float32Type>()?,
        })
    }

    pub fn is_valid(&self, row: usize) -> bool {
        super::is_valid(self.rows, row)
    }

    /// The annotations of a row, those that are NULL passed over.
    pub fn row(&self, row: usize) -> impl Iterator<Item = AnnotationView<'_>> {
        let places = range(self.rows.value_offsets(), row, self.is_valid(row));
        places.filter(|place| super::is_valid(self.items, *place)).map(|place| self.view(place))
    }

    fn view(&self, place: usize) -> AnnotationView<'_> {
        let entries = range(self.metadata.value_offsets(), place, super::is_valid(self.metadata, place));
        let numbers = range(self.embeddings.value_offsets(), place, super::is_valid(self.embeddings, place));
        AnnotationView {
            annotator_type: self.kinds.map_or("", |kinds| kinds.value(place)),
            begin: self.begins.value(place),
            end: self.ends.value(place),
            result: self.results.value(place),
            metadata: entries.map(|entry| (self.keys.value(entry), self.values.value(entry))).collect(),
            embeddings: &self.numbers.values()[numbers],
        }
    }
}
