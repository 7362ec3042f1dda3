//! What a worker does with a shard: read, annotate, write, tell.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Instant;

use annota::annotators::{AnnotatorError, EmbedError};
use annota::models::Model;
use annota::{Error, ProcessSettings, Result, Session};
use datafusion::arrow::datatypes::Schema;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::datasource::MemTable;
use datafusion::error::DataFusionError;
use datafusion::object_store::ObjectStoreExt;
use futures::TryStreamExt;

use super::output::Output;
use super::rejects::Rejects;
use super::report::engines;
use super::shard::{Failure, Record, Task, columns};
use super::writer::PartWriter;
use super::{query, read, renew};

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
    let planned = columns::read(&task.columns)?;
    let runtime = session.context().runtime_env();
    let output = Output::open(&runtime, &job.output)?;
    let batches = renew::renewed(&runtime, shard, &planned, read::rows(&runtime, shard, &planned).await?).await?;
    let rows = batches.iter().map(RecordBatch::num_rows).sum::<usize>();
    let mut record = Record {
        job: task.id.clone(),
        shard: shard.number,
        input: shard.source.to_string(),
        part: shard.part.to_string(),
        rows: rows as u64,
        fingerprint: fact(task, "annota.fingerprint"),
        precision: job.precision.clone(),
        worker: worker.to_owned(),
        ..Record::default()
    };
    if rows > 0 {
        let name = file_name(&task.id, shard.number);
        let mut rejects = Rejects::new(task, &session);
        record.output_rows = annotate(&session, task, batches, &name, &output, &mut rejects, progress).await?;
        let meta = output.store.head(&output.path(&name)).await.map_err(DataFusionError::from)?;
        (record.output, record.bytes) = (Some(name), meta.size);
        record.rejected = rejects.write(&output).await?;
    }
    record.device = served_by(job.model.as_deref().unwrap_or_default());
    record.pieces = [before, engines().pieces];
    record.seconds = start.elapsed().as_secs_f64();
    Ok(record)
}

/// Annotates the rows into the shard's file: how many rows that has.
async fn annotate(
    session: &Session,
    task: &Task,
    batches: Vec<RecordBatch>,
    name: &str,
    output: &Output,
    rejects: &mut Rejects<'_>,
    progress: &(dyn Fn(u64) + Send + Sync),
) -> Result<u64> {
    let total = batches.iter().map(RecordBatch::num_rows).sum::<usize>() as u64;
    let schema = batches.first().map_or_else(|| Arc::new(Schema::empty()), RecordBatch::schema);
    let table = MemTable::try_new(schema, vec![batches])?;
    let input = session.context().read_table(Arc::new(table))?;
    let rows = if task.shard.kept { input } else { query::query(session, &task.job, input).await? };
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
    let annotator = match error {
        Error::Annotator(error) => Some(error),
        Error::DataFusion(error) => match error.find_root() {
            DataFusionError::External(error) => error.downcast_ref::<AnnotatorError>(),
            _ => None,
        },
        _ => None,
    };
    let is_passing = |error: &AnnotatorError| {
        matches!(error, AnnotatorError::Embed(EmbedError::Request(_) | EmbedError::Transient(_)))
    };
    Failure { reason: error.to_string(), certain: annotator.is_some_and(|error| !is_passing(error)) }
}
