use annota_annotators::AnnotatorError;
use annota_models::ModelError;
use datafusion::error::DataFusionError;

/// What can go wrong in a session or a pipeline.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    DataFusion(#[from] DataFusionError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Annotator(#[from] AnnotatorError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// An input that is not as it has to be: the same command fails again until the input or the command is changed.
    #[error("{0}")]
    Input(String),
    /// A pipeline that cannot run on the columns it is given, or that cannot be read.
    #[error("{0}")]
    Pipeline(String),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;
