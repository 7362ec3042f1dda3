use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use annota::files::ReadOptions;
use annota::{Error, Result};
use serde::{Deserialize, Serialize};

/// What is embedded, and so what a row of the output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Token,
    Sentence,
    #[default]
    Document,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Token => "token",
            Level::Sentence => "sentence",
            Level::Document => "document",
        })
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "token" => Ok(Level::Token),
            "sentence" => Ok(Level::Sentence),
            "document" => Ok(Level::Document),
            _ => Err(format!("level `{text}` is not known: expected token, sentence or document")),
        }
    }
}

/// One batch job, as `job.toml` says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// Files, folders, globs or URLs of CSV, JSON or Parquet, compressed or not.
    #[serde(deserialize_with = "one_or_many")]
    pub input: Vec<String>,
    /// How the input is read, by the names of `SET input.…`: `delimiter`, `quote`, `escape`, `header`, `encoding`, `columns`,
    /// `union`, `format`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub read: BTreeMap<String, String>,
    /// The column of texts.
    #[serde(default = "text")]
    pub text_column: String,
    #[serde(default)]
    pub level: Level,
    /// The folder to write, or its URL in an object store.
    pub output: String,
    /// `None` for the session's.
    #[serde(default)]
    pub model: Option<String>,
    /// Whose rules find sentences and tokens; `None` for the session's.
    #[serde(default)]
    pub profile: Option<String>,
    /// What `begin` and `end` count; `None` for the session's.
    #[serde(default)]
    pub offsets: Option<String>,
    /// `None` for the model's own.
    #[serde(default)]
    pub pooling: Option<String>,
    /// What is done with a text longer than the model sees, at level document: `window`, `truncate` or `fail`; `None` for
    /// windows.
    #[serde(default)]
    pub long: Option<String>,
    /// `f32`, `bf16` or `int8`; on a GPU `f32` or `f16`.
    #[serde(default = "f32")]
    pub precision: String,
    /// What a text that cannot be embedded does: `fail`, or `null`, which keeps its row without a vector and writes the
    /// reason to the rejects.
    #[serde(default = "fail")]
    pub on_error: String,
    /// The type of the vectors' column.
    #[serde(default)]
    pub vector_type: VectorType,
    /// Stands before the names of new columns, where the input has them already.
    #[serde(default)]
    pub column_prefix: String,
    /// Whether an output that is there may be replaced.
    #[serde(default)]
    pub overwrite: bool,
    /// Whether files may be added to an output that is there, if the same model and settings made it.
    #[serde(default)]
    pub append: bool,
    /// The column that tells rows apart. With it a job over an output that is there computes only texts that are new
    /// or changed, and drops rows that are gone.
    #[serde(default)]
    pub key: Option<String>,
    /// Rows of a shard; by the size of the input where it is not said.
    #[serde(default)]
    pub shard_rows: Option<u64>,
    /// How often a shard is tried.
    #[serde(default = "attempts")]
    pub attempts: u32,
    /// Shards that may fail for good before the job gives up on the rest.
    #[serde(default = "max_failures")]
    pub max_failures: usize,
    /// Seconds that a shard may take.
    #[serde(default = "shard_seconds")]
    pub shard_seconds: u64,
    /// Executors of which kind the job runs on, `gpu` or `cpu`; any by default.
    #[serde(default)]
    pub device_class: Option<String>,
}

/// The type of a column of vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VectorType {
    /// `List<Float32>`, which every reader of Parquet opens, with NULL vectors too.
    #[default]
    List,
    /// `FixedSizeList<Float32, n>`, as LanceDB wants it; pyarrow before 26 cannot read it where a vector is NULL.
    Fixed,
}

impl FromStr for VectorType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "list" => Ok(VectorType::List),
            "fixed" => Ok(VectorType::Fixed),
            _ => Err(format!("vector type `{text}` is not known: expected list or fixed")),
        }
    }
}

/// A list of texts, or one text.
fn one_or_many<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a path, or a list of paths as [\"a.csv\", \"b.csv\"]")]
    enum Paths {
        One(String),
        Many(Vec<String>),
    }
    Ok(match Paths::deserialize(deserializer)? {
        Paths::One(path) => vec![path],
        Paths::Many(paths) => paths,
    })
}

fn text() -> String {
    "text".to_owned()
}

fn f32() -> String {
    "f32".to_owned()
}

fn fail() -> String {
    "fail".to_owned()
}

fn attempts() -> u32 {
    5
}

fn max_failures() -> usize {
    3
}

fn shard_seconds() -> u64 {
    3600
}

impl Job {
    pub fn new(input: Vec<String>, output: String) -> Self {
        Job {
            input,
            read: BTreeMap::new(),
            text_column: text(),
            level: Level::default(),
            output,
            model: None,
            profile: None,
            offsets: None,
            pooling: None,
            long: None,
            precision: f32(),
            on_error: fail(),
            vector_type: VectorType::default(),
            column_prefix: String::new(),
            overwrite: false,
            append: false,
            key: None,
            shard_rows: None,
            attempts: attempts(),
            max_failures: max_failures(),
            shard_seconds: shard_seconds(),
            device_class: None,
        }
    }

    /// Reads a `job.toml`.
    pub fn load(path: &Path) -> Result<Self> {
        let fail = |reason: String| Error::Pipeline(format!("job `{}`: {reason}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| fail(error.to_string()))?;
        toml::from_str(&text).map_err(|error| fail(error.message().to_owned()))
    }

    /// How the input is read: `session`'s options, and the job's own above them.
    ///
    /// # Errors
    /// A value that an option does not take.
    pub fn read_options(&self, session: &ReadOptions) -> Result<ReadOptions> {
        let mut options = session.clone();
        self.read.iter().try_for_each(|(name, value)| options.set(name, value))?;
        Ok(options)
    }

    /// The name of one of the job's own columns.
    pub fn column(&self, name: &str) -> String {
        format!("{}{name}", self.column_prefix)
    }

    /// The longest that a shard may take.
    pub fn shard_time(&self) -> Duration {
        Duration::from_secs(self.shard_seconds)
    }
}
