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
        DataFusionError::Plan(text) | DataFusionError::Execution(text) => {
            message_of_status(text).unwrap_or(text).to_owned()
        }
        DataFusionError::IoError(inner) => inner.to_string(),
        other => other.strip_backtrace(),
    }
}

/// Ballista prints the status of a call that was refused as Rust writes it; what it says is its message.
fn message_of_status(text: &str) -> Option<&str> {
    let (_, message) = text.strip_prefix("Status { code: ")?.split_once("message: \"")?;
    Some(message.split_once("\", ")?.0)
}

/// Whether whoever reads the output has stopped reading.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let is_pipe = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| cause.downcast_ref::<std::io::Error>().is_some_and(is_pipe))
}
