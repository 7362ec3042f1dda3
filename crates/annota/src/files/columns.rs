//! A schema as text, an Arrow IPC stream without rows in hexadecimal digits, and back.

use std::io::Cursor;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::ipc::reader::StreamReader;
use datafusion::arrow::ipc::writer::StreamWriter;
use datafusion::error::{DataFusionError, Result};

/// # Errors
/// A type that Arrow IPC does not have.
pub fn write(schema: &SchemaRef) -> Result<String> {
    let mut bytes = Vec::new();
    StreamWriter::try_new(&mut bytes, schema)?.finish()?;
    Ok(hex::encode(bytes))
}

/// # Errors
/// Text that is no schema.
pub fn read(text: &str) -> Result<SchemaRef> {
    let broken = |error| DataFusionError::Execution(format!("the columns of a message cannot be read: {error}"));
    let bytes = Cursor::new(hex::decode(text).map_err(broken)?);
    Ok(StreamReader::try_new(bytes, None)?.schema())
}
