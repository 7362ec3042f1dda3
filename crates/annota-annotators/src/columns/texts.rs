use arrow::array::{Array, AsArray, LargeStringArray, StringArray, StringViewArray};
use arrow::datatypes::DataType;

/// A column of text in any of Arrow's three layouts.
#[derive(Debug, Clone, Copy)]
pub enum Texts<'a> {
    Utf8(&'a StringArray),
    Large(&'a LargeStringArray),
    View(&'a StringViewArray),
}

/// Whether a type is one of them.
pub fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

impl<'a> Texts<'a> {
    pub fn read(array: &'a dyn Array) -> Option<Self> {
        match array.data_type() {
            DataType::Utf8 => array.as_string_opt().map(Texts::Utf8),
            DataType::LargeUtf8 => array.as_string_opt().map(Texts::Large),
            DataType::Utf8View => array.as_string_view_opt().map(Texts::View),
            _ => None,
        }
    }

    pub fn is_valid(&self, row: usize) -> bool {
        match self {
            Texts::Utf8(array) => super::is_valid(*array, row),
            Texts::Large(array) => super::is_valid(*array, row),
            Texts::View(array) => super::is_valid(*array, row),
        }
    }

    /// The text of a row; empty where it is NULL.
    pub fn value(&self, row: usize) -> &'a str {
        match self {
            _ if !self.is_valid(row) => "",
            Texts::Utf8(array) => array.value(row),
            Texts::Large(array) => array.value(row),
            Texts::View(array) => array.value(row),
        }
    }
}
