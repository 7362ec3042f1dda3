use annota_text::UnknownValue;
use arrow::error::ArrowError;

use crate::EmbedError;

/// What can go wrong between a call and its column.
#[derive(Debug, thiserror::Error)]
pub enum AnnotatorError {
    /// A setting has a value that it cannot have.
    #[error("{setting} is `{value}`: expected {expected}")]
    Setting { setting: String, value: String, expected: String },
    /// An input column is not what the annotator takes.
    #[error("{annotator}: input {position} is {found}: expected {expected}")]
    Input { annotator: String, position: usize, found: String, expected: String },
    #[error(transparent)]
    Embed(#[from] EmbedError),
    #[error(transparent)]
    Arrow(#[from] ArrowError),
}

impl From<UnknownValue> for AnnotatorError {
    fn from(unknown: UnknownValue) -> Self {
        let UnknownValue { setting, value, expected } = unknown;
        AnnotatorError::Setting { setting: setting.to_owned(), value, expected: format!("one of {expected}") }
    }
}
