use std::path::{Path, PathBuf};
use std::str::FromStr;

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
    /// Files or folders of CSV, JSON lines or Parquet, compressed or not.
    pub input: Vec<String>,
    /// The column of texts.
    #[serde(default = "text")]
    pub text_column: String,
    #[serde(default)]
    pub level: Level,
    /// The folder to write.
    pub output: PathBuf,
    /// `None` for the session's.
    #[serde(default)]
    pub model: Option<String>,
    /// Whose rules find sentences and tokens; `None` for the session's.
    #[serde(default)]
    pub profile: Option<String>,
    /// `None` for the model's own.
    #[serde(default)]
    pub pooling: Option<String>,
    /// `f32`, `bf16` or `int8`; on a GPU `f32` or `f16`.
    #[serde(default = "f32")]
    pub precision: String,
    /// `fail` or `null`.
    #[serde(default = "fail")]
    pub on_error: String,
    /// Stands before the names of new columns, where the input has them already.
    #[serde(default)]
    pub column_prefix: String,
    /// Whether an output that is there may be replaced.
    #[serde(default)]
    pub overwrite: bool,
    /// Whether files may be added to an output that is there, if the same model and settings made it.
    #[serde(default)]
    pub append: bool,
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

impl Job {
    pub fn new(input: Vec<String>, output: PathBuf) -> Self {
        Job {
            input,
            text_column: text(),
            level: Level::default(),
            output,
            model: None,
            profile: None,
            pooling: None,
            precision: f32(),
            on_error: fail(),
            column_prefix: String::new(),
            overwrite: false,
            append: false,
        }
    }

    /// Reads a `job.toml`.
    pub fn load(path: &Path) -> Result<Self> {
        let fail = |reason: String| Error::Pipeline(format!("job `{}`: {reason}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| fail(error.to_string()))?;
        toml::from_str(&text).map_err(|error| fail(error.message().to_owned()))
    }
}
