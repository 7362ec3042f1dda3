//! What can be known and asked of a job from outside, by its output.

use std::fmt;

use annota::{Error, Result, Session};
use futures::future::BoxFuture;

use super::journal;
use super::lease::{self, Sign};
use super::output::Output;
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
    /// Who works on it.
    pub driver: Option<Sign>,
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
    for Plan { id, shards, rows, .. } in &standing.plans {
        let mut records: Vec<_> = journal::read(&output, id).await?.into_values().collect();
        records.extend(standing.manifest.iter().filter(|record| record.job == *id).cloned());
        found.push(Status {
            id: id.clone(),
            is_whole: standing.is_whole,
            shards: *shards,
            shards_done: records.len() as u64,
            rows: *rows,
            rows_done: records.iter().map(|record| record.rows).sum(),
            rejected: records.iter().map(|record| record.rejected).sum(),
            driver: lease::read(&output, id).await?,
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
    let mut asked = 0;
    for Plan { id, .. } in &standing.plans {
        if let Some(sign) = lease::read(&output, id).await?
            && lease::lives(&output, id, &sign).await?
        {
            lease::cancel(&output, id).await?;
            asked += 1;
        }
    }
    Ok(asked)
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
        match &self.driver {
            Some(Sign { host, process, .. }) => write!(f, ", driven by process {process} on {host}"),
            None if self.is_whole => write!(f, ", done"),
            None => write!(f, ", not being worked on"),
        }
    }
}
