use std::path::{Path, PathBuf};

/// What can go wrong between a foreign weight file and named tensors. Every message is one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// A file is absent or cannot be read.
    #[error("cannot read `{}`: {reason}", path.display())]
    Read { path: PathBuf, reason: String },
    /// A file or folder cannot be written.
    #[error("cannot write `{}`: {reason}", path.display())]
    Write { path: PathBuf, reason: String },
    /// A file does not have the form that its kind has.
    #[error("`{}` is damaged or not what it seems: {reason}", path.display())]
    Malformed { path: PathBuf, reason: String },
    /// A tensor is missing, doubtful or misshapen.
    #[error("`{}`: tensor `{tensor}` {reason}", path.display())]
    Tensor { path: PathBuf, tensor: String, reason: String },
    /// The file is sound, but not of a kind that can be imported.
    #[error("`{}` cannot be imported: {reason}", path.display())]
    Unsupported { path: PathBuf, reason: String },
    /// The shapes of the tensors do not make a configuration.
    #[error("no configuration from the shapes of the tensors: {reason}")]
    Config { reason: String },
}

impl ImportError {
    pub(crate) fn read(path: &Path, error: &std::io::Error) -> Self {
        ImportError::Read { path: path.to_owned(), reason: one_line(&error.to_string()) }
    }

    pub(crate) fn write(path: &Path, error: &std::io::Error) -> Self {
        ImportError::Write { path: path.to_owned(), reason: one_line(&error.to_string()) }
    }

    pub(crate) fn malformed(path: &Path, reason: impl Into<String>) -> Self {
        ImportError::Malformed { path: path.to_owned(), reason: reason.into() }
    }

    pub(crate) fn tensor(path: &Path, tensor: &str, reason: impl Into<String>) -> Self {
        ImportError::Tensor { path: path.to_owned(), tensor: one_line(tensor), reason: reason.into() }
    }

    pub(crate) fn unsupported(path: &Path, reason: impl Into<String>) -> Self {
        ImportError::Unsupported { path: path.to_owned(), reason: reason.into() }
    }
}

/// A foreign text as it may stand in a message: without control characters, and not endless.
pub(crate) fn one_line(text: &str) -> String {
    const LONGEST: usize = 200;
    let mut line: String = text.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(LONGEST).is_some() {
        line.push('…');
    }
    line
}
