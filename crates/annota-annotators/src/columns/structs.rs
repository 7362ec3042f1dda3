use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanBufferBuilder, ListArray, StructArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, Fields};

/// The rows of a list of structs, while its columns are built beside it.
#[derive(Debug)]
pub struct StructRows {
    lengths: Vec<usize>,
    in_row: usize,
    valid: BooleanBufferBuilder,
}

impl StructRows {
    pub fn with_capacity(rows: usize) -> Self {
        StructRows { lengths: Vec::with_capacity(rows), in_row: 0, valid: BooleanBufferBuilder::new(rows) }
    }

    /// Counts further structs in the row that is being made.
    pub fn count(&mut self, structs: usize) {
        self.in_row += structs;
    }

    /// Ends the row; one that is not `valid` is NULL.
    pub fn end_row(&mut self, valid: bool) {
        self.lengths.push(self.in_row);
        self.in_row = 0;
        self.valid.append(valid);
    }

    /// `List<Struct{fields}>` over the columns of all structs.
    pub fn finish(mut self, fields: Fields, columns: Vec<ArrayRef>) -> ArrayRef {
        let item = Arc::new(Field::new_list_field(DataType::Struct(fields.clone()), true));
        let structs = Arc::new(StructArray::new(fields, columns, None));
        let nulls = NullBuffer::new(self.valid.finish());
        Arc::new(ListArray::new(item, OffsetBuffer::from_lengths(self.lengths), structs, Some(nulls)))
    }
}
