use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::{FieldRef, Schema, SchemaRef};
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::object_store::ObjectStore;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties};
use futures::stream::{BoxStream, StreamExt};
use futures::{Stream, TryStreamExt};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::table::{external, partition_values};
use super::text::{self, Reading};
use super::{InputFile, Listing, columns};

/// Batches that a reader may be ahead.
const AHEAD: usize = 2;

/// Reads text files, each from its start to its end, in partitions of whole files.
#[derive(Debug, Clone)]
pub struct TextScan {
    groups: Vec<Vec<InputFile>>,
    file_schema: SchemaRef,
    partition_columns: Vec<FieldRef>,
    /// The wanted columns of files and folders, in their order.
    projection: Vec<usize>,
    /// Rows of each partition after which nobody reads.
    limit: Option<usize>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

/// A scan as it travels between processes.
#[derive(Serialize, Deserialize)]
struct Message {
    groups: Vec<Vec<InputFile>>,
    file_schema: String,
    partition_columns: String,
    projection: Vec<usize>,
    limit: Option<usize>,
}

impl TextScan {
    /// A scan of `files` of a listing in at most `partitions` partitions. Neighbors are in one partition, so that the rows of a
    /// scan of one partition have the order of the files.
    ///
    /// # Errors
    /// A projection of columns that are not there.
    pub(super) fn new(
        listing: &Listing,
        files: Vec<InputFile>,
        partitions: usize,
        projection: Option<&Vec<usize>>,
        limit: Option<usize>,
    ) -> Result<Self> {
        let columns = listing.file_schema.fields().len() + listing.partition_columns.len();
        let projection = projection.cloned().unwrap_or_else(|| (0..columns).collect());
        let groups = grouped(files, partitions.max(1));
        TextScan::of(groups, listing.file_schema.clone(), listing.partition_columns.clone(), projection, limit)
    }

    fn of(
        groups: Vec<Vec<InputFile>>,
        file_schema: SchemaRef,
        partition_columns: Vec<FieldRef>,
        projection: Vec<usize>,
        limit: Option<usize>,
    ) -> Result<Self> {
        let all: Vec<FieldRef> = file_schema.fields().iter().chain(&partition_columns).cloned().collect();
        let schema = Arc::new(Schema::new(all).project(&projection)?);
        let properties = Arc::new(PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(groups.len()),
            EmissionType::Incremental,
            Boundedness::Bounded,
        ));
        let metrics = ExecutionPlanMetricsSet::new();
        Ok(TextScan { groups, file_schema, partition_columns, projection, limit, properties, metrics })
    }

    /// The scan as bytes for [`TextScan::decode`].
    ///
    /// # Errors
    /// A schema that cannot be written.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let message = Message {
            groups: self.groups.clone(),
            file_schema: columns::write(&self.file_schema)?,
            partition_columns: columns::write(&Arc::new(Schema::new(self.partition_columns.clone())))?,
            projection: self.projection.clone(),
            limit: self.limit,
        };
        serde_json::to_vec(&message).map_err(|error| DataFusionError::External(error.into()))
    }

    /// # Errors
    /// Bytes that are no scan.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let message: Message =
            serde_json::from_slice(bytes).map_err(|error| DataFusionError::External(error.into()))?;
        let Message { groups, file_schema, partition_columns, projection, limit } = message;
        let partition_columns = columns::read(&partition_columns)?.fields().iter().cloned().collect();
        TextScan::of(groups, columns::read(&file_schema)?, partition_columns, projection, limit)
    }

    /// The rows of one file, with the values of its folders' columns.
    fn file(&self, context: &TaskContext, file: InputFile) -> Result<BoxStream<'static, Result<RecordBatch>>> {
        let store = context.runtime_env().object_store(file.store().map_err(external)?)?;
        let of_files = self.file_schema.fields().len();
        let wanted: Vec<usize> = self.projection.iter().copied().filter(|column| *column < of_files).collect();
        let reading = Reading {
            table: self.file_schema.clone(),
            wanted: Arc::new(self.file_schema.project(&wanted)?),
            batch_size: context.session_config().batch_size(),
        };
        let values = partition_values(&self.partition_columns, &file)?;
        let (projection, schema) = (self.projection.clone(), self.schema());
        let rows = rows(store, file, reading);
        Ok(rows.map(move |batch| with_folders(&batch?, &projection, of_files, &values, &schema)).boxed())
    }
}

/// Files in at most `partitions` groups of neighbors, of about the same number of bytes.
fn grouped(files: Vec<InputFile>, partitions: usize) -> Vec<Vec<InputFile>> {
    let total: u64 = files.iter().map(|file| file.size.max(1)).sum();
    let share = total.div_ceil(partitions as u64).max(1);
    let (mut groups, mut before): (Vec<Vec<InputFile>>, u64) = (Vec::new(), 0);
    for file in files {
        let group = ((before / share) as usize).min(partitions - 1);
        before += file.size.max(1);
        if group >= groups.len() {
            groups.push(Vec::new());
        }
        if let Some(last) = groups.last_mut() {
            last.push(file);
        }
    }
    groups
}

fn with_folders(
    batch: &RecordBatch,
    projection: &[usize],
    of_files: usize,
    values: &[ScalarValue],
    schema: &SchemaRef,
) -> Result<RecordBatch> {
    let mut read = batch.columns().iter();
    let columns = projection.iter().map(|column| match column.checked_sub(of_files) {
        Some(folder) => values[folder].to_array_of_size(batch.num_rows()),
        None => Ok(read
            .next()
            .cloned()
            .unwrap_or_else(|| Arc::new(datafusion::arrow::array::NullArray::new(batch.num_rows())))),
    });
    let columns = columns.collect::<Result<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(schema.clone(), columns, &options)?)
}

