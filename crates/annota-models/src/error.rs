use std::path::PathBuf;

/// What can go wrong between a model's name and its vectors.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ModelError {
    /// No model of that name in the table, the cache or the file system.
    #[error("unknown model `{name}`: expected {expected}")]
    UnknownModel { name: String, expected: String },
    /// The files of a model cannot be had from where they are.
    #[error("{reason}")]
    Hub { reason: String, is_transient: bool },
    /// A file of the model is absent or cannot be read.
    #[error("cannot read `{}`: {reason}", path.display())]
    Read { path: PathBuf, reason: String },
    /// `config.json`, or a file like it, does not describe an encoder that can be built.
    #[error("model `{model}`: {key} is `{value}` in {file}, expected {expected}")]
    Config { model: String, file: String, key: String, value: String, expected: String },
    /// A tensor of the checkpoint is missing, unknown or misshapen.
    #[error("model `{model}`: {reason}")]
    Checkpoint { model: String, reason: String },
    /// A file that says how texts are cut cannot be used.
    #[error("model `{model}`: {file}: {reason}")]
    Tokenizer { model: String, file: &'static str, reason: String },
    /// This text cannot be cut into pieces; others can.
    #[error("model `{model}`: a text of {bytes} bytes: {reason}")]
    Text { model: String, bytes: usize, reason: String },
    /// A setting has a value that is not one of its values.
    #[error("{setting} `{value}` is not known: expected {expected}")]
    Setting { setting: &'static str, value: String, expected: String },
    /// The device is not compiled in, absent or refused.
    #[error("device `{device}`: {reason}")]
    Device { device: String, reason: String },
    /// The device failed while computing. Trying again may help.
    #[error("device `{device}` failed: {reason}")]
    Compute { device: String, reason: String },
    /// Nobody waits for the answer any more.
    #[error("given up: the query that asked has ended")]
    CallerLeft,
    /// The request cannot be served by this model.
    #[error("model `{model}`: {reason}")]
    Unsupported { model: String, reason: String },
}

impl ModelError {
    /// True for errors that the same request may not meet again: a device that failed, a network that broke, never
    /// a wrong file.
    pub fn is_transient(&self) -> bool {
        matches!(self, ModelError::Compute { .. } | ModelError::Hub { is_transient: true, .. })
    }
}
