//! Typed readers and builders of the columns that annotators exchange. Text is read where it lies.

mod annotation;
mod builder;
mod kind;
mod lists;
mod reader;
mod strings;
mod structs;
mod texts;

pub use annotation::{Annotation, AnnotationView};
pub use builder::{AnnotationsBuilder, VectorsBuilder};
pub(crate) use kind::tagged_field;
pub use kind::{
    ANNOTATOR_TYPE, AnnotatorType, annotation_field, annotations_type, is_annotations, map_type, vector_type,
};
pub use lists::{TextLists, TextMaps};
pub use reader::Annotations;
pub use structs::StructRows;
pub use texts::{Texts, is_text};

use std::ops::Range;

use arrow::array::{Array, ArrayRef, Int64Array, OffsetSizeTrait};

use crate::Input;

/// An input column.
#[derive(Debug)]
pub enum Column<'a> {
    /// An optional one that is not given.
    Absent,
    Text(Texts<'a>),
    TextLists(TextLists<'a>),
    Integers(&'a Int64Array),
    Maps(TextMaps<'a>),
    Annotations(Annotations<'a>),
}

impl<'a> Column<'a> {
    /// The array as the input that an annotator takes; `None` if it is something else.
    pub fn read(input: Input, array: &'a ArrayRef) -> Option<Self> {
        let array = array.as_ref();
        match input {
            Input::Optional(_) if array.data_type().is_null() => Some(Column::Absent),
            Input::Optional(input) => Column::read_array(*input, array),
            input => Column::read_array(input, array),
        }
    }

    fn read_array(input: Input, array: &'a dyn Array) -> Option<Self> {
        match input {
            Input::Text { .. } | Input::Id { .. } => Texts::read(array).map(Column::Text),
            Input::Texts { .. } => {
                Texts::read(array).map(Column::Text).or_else(|| TextLists::read(array).map(Column::TextLists))
            }
            Input::Integer { .. } => lists::integers(array).map(Column::Integers),
            Input::Map { .. } => TextMaps::read(array).map(Column::Maps),
            Input::Annotations { .. } | Input::AnyAnnotations { .. } => {
                Annotations::read(array).map(Column::Annotations)
            }
            Input::Optional(input) => Column::read_array(*input, array),
        }
    }

    pub fn is_valid(&self, row: usize) -> bool {
        match self {
            Column::Absent => false,
            Column::Text(texts) => texts.is_valid(row),
            Column::TextLists(lists) => lists.is_valid(row),
            Column::Integers(numbers) => is_valid(*numbers, row),
            Column::Maps(maps) => maps.is_valid(row),
            Column::Annotations(annotations) => annotations.is_valid(row),
        }
    }
}

fn is_valid(array: &dyn Array, row: usize) -> bool {
    array.is_valid(row)
}

/// The places of a row's items; none where it is not valid.
fn range<O: OffsetSizeTrait>(offsets: &[O], row: usize, valid: bool) -> Range<usize> {
    if valid { offsets[row].as_usize()..offsets[row + 1].as_usize() } else { 0..0 }
}
