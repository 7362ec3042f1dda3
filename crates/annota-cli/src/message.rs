//! Errors as one line for people.

use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::parser::ParserError;

/// The innermost reason, without the layers that carried it.
pub fn one_line(error: &anyhow::Error) -> String {
    let text = match datafusion_error(error) {
        Some(error) => root(error),
        None => with_causes(error),
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The error and the causes that it does not tell itself.
fn with_causes(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
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
        DataFusionError::SQL(error, _) => match error.as_ref() {
            ParserError::TokenizerError(text) | ParserError::ParserError(text) => format!("SQL: {text}"),
            ParserError::RecursionLimitExceeded => "SQL: expressions are nested too deeply".to_owned(),
        },
        other => other.strip_backtrace(),
    }
}

/// Whether whoever reads the output has stopped reading.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let is_pipe = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| cause.downcast_ref::<std::io::Error>().is_some_and(is_pipe))
}
