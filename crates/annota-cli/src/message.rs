//! Errors as one line for people.

use datafusion::error::DataFusionError;

/// The innermost reason, without the layers that carried it.
pub fn one_line(error: &anyhow::Error) -> String {
    let text = match datafusion_error(error) {
        Some(error) => root(error),
        None => error.to_string(),
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn datafusion_error(error: &anyhow::Error) -> Option<&DataFusionError> {
    error.chain().find_map(|cause| {
        cause.downcast_ref::<DataFusionError>().or_else(|| match cause.downcast_ref::<annota::Error>() {
            Some(annota::Error::DataFusion(error)) => Some(error),
            _ => None,
        })
    })
}

fn root(error: &DataFusionError) -> String {
    match error.find_root() {
        DataFusionError::External(inner) => inner.to_string(),
        DataFusionError::Plan(text) => text.clone(),
        DataFusionError::Execution(text) => annota_cluster::plainly(text),
        DataFusionError::IoError(inner) => inner.to_string(),
        other => other.strip_backtrace(),
    }
}

/// Whether whoever reads the output has stopped reading.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let is_pipe = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| cause.downcast_ref::<std::io::Error>().is_some_and(is_pipe))
}
