//! What can be known and asked of a job from outside, by its output.

use std::fmt;

use annota::{Error, Result, Session};
use futures::future::BoxFuture;

use super::lease::{self, Holder};
use super::output::Output;
use super::shard::Record;
use super::standing::{Plan, Standing};

/// A job of an output, as it is now.
#[derive(Debug, Clone)]
pub struct Status {
    pub id: String,
    pub is_whole: bool,
    pub shards: u64,
    pub shards_done: u64,
    /// Rows of the input.
    pub rows: u64,
    pub rows_done: u64,
    pub rejected: u64,
    /// Files of shards that are done, and that are not there as they were written.
    pub missing: u64,
    /// The process that works on the output.
    pub driver: Option<Holder>,
}

/// The jobs of an output, those that are done included.
///
/// # Errors
/// An output that cannot be read, or that no job has written.
pub fn status<'a>(session: &'a Session, output: &'a str) -> BoxFuture<'a, Result<Vec<Status>>> {
    Box::pin(statuses(session, output))
}

async fn statuses(session: &Session, output: &str) -> Result<Vec<Status>> {
    let (output, standing) = standing(session, output).await?;
    let mut found = Vec::new();
    let driver = match lease::read(&output).await? {
        Some(holder) if lease::is_working(&output, &holder).await? => Some(holder),
        _ => None,
    };
    for Plan { id, shards, rows, .. } in &standing.plans {
        let listed = standing.manifest.iter().filter(|record| record.job == *id);
        let records: Vec<&Record> = standing.journals.get(id).into_iter().flatten().chain(listed).collect();
        let missing = records.iter().filter(|record| !standing.is_there(record)).count() as u64;
        found.push(Status {
            id: id.clone(),
            is_whole: standing.is_whole,
            shards: *shards,
            shards_done: records.len() as u64,
            rows: *rows,
            rows_done: records.iter().map(|record| record.rows).sum(),
            rejected: records.iter().map(|record| record.rejected).sum(),
            missing,
            driver: driver.clone(),
        });
    }
    Ok(found)
}

/// Asks the drivers of an output to stop: how many there are. Each does so with its next sign of life, and takes its
/// work off the executors.
///
/// # Errors
/// As [`status`].
pub fn cancel<'a>(session: &'a Session, output: &'a str) -> BoxFuture<'a, Result<usize>> {
    Box::pin(cancel_drivers(session, output))
}

async fn cancel_drivers(session: &Session, output: &str) -> Result<usize> {
    let (output, standing) = standing(session, output).await?;
    drop(standing);
    match lease::read(&output).await? {
        Some(holder) if lease::is_working(&output, &holder).await? => {
            lease::cancel(&output, &holder).await?;
            Ok(1)
        }
        _ => Ok(0),
    }
}

async fn standing(session: &Session, output: &str) -> Result<(Output, Standing)> {
    let output = Output::open(&session.context().runtime_env(), output)?;
    let standing = Standing::of(&output).await?;
    if standing.plans.is_empty() {
        return Err(Error::Pipeline(format!("no job has written to `{output}`: expected the output of `annota run`")));
    }
    Ok((output, standing))
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Status { id, shards, shards_done, rows, rows_done, rejected, .. } = self;
        write!(f, "job {id}: {shards_done} of {shards} shards, {rows_done} of {rows} rows")?;
        if *rejected > 0 {
            write!(f, ", {rejected} rejected")?;
        }
        if self.missing > 0 {
            write!(f, ", {} of the shards' files missing or damaged: run the job again", self.missing)?;
        }
        match &self.driver {
            Some(holder) => write!(f, ", driven by {holder}"),
            None if self.is_whole => write!(f, ", done"),
            None => write!(f, ", not being worked on"),
        }
    }
}
