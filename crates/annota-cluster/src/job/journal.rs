//! What a driver remembers of a job: the shards that are done. It lies in the output, so that whoever runs the job again
//! goes on from there.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use annota::{Error, Result};
use futures::{StreamExt, TryStreamExt};

use super::output::{MEMORY, Output, OutputFile};
use super::shard::Record;

/// All shards of an output, a line each: what tells readers which files it is made of.
pub const MANIFEST: &str = "_annota/manifest.jsonl";

/// The manifest that an output gets: while it is there, files get their names and others are removed.
pub const COMMIT: &str = "_annota/commit.jsonl";

/// Pieces that are read at the same time.
const FILES: usize = 16;

/// Records that are kept in pieces, for stores cannot append.
pub struct Journal<'a> {
    output: &'a Output,
    job: String,
    /// Tells the pieces of this driver from those of others.
    driver: u128,
    pieces: usize,
    waiting: Vec<Record>,
}

impl<'a> Journal<'a> {
    pub fn new(output: &'a Output, job: &str) -> Self {
        let driver = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        Journal { output, job: job.to_owned(), driver, pieces: 0, waiting: Vec::new() }
    }

    pub fn add(&mut self, record: Record) {
        self.waiting.push(record);
    }

    /// Writes what was added since the last time.
    pub async fn flush(&mut self) -> Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let name = format!("{}/journal-{}-{:06}.jsonl", folder(&self.job), self.driver, self.pieces);
        self.output.write(&name, lines(&self.waiting)?).await?;
        self.pieces += 1;
        self.waiting.clear();
        Ok(())
    }
}

/// Where a driver keeps what it remembers of a job.
pub fn folder(job: &str) -> String {
    format!("{MEMORY}/{job}")
}

/// Where a file of a job waits for the end of the job, if it must not be among the output's files before.
pub fn waiting(job: &str, file: &str) -> String {
    format!("{}/{file}", folder(job))
}

/// The shards of a job that are done, by their numbers. `files` are those of the output.
pub async fn read(output: &Output, job: &str, files: &[OutputFile]) -> Result<BTreeMap<u64, Record>> {
    let beginning = format!("{}/journal-", folder(job));
    let mut names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
    names.retain(|name| name.starts_with(&beginning));
    let pieces = futures::stream::iter(names).map(|name| async move {
        let text = output.read(&name).await?.unwrap_or_default();
        parse(&name, &text)
    });
    let pieces: Vec<Vec<Record>> = pieces.buffered(FILES).try_collect().await?;
    Ok(pieces.into_iter().flatten().map(|record| (record.shard, record)).collect())
}

/// The shards of a whole output.
pub async fn manifest(output: &Output) -> Result<Vec<Record>> {
    let text = output.read(MANIFEST).await?.unwrap_or_default();
    parse(MANIFEST, &text)
}

pub fn lines(records: &[Record]) -> Result<String> {
    let line = |record: &Record| serde_json::to_string(record).map(|line| line + "\n");
    records.iter().map(line).collect::<Result<String, _>>().map_err(|error| Error::Pipeline(error.to_string()))
}

pub fn parse(name: &str, text: &[u8]) -> Result<Vec<Record>> {
    let broken = |error: &dyn std::fmt::Display| Error::Pipeline(format!("`{name}` of the output: {error}"));
    let text = std::str::from_utf8(text).map_err(|error| broken(&error))?;
    text.lines().map(|line| serde_json::from_str(line).map_err(|error| broken(&error))).collect()
}
