//! What goes between a driver and those who work for it: shards, and what became of them.

use annota::Result;
use annota::files::StoredFile;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::DataFusionError;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::object_store::path::Path;
use serde::{Deserialize, Serialize};

use super::Job;
use super::provenance::Fact;

/// Rows of a file that are annotated as one and become one file of the output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shard {
    /// Its place in the job.
    pub number: u64,
    pub source: Source,
    pub part: Part,
    /// Rows in the part.
    pub rows: u64,
    /// Of these only the rows at these places are annotated; all where it is `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<Vec<u64>>,
    /// Whether the rows are annotated already, and only kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub kept: bool,
    /// Kept rows whose texts are as they were, and whose other columns are not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub renewed: Vec<Renewed>,
}

/// Rows of the input from which annotated rows get their columns anew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Renewed {
    pub source: Source,
    pub part: Part,
    /// Rows in the part.
    pub rows: u64,
    /// The place of a kept row in its file, and that of its row in the part; in the order of the former.
    pub places: Vec<[u64; 2]>,
}

/// A file of the input.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Source {
    /// `file:///` or `s3://bucket/`
    pub store: String,
    pub path: String,
}

/// Which rows of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// `count` rows of Parquet behind the first `skip`.
    Rows { skip: u64, count: u64 },
    /// Whole records of CSV or JSON lines, by the bytes of the text once unpacked.
    Bytes { start: u64, end: u64 },
}

/// All that a worker is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// The job's short hash, part of the names of its files.
    pub id: String,
    pub job: Job,
    /// The columns of the input, an Arrow IPC stream without rows in hexadecimal digits.
    pub columns: String,
    pub facts: Vec<Fact>,
    pub shard: Shard,
}

/// What became of a shard: a line of the manifest.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Record {
    pub job: String,
    pub shard: u64,
    /// The file that was read, and which part of it.
    pub input: String,
    pub part: String,
    /// Rows that were read, and those that were written.
    pub rows: u64,
    pub output_rows: u64,
    /// The file that was written, relative to the output; `None` if there was no row to write.
    pub output: Option<String>,
    pub bytes: u64,
    /// Of the model.
    pub fingerprint: String,
    pub device: String,
    pub precision: String,
    /// Who did it.
    pub worker: String,
    pub seconds: f64,
    /// Rows that stand in the rejects.
    pub rejected: u64,
    /// Pieces that the worker had computed since it started, before and after the shard.
    pub pieces: [u64; 2],
}

/// Why a shard was not done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    pub reason: String,
    /// Whether another try would fail too.
    pub certain: bool,
}

impl Failure {
    pub fn passing(reason: impl ToString) -> Self {
        Failure { reason: reason.to_string(), certain: false }
    }
}

impl Source {
    pub fn of(file: &StoredFile) -> Self {
        Source { store: file.store.as_str().to_owned(), path: file.meta.location.to_string() }
    }

    pub fn store(&self) -> Result<ObjectStoreUrl> {
        Ok(ObjectStoreUrl::parse(&self.store)?)
    }

    pub fn location(&self) -> Result<Path> {
        Path::parse(&self.path)
            .map_err(|error| DataFusionError::from(datafusion::object_store::Error::from(error)).into())
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.store, self.path)
    }
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Part::Rows { skip, count } => write!(f, "rows {skip}..{}", skip + count),
            Part::Bytes { start, end } => write!(f, "bytes {start}..{end}"),
        }
    }
}

/// A schema as text, an Arrow IPC stream without rows in hexadecimal digits, and back.
pub mod columns {
    use datafusion::arrow::ipc::reader::StreamReader;
    use datafusion::arrow::ipc::writer::StreamWriter;

    use super::*;

    pub fn write(schema: &SchemaRef) -> Result<String, DataFusionError> {
        let mut bytes = Vec::new();
        StreamWriter::try_new(&mut bytes, schema)?.finish()?;
        Ok(hex::encode(bytes))
    }

    /// # Errors
    /// What is no schema.
    pub fn read(text: &str) -> Result<SchemaRef, DataFusionError> {
        let broken = |error| DataFusionError::Execution(format!("the columns of a task cannot be read: {error}"));
        let bytes = std::io::Cursor::new(hex::decode(text).map_err(broken)?);
        Ok(StreamReader::try_new(bytes, None)?.schema())
    }
}
