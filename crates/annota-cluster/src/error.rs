use std::path::PathBuf;

use datafusion::error::DataFusionError;

/// What can go wrong between the processes of a cluster.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// A setting that cannot be what it is.
    #[error("{setting} `{value}`: expected {expected}")]
    Setting { setting: &'static str, value: String, expected: String },
    /// An address that nobody answers at, or not in this way.
    #[error("{role} at `{address}` cannot be reached: {reason}")]
    Unreachable { role: &'static str, address: String, reason: String },
    /// The other side answered, and does not want this process.
    #[error("{role} at `{address}` refuses: {reason}")]
    Refused { role: &'static str, address: String, reason: String },
    /// A certificate or a key that cannot be used.
    #[error("file `{}`: {reason}", path.display())]
    File { path: PathBuf, reason: String },
    #[error("tls: {0}")]
    Tls(String),
    #[error("address `{address}` cannot be bound: {reason}")]
    Bind { address: String, reason: String },
    #[error("{0}")]
    Ballista(String),
    #[error("{0}")]
    Session(#[source] annota::Error),
}

pub type Result<T, E = ClusterError> = std::result::Result<T, E>;

impl From<annota::Error> for ClusterError {
    fn from(error: annota::Error) -> Self {
        ClusterError::Session(error)
    }
}

impl From<DataFusionError> for ClusterError {
    fn from(error: DataFusionError) -> Self {
        ClusterError::Session(error.into())
    }
}

impl From<ballista_core::error::BallistaError> for ClusterError {
    fn from(error: ballista_core::error::BallistaError) -> Self {
        ClusterError::Ballista(error.to_string())
    }
}

impl From<ClusterError> for annota::Error {
    fn from(error: ClusterError) -> Self {
        match error {
            ClusterError::Session(error) => error,
            error => annota::Error::DataFusion(DataFusionError::External(Box::new(error))),
        }
    }
}
