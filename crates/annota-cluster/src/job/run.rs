use std::sync::Arc;
use std::time::{Duration, Instant};

use annota::models::Model;
use annota::{Error, Result, Session};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::{ExecutionPlan, execute_stream_partitioned};
use futures::TryStreamExt;
use tokio::task::JoinSet;

use super::provenance::{facts, model_name};
use super::report::engines;
use super::writer::{PartWriter, SUCCESS, prepare};
use super::{Job, Progress, Summary, query};

/// How often progress is told.
const TICK: Duration = Duration::from_millis(200);

/// Runs a job on a session and tells `progress` now and then how far it is.
///
/// # Errors
/// Whatever stops it. Then the output has no `_SUCCESS`.
pub async fn run(session: &Session, job: &Job, mut progress: impl FnMut(Progress)) -> Result<Summary> {
    let start = Instant::now();
    let input = session.read(&job.input).await?;
    let rows = query::query(session, job, input.clone()).await?;
    let total = input.count().await? as u64;
    let facts = facts(session, job)?;
    let first = prepare(job, &facts)?;
    let before = engines();
    let context = Arc::new(rows.task_ctx());
    let plan = rows.create_physical_plan().await?;
    let mut parts = JoinSet::new();
    for (part, stream) in execute_stream_partitioned(plan.clone(), context)?.into_iter().enumerate() {
        let writer = PartWriter::create(&job.output, first + part, plan.schema(), &facts)?;
        parts.spawn(write_part(writer, stream));
    }
    let files = parts.len();
    let (mut output_rows, mut write) = (0, Duration::ZERO);
    let mut tick = tokio::time::interval(TICK);
    while !parts.is_empty() {
        tokio::select! {
            Some(part) = parts.join_next() => {
                let (rows, time) = part.map_err(|error| Error::Pipeline(format!("a part was not written: {error}")))??;
                output_rows += rows;
                write += time;
            }
            _ = tick.tick() => {
                let tokens = engines().since(before).pieces;
                progress(Progress { rows: rows_done(&plan).min(total), total, tokens, elapsed: start.elapsed() });
            }
        }
    }
    std::fs::write(job.output.join(SUCCESS), "")?;
    let engine = engines().since(before);
    progress(Progress { rows: total, total, tokens: engine.pieces, elapsed: start.elapsed() });
    let (model, device) = served_by(session, job);
    let elapsed = start.elapsed();
    Ok(Summary { input_rows: total, output_rows, files, engine, write, elapsed, model, device })
}

async fn write_part(mut writer: PartWriter, mut stream: SendableRecordBatchStream) -> Result<(u64, Duration)> {
    while let Some(batch) = stream.try_next().await? {
        writer.write(&batch)?;
    }
    writer.finish()
}

/// Rows of the input that have their vectors: what has left the plan, or what goes into its unnesting.
fn rows_done(plan: &Arc<dyn ExecutionPlan>) -> u64 {
    let embedding = embedding_node(plan).unwrap_or(plan);
    embedding.metrics().and_then(|metrics| metrics.output_rows()).unwrap_or(0) as u64
}

/// Below the node that makes a row of every sentence or token.
fn embedding_node(plan: &Arc<dyn ExecutionPlan>) -> Option<&Arc<dyn ExecutionPlan>> {
    let child = plan.children().into_iter().next()?;
    if plan.name() == "UnnestExec" { Some(child) } else { embedding_node(child) }
}

fn served_by(session: &Session, job: &Job) -> (String, String) {
    let name = model_name(session, job);
    let device = Model::loaded().into_iter().find(|model| model.name() == name).map(|model| model.device().to_owned());
    (name, device.unwrap_or_else(|| "no device: no text".to_owned()))
}
