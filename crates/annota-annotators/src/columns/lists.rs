use arrow::array::{Array, AsArray, Int64Array, LargeListArray, ListArray, MapArray};
use arrow::datatypes::{DataType, Int64Type};

use super::{Texts, range};

/// A column of lists of texts, read where it lies.
#[derive(Debug)]
pub struct TextLists<'a> {
    rows: Rows<'a>,
    items: Texts<'a>,
}

#[derive(Debug)]
enum Rows<'a> {
    List(&'a ListArray),
    Large(&'a LargeListArray),
}

impl<'a> TextLists<'a> {
    /// `None` if the array is no list of texts.
    pub fn read(array: &'a dyn Array) -> Option<Self> {
        let (rows, items) = match array.data_type() {
            DataType::List(_) => array.as_list_opt().map(|rows| (Rows::List(rows), rows.values()))?,
            DataType::LargeList(_) => array.as_list_opt().map(|rows| (Rows::Large(rows), rows.values()))?,
            _ => return None,
        };
        Some(TextLists { rows, items: Texts::read(items.as_ref())? })
    }

    pub fn is_valid(&self, row: usize) -> bool {
        match self.rows {
            Rows::List(rows) => super::is_valid(rows, row),
            Rows::Large(rows) => super::is_valid(rows, row),
        }
    }

    /// The texts of a row, `None` for those that are NULL; none where the row is.
    pub fn row(&self, row: usize) -> impl Iterator<Item = Option<&'a str>> {
        let valid = self.is_valid(row);
        let items = self.items;
        let places = match self.rows {
            Rows::List(rows) => range(rows.value_offsets(), row, valid),
            Rows::Large(rows) => range(rows.value_offsets(), row, valid),
        };
        places.map(move |place| items.is_valid(place).then(|| items.value(place)))
    }
}

/// A column of `Map<Utf8, Utf8>`, whatever it calls its parts.
#[derive(Debug)]
pub struct TextMaps<'a> {
    rows: &'a MapArray,
    keys: Texts<'a>,
    /// `None` where the column has no value at all, and thus no type for them.
    values: Option<Texts<'a>>,
}

impl<'a> TextMaps<'a> {
    /// `None` if the array is no such map.
    pub fn read(array: &'a dyn Array) -> Option<Self> {
        let rows = array.as_map_opt()?;
        let values = Texts::read(rows.values().as_ref());
        if values.is_none() && !rows.values().data_type().is_null() {
            return None;
        }
        Some(TextMaps { rows, keys: Texts::read(rows.keys().as_ref())?, values })
    }

    pub fn is_valid(&self, row: usize) -> bool {
        super::is_valid(self.rows, row)
    }

    /// The entries of a row, those whose value is NULL left out.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (&'a str, &'a str)> {
        let keys = self.keys;
        let places = range(self.rows.value_offsets(), row, self.is_valid(row));
        let values = self.values.into_iter().flat_map(move |values| places.clone().map(move |place| (place, values)));
        let present = values.filter(|(place, values)| values.is_valid(*place));
        present.map(move |(place, values)| (keys.value(place), values.value(place)))
    }
}

/// A column of whole numbers.
pub fn integers(array: &dyn Array) -> Option<&Int64Array> {
    array.as_primitive_opt::<Int64Type>()
}
