//! Typed readers and builders of the columns that annotators exchange. Text is read where it lies.

mod annotation;
mod builder;
mod kind;
mod reader;
mod strings;
mod structs;
mod texts;

pub use annotation::{Annotation, AnnotationView};
pub use builder::{AnnotationsBuilder, VectorsBuilder};
pub use kind::{ANNOTATOR_TYPE, AnnotatorType, annotation_field, annotations_type, is_annotations, vector_type};
pub use reader::Annotations;
pub use structs::StructRows;
pub use texts::{Texts, is_text};

use arrow::array::{Array, ArrayRef};

use crate::Input;

/// An input column.
#[derive(Debug)]
pub enum Column<'a> {
    Text(Texts<'a>),
    Annotations(Annotations<'a>),
}

impl<'a> Column<'a> {
    /// The array as the input that an annotator takes; `None` if it is something else.
    pub fn read(input: Input, array: &'a ArrayRef) -> Option<Self> {
        match input {
            Input::Text { .. } => Texts::read(array.as_ref()).map(Column::Text),
            Input::Annotations { .. } | Input::AnyAnnotations { .. } => {
                Annotations::read(array.as_ref()).map(Column::Annotations)
            }
        }
    }

    pub fn is_valid(&self, row: usize) -> bool {
        match self {
            Column::Text(texts) => texts.is_valid(row),
            Column::Annotations(annotations) => annotations.is_valid(row),
        }
    }
}

fn is_valid(array: &dyn Array, row: usize) -> bool {
    array.is_valid(row)
}
