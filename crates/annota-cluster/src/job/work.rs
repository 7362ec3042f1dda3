//! What a worker does with a shard: read, annotate, write, tell.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Instant;

use annota::annotators::{AnnotatorError, EmbedError};
use annota::models::Model;
use annota::{Error, ProcessSettings, Result, Session};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::dataframe::DataFrame;
use datafusion::datasource::MemTable;
use datafusion::error::DataFusionError;
use datafusion::object_store::ObjectStoreExt;
use futures::TryStreamExt;

use super::output::Output;
use super::read::Columns;
use super::rejects::Rejects;
use super::report::engines;
use super::shard::{Failure, Record, Task};
use super::writer::PartWriter;
use super::{journal, query, read, renew};

/// Does a task; `progress` is told of the input's rows that are done.
///
/// # Errors
/// Whatever stops it; then there is no file of this shard, or the one that an earlier try wrote whole.
pub async fn work(
    settings: &ProcessSettings,
    worker: &str,
    task: &Task,
    progress: &(dyn Fn(u64) + Send + Sync),
) -> Result<Record, Failure> {
    write_shard(settings, worker, task, progress).await.map_err(|error| failure(&error))
}

/// The name of the file that a shard becomes: the job's and the shard's, so that every try writes the same.
pub fn file_name(job: &str, shard: u64) -> String {
    format!("part-{job}-{shard:06}.parquet")
}

async fn write_shard(
    settings: &ProcessSettings,
    worker: &str,
    task: &Task,
    progress: &(dyn Fn(u64) + Send + Sync),
) -> Result<Record> {
    let (start, before) = (Instant::now(), engines().pieces);
    let Task { job, shard, .. } = task;
    // One partition: rows keep their order. The shards that run beside it keep the engine busy.
    let session = Session::with_settings(&ProcessSettings { threads: Some(NonZeroUsize::MIN), ..settings.clone() })?;
    let columns = Columns::of_task(task)?;
    let runtime = session.context().runtime_env();
    let output = Output::open(&runtime, &job.output)?;
    let batches = renew::renewed(&runtime, shard, &columns, read::rows(&runtime, shard, &columns).await?).await?;
    let rows = batches.iter().map(RecordBatch::num_rows).sum::<usize>();
    let mut record = Record {
        job: task.id.clone(),
        shard: shard.number,
        input: shard.input(),
        part: shard.part(),
        content: shard.content(),
        rows: rows as u64,
        fingerprint: fact(task, "annota.fingerprint"),
        precision: job.precision.clone(),
        worker: worker.to_owned(),
        ..Record::default()
    };
    let name = file_name(&task.id, shard.number);
    let place = if task.waits { journal::waiting(&task.id, &name) } else { name.clone() };
    let mut rejects = Rejects::new(task, &session);
    let table = MemTable::try_new(batches.first().map_or(columns.all, RecordBatch::schema), vec![batches])?;
    let input = session.context().read_table(Arc::new(table))?;
    let annotated = if shard.kept { input } else { query::query(&session, job, input).await? };
    record.output_rows = write(task, annotated, record.rows, &output, &place, &mut rejects, progress).await?;
    let meta = output.store.head(&output.path(&place)).await.map_err(DataFusionError::from)?;
    (record.output, record.bytes) = (Some(name), meta.size);
    record.rejected = rejects.write(&output).await?;
    record.device = served_by(job.model.as_deref().unwrap_or_default());
    record.pieces = [before, engines().pieces];
    record.seconds = start.elapsed().as_secs_f64();
    Ok(record)
}

/// Writes annotated rows into the file `name` and returns their number. They are made of `total` rows of the input.
async fn write(
    task: &Task,
    rows: DataFrame,
    total: u64,
    output: &Output,
    name: &str,
    rejects: &mut Rejects<'_>,
    progress: &(dyn Fn(u64) + Send + Sync),
) -> Result<u64> {
    let plan = rows.clone().create_physical_plan().await?;
    let mut stream = datafusion::physical_plan::execute_stream(plan.clone(), Arc::new(rows.task_ctx()))?;
    let mut writer = PartWriter::create(output.store.clone(), output.path(name), stream.schema(), &task.facts)?;
    let (mut written, mut told) = (0, 0);
    while let Some(batch) = stream.try_next().await? {
        writer.write(&batch).await?;
        rejects.look(&batch)?;
        written += batch.num_rows() as u64;
        let done = super::report::rows_done(&plan).min(total);
        progress(done.saturating_sub(told));
        told = told.max(done);
    }
    writer.finish().await?;
    progress(total.saturating_sub(told));
    Ok(written)
}

fn fact(task: &Task, key: &str) -> String {
    task.facts.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone()).unwrap_or_default()
}

/// The device of a model that has been asked.
fn served_by(model: &str) -> String {
    let device =
        Model::loaded().into_iter().find(|loaded| loaded.name() == model).map(|model| model.device().to_owned());
    device.unwrap_or_else(|| "none: no text".to_owned())
}

/// A text or a setting that cannot be is as wrong the next time; files, devices and models may be there then.
fn failure(error: &Error) -> Failure {
    // An input is read the same the next time, too.
    let is_input = |error: &Error| matches!(error, Error::Input(_));
    let annotator = match error {
        Error::Annotator(error) => Some(error),
        Error::DataFusion(error) => match error.find_root() {
            DataFusionError::External(error) if error.downcast_ref::<Error>().is_some_and(is_input) => {
                return Failure { reason: error.to_string(), certain: true };
            }
            DataFusionError::External(error) => error.downcast_ref::<AnnotatorError>(),
            _ => None,
        },
        error if is_input(error) => return Failure { reason: error.to_string(), certain: true },
        _ => None,
    };
    let is_passing = |error: &AnnotatorError| {
        matches!(error, AnnotatorError::Embed(EmbedError::Request(_) | EmbedError::Transient(_)))
    };
    Failure { reason: error.to_string(), certain: annotator.is_some_and(|error| !is_passing(error)) }
}