/// The rows of a file, read by a thread that may block.
pub fn rows(
    store: Arc<dyn ObjectStore>,
    file: InputFile,
    reading: Reading,
) -> impl Stream<Item = Result<RecordBatch>> + Send {
    let opened = async move {
        let stored = text::stored(store.as_ref(), &file).await.map_err(external)?;
        let (sender, receiver) = mpsc::channel(AHEAD);
        let (file, reading) = (Arc::new(file), Arc::new(reading));
        let work = tokio::task::spawn_blocking({
            let (file, reading) = (file.clone(), reading.clone());
            move || read(stored, &file, &reading, &sender)
        });
        let batches =
            futures::stream::unfold(receiver, |mut receiver| async { Some((receiver.recv().await?, receiver)) });
        // The reader has ended when there is no further batch.
        let end = futures::stream::once(async move {
            let result = work.await.map_err(|error| DataFusionError::External(error.into()))?;
            match result {
                Ok(()) => Ok(None),
                Err(reason) => Err(told(store, file, reading, reason).await),
            }
        });
        Ok::<_, DataFusionError>(
            batches
                .map(Ok)
                .chain(end.map_ok(|none: Option<RecordBatch>| none).try_filter_map(|none| async { Ok(none) })),
        )
    };
    futures::stream::once(opened).try_flatten()
}

/// Sends the rows of stored bytes until they end or nobody listens.
fn read(
    stored: Box<dyn std::io::Read + Send>,
    file: &InputFile,
    reading: &Reading,
    sender: &mpsc::Sender<RecordBatch>,
) -> Result<(), String> {
    let text = text::text(stored, file).map_err(|error| error.to_string())?;
    for batch in text::rows(text, file, reading, true).map_err(|error| error.to_string())? {
        if sender.blocking_send(batch.map_err(|error| error.to_string())?).is_err() {
            break;
        }
    }
    Ok(())
}

/// The error of a file whose rows could not be read, with the place of the fault.
pub async fn told(
    store: Arc<dyn ObjectStore>,
    file: Arc<InputFile>,
    reading: Arc<Reading>,
    reason: String,
) -> DataFusionError {
    let found = async {
        let stored = text::stored(store.as_ref(), &file).await?;
        let looked = tokio::task::spawn_blocking({
            let file = file.clone();
            move || text::text(stored, &file).ok().and_then(|text| text::diagnosis(text, &file, &reading.table))
        });
        Ok::<_, crate::Error>(looked.await.ok().flatten())
    };
    match found.await {
        Ok(Some(fault)) => external(text::unreadable(&file, &fault)),
        // The file is as it has to be now: the store failed in the middle.
        Ok(None) => external(crate::Error::Pipeline(format!("input `{file}`: {reason}"))),
        Err(error) => external(error),
    }
}

impl DisplayAs for TextScan {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files: usize = self.groups.iter().map(Vec::len).sum();
        let kind = self.groups.iter().flatten().next().map_or(String::new(), |file| file.format.kind.to_string());
        if format == DisplayFormatType::TreeRender {
            return write!(f, "files={files}\nformat={kind}");
        }
        let columns: Vec<String> = self.schema().fields().iter().map(|field| field.name().clone()).collect();
        write!(
            f,
            "TextScanExec: format={kind}, files={files}, partitions={}, columns=[{}]",
            self.groups.len(),
            columns.join(", ")
        )?;
        if let Some(limit) = self.limit {
            write!(f, ", limit={limit}")?;
        }
        Ok(())
    }
}

impl ExecutionPlan for TextScan {
    fn name(&self) -> &str {
        "TextScanExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn with_new_children(self: Arc<Self>, _: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let files = self.groups.get(partition).cloned().unwrap_or_default();
        let streams = files.into_iter().map(|file| self.file(&context, file)).collect::<Result<Vec<_>>>()?;
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let mut left = self.limit.unwrap_or(usize::MAX);
        let rows = futures::stream::iter(streams).flatten();
        let rows = rows.map_ok(move |batch| {
            let batch = batch.slice(0, batch.num_rows().min(left));
            left -= batch.num_rows();
            metrics.record_output(batch.num_rows());
            (batch, left == 0)
        });
        let rows = until_last(rows.boxed());
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), rows)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn supports_limit_pushdown(&self) -> bool {
        false
    }

    fn with_fetch(&self, limit: Option<usize>) -> Option<Arc<dyn ExecutionPlan>> {
        Some(Arc::new(TextScan { limit, ..self.clone() }))
    }

    fn fetch(&self) -> Option<usize> {
        // Each partition obeys it, not all together.
        if self.groups.len() == 1 { self.limit } else { None }
    }
}

/// The batches up to the one that is marked as the last.
fn until_last(rows: BoxStream<'static, Result<(RecordBatch, bool)>>) -> impl Stream<Item = Result<RecordBatch>> + Send {
    futures::stream::unfold(Some(rows), |rows| async {
        let mut rows = rows?;
        match rows.next().await? {
            Ok((batch, true)) => Some((Ok(batch), None)),
            Ok((batch, false)) => Some((Ok(batch), Some(rows))),
            Err(error) => Some((Err(error), None)),
        }
    })
}
