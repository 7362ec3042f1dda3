//! The rows of a shard.

use std::io::Cursor;
use std::sync::Arc;

use annota::files::text::{self, Reading, changed, unreachable, unreadable};
use annota::files::{InputFile, Listing, columns as schemas, partition_values, told};
use annota::{Error, Result};
use datafusion::arrow::array::{ArrayRef, BooleanArray, RecordBatch};
use datafusion::arrow::compute::filter_record_batch;
use datafusion::arrow::datatypes::{DataType, Fields, Schema, SchemaRef, TimeUnit};
use datafusion::arrow::error::ArrowError;
use datafusion::datasource::physical_plan::parquet::Int96Coercer;
use datafusion::error::DataFusionError;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::object_store::{ObjectStore, ObjectStoreExt};
use datafusion::parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use datafusion::parquet::arrow::{ParquetRecordBatchStreamBuilder, ProjectionMask};
use datafusion::parquet::file::metadata::ParquetMetaData;
use futures::TryStreamExt;

use super::shard::{Part, Piece, Shard, Task};
use super::stored::StoredParquet;

/// Rows of a batch, as sessions have them.
const BATCH: usize = 512;

/// The columns of an input: those of its files, and those of its folders behind them.
#[derive(Debug, Clone)]
pub struct Columns {
    files: SchemaRef,
    folders: Fields,
    pub all: SchemaRef,
}

impl Columns {
    pub fn of(listing: &Listing) -> Self {
        Columns::new(listing.file_schema.clone(), listing.partition_columns.clone().into())
    }

    /// # Errors
    /// A task that is none.
    pub fn of_task(task: &Task) -> Result<Self> {
        let folders = schemas::read(&task.folder_columns)?;
        Ok(Columns::new(schemas::read(&task.columns)?, folders.fields().clone()))
    }

    fn new(files: SchemaRef, folders: Fields) -> Self {
        let all = files.fields().iter().chain(&folders).cloned().collect::<Vec<_>>();
        Columns { files, folders, all: Arc::new(Schema::new(all)) }
    }

    /// The columns as a task has them.
    pub fn files_text(&self) -> Result<String> {
        Ok(schemas::write(&self.files)?)
    }

    /// As [`Columns::files_text`], of folders.
    pub fn folders_text(&self) -> Result<String> {
        Ok(schemas::write(&Arc::new(Schema::new(self.folders.clone())))?)
    }

    fn with_folders(&self, batch: &RecordBatch, file: &InputFile) -> Result<RecordBatch> {
        let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
        for value in partition_values(&self.folders, file)? {
            columns.push(value.to_array_of_size(batch.num_rows())?);
        }
        Ok(RecordBatch::try_new(self.all.clone(), columns).map_err(DataFusionError::from)?)
    }
}

/// A shard's rows in batches with the columns of the input.
///
/// # Errors
/// A file that cannot be read, or that is not as it was when the job was planned.
pub async fn rows(runtime: &RuntimeEnv, shard: &Shard, columns: &Columns) -> Result<Vec<RecordBatch>> {
    let mut batches = Vec::new();
    for piece in &shard.pieces {
        batches.extend(piece_rows(runtime, piece, columns, shard.kept).await?);
    }
    match &shard.only {
        None => Ok(batches),
        Some(places) => Ok(picked(&batches, places).map_err(DataFusionError::from)?),
    }
}

async fn piece_rows(runtime: &RuntimeEnv, piece: &Piece, columns: &Columns, kept: bool) -> Result<Vec<RecordBatch>> {
    let Piece { file, part, rows, checksum } = piece;
    let store = runtime.object_store(&file.store()?)?;
    let batches = match *part {
        Part::Rows { skip, count } => parquet(store, file, skip, count, *checksum, columns).await?,
        Part::Bytes { start, end } => text_rows(store, file, start..end, *checksum, columns).await?,
    };
    let found: u64 = batches.iter().map(|batch| batch.num_rows() as u64).sum();
    if found != *rows {
        return Err(changed(file, &format!("it has {found} rows in {part}, it had {rows}")));
    }
    if kept {
        return Ok(batches);
    }
    let adapted = |batch: &RecordBatch| {
        let batch = text::adapted(batch, &columns.files).map_err(|error| unreadable(file, &error))?;
        columns.with_folders(&batch, file)
    };
    batches.iter().map(adapted).collect()
}

