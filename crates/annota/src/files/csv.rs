//! The schema of CSV. DataFusion infers it from chunks that may end within a quoted text; here it comes from
//! whole records only.

use std::io::Read;
use std::sync::Arc;

use datafusion::arrow::csv::reader::Format as CsvReader;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::Session as DataFusionSession;
use datafusion::datasource::listing::ListingTableUrl;
use datafusion::error::DataFusionError;
use datafusion::object_store::ObjectStoreExt;
use futures::{StreamExt, TryStreamExt};

use super::Format;
use crate::{Error, Result};

/// Bytes of each file, unpacked, from which the schema is inferred.
const PREFIX: usize = 8 << 20;

/// Files that are looked at; the schema of more is taken to be the same.
const FILES: usize = 16;

/// The schema of the first files: what one has as a whole number and another as a fraction is a fraction; other
/// differences make a text.
pub async fn infer(
    state: &dyn DataFusionSession,
    urls: &[ListingTableUrl],
    format: &Format,
    delimiter: u8,
) -> Result<SchemaRef> {
    let mut schema: Option<Schema> = None;
    for url in urls {
        let store = state.runtime_env().object_store(url)?;
        let files = url.list_all_files(state, &store, &format.extension).await?;
        let files: Vec<_> = files.take(FILES).try_collect().await?;
        for file in files {
            let head = head(store.get(&file.location).await.map_err(DataFusionError::from)?.into_stream()).await?;
            let found = infer_one(head, format, delimiter)
                .map_err(|error| Error::Pipeline(format!("input `{}`: {error}", file.location)))?;
            schema = Some(match schema {
                None => found,
                Some(known) => widened(&known, &found),
            });
        }
    }
    let none = || Error::Pipeline(format!("input `{}`: no file that ends in {}", urls[0], format.extension));
    schema.map(Arc::new).ok_or_else(none)
}

/// The first bytes of a file, as they are stored.
async fn head<S, E>(mut bytes: S) -> Result<Vec<u8>>
where
    S: futures::Stream<Item = Result<bytes::Bytes, E>> + Unpin,
    DataFusionError: From<E>,
{
    let mut head = Vec::new();
    while head.len() < PREFIX {
        let Some(next) = bytes.try_next().await.map_err(DataFusionError::from)? else { break };
        head.extend_from_slice(&next);
    }
    Ok(head)
}

fn infer_one(head: Vec<u8>, format: &Format, delimiter: u8) -> Result<Schema, DataFusionError> {
    let is_whole = head.len() < PREFIX;
    let reader = format.compression.convert_read(std::io::Cursor::new(head))?;
    let mut text = Vec::new();
    // A compressed head ends in the middle: what could be unpacked serves.
    if let Err(error) = reader.take(PREFIX as u64).read_to_end(&mut text)
        && text.is_empty()
    {
        return Err(error.into());
    }
    let is_whole = is_whole && text.len() < PREFIX;
    let end = if is_whole { text.len() } else { end_of_records(&text) };
    let reader = CsvReader::default().with_header(true).with_delimiter(delimiter);
    let (schema, _) = reader.infer_schema(&text[..end], None)?;
    Ok(nullable_texts(&schema))
}

/// Where the last record that is surely whole ends.
fn end_of_records(text: &[u8]) -> usize {
    let (mut quoted, mut end) = (false, 0);
    for (place, byte) in text.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => end = place + 1,
            _ => {}
        }
    }
    end
}

/// A column without any value is a text.
fn nullable_texts(schema: &Schema) -> Schema {
    let fields = schema.fields().iter().map(|field| match field.data_type() {
        DataType::Null => Field::new(field.name(), DataType::Utf8, true),
        _ => field.as_ref().clone().with_nullable(true),
    });
    Schema::new(fields.collect::<Vec<_>>())
}

fn widened(known: &Schema, found: &Schema) -> Schema {
    let fields = known.fields().iter().enumerate().map(|(index, field)| {
        let other = found.fields().get(index).map_or(field.data_type(), |field| field.data_type());
        let data_type = match (field.data_type(), other) {
            (a, b) if a == b => a.clone(),
            (DataType::Int64 | DataType::Float64, DataType::Int64 | DataType::Float64) => DataType::Float64,
            _ => DataType::Utf8,
        };
        field.as_ref().clone().with_data_type(data_type)
    });
    Schema::new(fields.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::end_of_records;

    #[test]
    fn records_end_outside_quotes() {
        assert_eq!(end_of_records(b"a,b\n1,\"x\ny\",2\n\"f\ng,h"), 14);
        assert_eq!(end_of_records(b"a,\"b\"\"\n\",c\n1,2"), 11);
        assert_eq!(end_of_records(b"one"), 0);
    }
}
