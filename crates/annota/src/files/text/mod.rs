//! Text files: CSV and JSON in any encoding and compression, as batches of rows.

mod arrays;
mod csv;
mod decode;
mod diagnosis;
mod json;
mod quotes;
pub mod records;
mod shapes;

use std::io::Read;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::error::ArrowError;
use datafusion::object_store::{self, GetResultPayload, ObjectStore, ObjectStoreExt};
use futures::TryStreamExt;
use tokio_util::io::{StreamReader, SyncIoBridge};

pub use csv::{Dialect, Head, head};
pub use decode::{start_of_text, text};
pub use diagnosis::diagnosis;
pub use json::keys;
pub use shapes::Keys;

use super::{InputFile, Kind};
use crate::{Error, Result};

/// The stored bytes of a file, for a thread that may block. To be called in a runtime of tokio.
///
/// # Errors
/// A file that is gone or cannot be opened.
pub async fn stored(store: &dyn ObjectStore, file: &InputFile) -> Result<Box<dyn Read + Send>> {
    let found = store.get(&file.location()?).await.map_err(|error| unreachable(file, error))?;
    if found.meta.size != file.size {
        return Err(changed(file, &format!("it had {} bytes, now it has {}", file.size, found.meta.size)));
    }
    Ok(match found.payload {
        GetResultPayload::File(file, _) => Box::new(file),
        GetResultPayload::Stream(_) => {
            let bytes = found.into_stream().map_err(std::io::Error::other);
            Box::new(SyncIoBridge::new(StreamReader::new(bytes)))
        }
    })
}

/// The error of a file that is not as it was when the query or the job was planned.
pub fn changed(file: &InputFile, how: &str) -> Error {
    Error::Input(format!("input `{file}` has changed since it was planned ({how}): run the command again"))
}

/// The error of a file whose content cannot be read.
pub fn unreadable(file: &InputFile, reason: &dyn std::fmt::Display) -> Error {
    Error::Input(format!("input `{file}`: {reason}"))
}

/// The error of an input that cannot be read, named as the user did.
pub fn unreadable_path(path: &str, reason: &dyn std::fmt::Display) -> Error {
    Error::Input(format!("input `{path}`: {reason}"))
}

/// The error of a store that did not give a file. Another try may, unless the file is gone.
pub fn unreachable(file: &InputFile, error: object_store::Error) -> Error {
    match error {
        object_store::Error::NotFound { .. } => unreadable(file, &"it is gone"),
        error => Error::Pipeline(format!("input `{file}`: {error}")),
    }
}

/// What is read of a file.
#[derive(Debug, Clone)]
pub struct Reading {
    /// All columns of the table, without those of folders.
    pub table: SchemaRef,
    /// The wanted columns.
    pub wanted: SchemaRef,
    pub batch_size: usize,
}

/// The rows of normalized text in batches of the wanted columns; those that the file lacks are NULL. `is_start` says
/// whether the text begins where the file does.
///
/// # Errors
/// What is no record, and values that do not have their column's type; [`diagnosis`] finds their place.
pub fn rows<'a>(
    text: impl Read + Send + 'a,
    file: &'a InputFile,
    reading: &'a Reading,
    is_start: bool,
) -> Result<impl Iterator<Item = Result<RecordBatch, ArrowError>> + Send + 'a, ArrowError> {
    let wanted = &reading.wanted;
    let rows = match file.format.kind {
        Kind::Csv => {
            let (dialect, columns, batch_size) = (&file.dialect, file.columns.as_slice(), reading.batch_size);
            csv::rows(text, &csv::Rows { dialect, columns, is_start, schema: wanted, batch_size })?
        }
        _ => {
            // A key that is not known can be told from one that is not wanted only where all are read.
            let schema = if file.is_known { wanted } else { &reading.table };
            let (is_strict, batch_size) = (!file.is_known, reading.batch_size);
            json::rows(text, &json::Rows { schema, is_strict, as_json: &file.as_json, batch_size })?
        }
    };
    Ok(rows.map(move |batch| adapted(&batch?, wanted)))
}

/// The columns of `schema`, by their names; those that a batch lacks are NULL.
///
/// # Errors
/// A value that does not have its column's type.
pub fn adapted(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let column = |field: &Arc<datafusion::arrow::datatypes::Field>| match batch.column_by_name(field.name()) {
        Some(column) if column.data_type() == field.data_type() => Ok(column.clone()),
        Some(column) => cast(column, field.data_type()),
        None => Ok(new_null_array(field.data_type(), batch.num_rows())),
    };
    let columns = schema.fields().iter().map(column).collect::<Result<Vec<ArrayRef>, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(schema.clone(), columns, &options)
}