/// The columns of `schema` alone of a whole file of the output.
///
/// # Errors
/// A file that cannot be read.
pub async fn columns(runtime: &RuntimeEnv, file: &InputFile, schema: &SchemaRef) -> Result<Vec<RecordBatch>> {
    let failed = |error: &dyn std::fmt::Display| Error::Pipeline(format!("`{file}`: {error}"));
    let reader = StoredParquet::of(runtime.object_store(&file.store()?)?, file)?;
    let builder = ParquetRecordBatchStreamBuilder::new(reader).await.map_err(|error| failed(&error))?;
    let names = schema.fields().iter().map(|field| field.name().as_str());
    let mask = ProjectionMask::columns(builder.parquet_schema(), names);
    let rows = builder.with_projection(mask).build().map_err(|error| failed(&error))?;
    let batches: Vec<RecordBatch> = rows.try_collect().await.map_err(|error| failed(&error))?;
    let adapted = batches.iter().map(|batch| text::adapted(batch, schema)).collect::<Result<Vec<_>, _>>();
    Ok(adapted.map_err(DataFusionError::from)?)
}

async fn parquet(
    store: Arc<dyn ObjectStore>,
    file: &InputFile,
    skip: u64,
    count: u64,
    checksum: u32,
    columns: &Columns,
) -> Result<Vec<RecordBatch>> {
    let failed = |error: &dyn std::fmt::Display| unreadable(file, error);
    let mut reader = StoredParquet::of(store, file)?;
    let (footer, found) = reader.footer().await.map_err(|error| failed(&error))?;
    if found != checksum {
        return Err(changed(file, "its footer is another"));
    }
    let metadata = arrow_metadata(footer, &columns.files).map_err(|error| failed(&error))?;
    let builder = ParquetRecordBatchStreamBuilder::new_with_metadata(reader, metadata);
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
    let rows = builder.with_batch_size(BATCH).build().map_err(|error| failed(&error))?;
    rows.try_collect().await.map_err(|error| failed(&error))
}

/// The footer for Arrow's reader, with Spark's timestamps (INT96) in the unit of the job's columns.
fn arrow_metadata(footer: Arc<ParquetMetaData>, columns: &Schema) -> Result<ArrowReaderMetadata, DataFusionError> {
    let metadata = ArrowReaderMetadata::try_new(footer, ArrowReaderOptions::new())?;
    let unit = |name: &String| match columns.field_with_name(name).ok()?.data_type() {
        DataType::Timestamp(unit, _) => Some(*unit),
        _ => None,
    };
    let unit = metadata.schema().fields().iter().find_map(|field| unit(field.name())).unwrap_or(TimeUnit::Microsecond);
    let descriptor = metadata.metadata().file_metadata().schema_descr();
    let coerced = Int96Coercer::new(descriptor, metadata.schema(), &unit).coerce();
    Ok(match coerced {
        Some(schema) => {
            let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
            ArrowReaderMetadata::try_new(metadata.metadata().clone(), options)?
        }
        None => metadata,
    })
}

async fn text_rows(
    store: Arc<dyn ObjectStore>,
    file: &Arc<InputFile>,
    range: std::ops::Range<u64>,
    checksum: u32,
    columns: &Columns,
) -> Result<Vec<RecordBatch>> {
    let bytes = match file.plain_from {
        Some(from) => {
            let range = range.start + from..range.end + from;
            store.get_range(&file.location()?, range).await.map_err(|error| unreachable(file, error))?.to_vec()
        }
        None => unpacked(store.as_ref(), file, range).await?,
    };
    if crc32fast::hash(&bytes) != checksum {
        return Err(changed(file, "its text is another"));
    }
    let reading = Reading { table: columns.files.clone(), wanted: columns.files.clone(), batch_size: BATCH };
    let rows = text::rows(Cursor::new(bytes), file, &reading, false);
    let rows = rows.and_then(|rows| rows.collect::<Result<Vec<_>, ArrowError>>());
    match rows {
        Ok(rows) => Ok(rows),
        Err(reason) => Err(told(store, file.clone(), Arc::new(reading), reason.to_string()).await.into()),
    }
}

/// The bytes of a range of the normalized text, which is read from its start.
async fn unpacked(store: &dyn ObjectStore, file: &Arc<InputFile>, range: std::ops::Range<u64>) -> Result<Vec<u8>> {
    let stored = text::stored(store, file).await?;
    let read = tokio::task::spawn_blocking({
        let file = file.clone();
        move || {
            use std::io::Read;
            let mut text = text::text(stored, &file)?;
            std::io::copy(&mut text.by_ref().take(range.start), &mut std::io::sink())?;
            let mut found = Vec::new();
            text.take(range.end - range.start).read_to_end(&mut found)?;
            Ok::<_, std::io::Error>(found)
        }
    });
    let read = read.await.map_err(|error| Error::Pipeline(error.to_string()))?;
    read.map_err(|error| unreadable(file, &error))
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
