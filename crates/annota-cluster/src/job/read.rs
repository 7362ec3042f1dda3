//! The rows of a shard.

use std::io::Cursor;
use std::sync::Arc;

use annota::files::{Format, Kind};
use annota::{Error, Result};
use datafusion::arrow::array::{ArrayRef, BooleanArray, RecordBatch, new_null_array};
use datafusion::arrow::compute::{cast, filter_record_batch};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::{csv, json};
use datafusion::error::DataFusionError;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::object_store::path::Path;
use datafusion::object_store::{ObjectStore, ObjectStoreExt};
use datafusion::parquet::arrow::{ParquetRecordBatchStreamBuilder, ProjectionMask};
use futures::{StreamExt, TryStreamExt};

use super::shard::{Part, Shard, Source};
use super::stored::StoredParquet;

/// Rows of a batch, as sessions have them.
const BATCH: usize = 512;

/// A shard's rows in batches with the columns of `schema`.
///
/// # Errors
/// A file that cannot be read, or that has other rows than when the job was planned.
pub async fn rows(runtime: &RuntimeEnv, shard: &Shard, schema: &SchemaRef) -> Result<Vec<RecordBatch>> {
    let store = runtime.object_store(shard.source.store()?)?;
    let location = shard.source.location()?;
    let batches = match shard.part {
        Part::Rows { skip, count } => parquet(store, location, skip, count).await,
        Part::Bytes { start, end } => text(store, location, start..end, schema).await,
    };
    let batches = batches.map_err(|error| Error::Pipeline(format!("input `{}`: {error}", shard.source)))?;
    let found: u64 = batches.iter().map(|batch| batch.num_rows() as u64).sum();
    if found != shard.rows {
        return Err(Error::Pipeline(format!(
            "input `{}` has {found} rows in {}: expected {}, as when the job was planned",
            shard.source, shard.part, shard.rows
        )));
    }
    let batches = match shard.kept {
        true => batches,
        false => all_adapted(&batches, schema)?,
    };
    match &shard.only {
        None => Ok(batches),
        Some(places) => Ok(picked(&batches, places).map_err(DataFusionError::from)?),
    }
}

/// The columns of `schema` alone of a whole file of Parquet.
///
/// # Errors
/// A file that cannot be read.
pub async fn columns(runtime: &RuntimeEnv, source: &Source, schema: &SchemaRef) -> Result<Vec<RecordBatch>> {
    let reader = StoredParquet::open(runtime.object_store(source.store()?)?, source.location()?).await?;
    let read = async {
        let builder = ParquetRecordBatchStreamBuilder::new(reader).await?;
        let names = schema.fields().iter().map(|field| field.name().as_str());
        let mask = ProjectionMask::columns(builder.parquet_schema(), names);
        builder.with_projection(mask).build()?.try_collect::<Vec<_>>().await
    };
    let batches = read.await.map_err(|error| Error::Pipeline(format!("`{source}`: {error}")))?;
    all_adapted(&batches, schema)
}

fn all_adapted(batches: &[RecordBatch], schema: &SchemaRef) -> Result<Vec<RecordBatch>> {
    let batches = batches.iter().map(|batch| adapted(batch, schema)).collect::<Result<Vec<_>, _>>();
    Ok(batches.map_err(DataFusionError::from)?)
}

async fn parquet(
    store: Arc<dyn ObjectStore>,
    location: Path,
    skip: u64,
    count: u64,
) -> Result<Vec<RecordBatch>, DataFusionError> {
    let builder = ParquetRecordBatchStreamBuilder::new(StoredParquet::open(store, location).await?).await?;
    let (mut groups, mut at, mut first) = (Vec::new(), 0, None);
    for (index, group) in builder.metadata().row_groups().iter().enumerate() {
        let end = at + u64::try_from(group.num_rows()).unwrap_or_default();
        if end > skip && at < skip + count {
            groups.push(index);
            first.get_or_insert(at);
        }
        at = end;
    }
    let within = skip.saturating_sub(first.unwrap_or(skip)) as usize;
    let builder = builder.with_row_groups(groups).with_offset(within).with_limit(count as usize);
    Ok(builder.with_batch_size(BATCH).build()?.try_collect().await?)
}

async fn text(
    store: Arc<dyn ObjectStore>,
    location: Path,
    bytes: std::ops::Range<u64>,
    schema: &SchemaRef,
) -> Result<Vec<RecordBatch>, DataFusionError> {
    let unknown = || DataFusionError::Execution("its format is not known".to_owned());
    let format = Format::of(location.as_ref()).ok_or_else(unknown)?;
    let text = if format.compression.is_compressed() {
        unpacked(store.as_ref(), &location, bytes, &format).await?
    } else {
        store.get_range(&location, bytes).await?.to_vec()
    };
    let text = Cursor::new(text);
    Ok(match format.kind {
        Kind::Csv { delimiter } => csv::ReaderBuilder::new(schema.clone())
            .with_header(false)
            .with_delimiter(delimiter)
            .with_batch_size(BATCH)
            .build(text)?
            .collect::<Result<_, ArrowError>>()?,
        _ => json::ReaderBuilder::new(schema.clone())
            .with_batch_size(BATCH)
            .build(text)?
            .collect::<Result<_, ArrowError>>()?,
    })
}

/// The bytes of a range of a compressed file, which is unpacked from its start.
async fn unpacked(
    store: &dyn ObjectStore,
    location: &Path,
    range: std::ops::Range<u64>,
    format: &Format,
) -> Result<Vec<u8>, DataFusionError> {
    let stream = store.get(location).await?.into_stream().map_err(DataFusionError::from);
    let mut stream = format.compression.convert_stream(stream.boxed())?;
    let (mut at, mut found) = (0, Vec::new());
    while at < range.end
        && let Some(bytes) = stream.try_next().await?
    {
        let place = |offset: u64| offset.saturating_sub(at).min(bytes.len() as u64) as usize;
        found.extend_from_slice(&bytes[place(range.start)..place(range.end)]);
        at += bytes.len() as u64;
    }
    Ok(found)
}

/// The columns of `schema`, by their names; those that a file lacks are NULL.
pub fn adapted(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let column = |field: &Arc<datafusion::arrow::datatypes::Field>| match batch.column_by_name(field.name()) {
        Some(column) if column.data_type() == field.data_type() => Ok(column.clone()),
        Some(column) => cast(column, field.data_type()),
        None => Ok(new_null_array(field.data_type(), batch.num_rows())),
    };
    let columns = schema.fields().iter().map(column).collect::<Result<Vec<ArrayRef>, _>>()?;
    RecordBatch::try_new(schema.clone(), columns)
}

/// The rows at some places, which are in order.
fn picked(batches: &[RecordBatch], places: &[u64]) -> Result<Vec<RecordBatch>, ArrowError> {
    let (mut at, mut places) = (0, places.iter().peekable());
    let pick = |batch: &RecordBatch| {
        let end = at + batch.num_rows() as u64;
        let mut wanted = vec![false; batch.num_rows()];
        while let Some(place) = places.next_if(|place| **place < end) {
            wanted[(place - at) as usize] = true;
        }
        at = end;
        filter_record_batch(batch, &BooleanArray::from(wanted))
    };
    batches.iter().map(pick).collect()
}
