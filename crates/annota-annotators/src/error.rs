use annota_text::{SettingError, StepLimit};
use arrow::error::ArrowError;

use crate::EmbedError;

/// What can go wrong between a call and its column.
#[derive(Debug, thiserror::Error)]
pub enum AnnotatorError {
    /// A setting has a value that it cannot have.
    #[error("{setting} is `{value}`: expected {expected}")]
    Setting { setting: String, value: String, expected: String },
    /// An input column is not what the annotator takes.
    #[error("input {position} is {found}: expected {expected}")]
    Input { position: usize, found: String, expected: String },
    /// A chunk that must be found is not there.
    #[error("chunk `{0}` is in no document of its row: expected it there, or fail_on_missing => false")]
    Chunk(String),
    /// A pattern of one's own takes too many steps on a text.
    #[error(transparent)]
    Pattern(#[from] StepLimit),
    #[error(transparent)]
    Embed(#[from] EmbedError),
    /// A batch has more than a column of Arrow's can hold.
    #[error(
        "column `{column}` of a batch would take {size} bytes or numbers: expected at most 2147483647; lower datafusion.execution.batch_size"
    )]
    TooLarge { column: &'static str, size: usize },
    #[error(transparent)]
    Arrow(#[from] ArrowError),
}

impl From<SettingError> for AnnotatorError {
    fn from(error: SettingError) -> Self {
        let SettingError { setting, value, expected } = error;
        AnnotatorError::Setting { setting: setting.to_owned(), value, expected }
    }
}
