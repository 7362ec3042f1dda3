/// What a cluster's error says, without the layers that carried it here: Ballista prints refused calls and failed tasks
/// as Rust writes them. Other texts stay as they are.
pub fn plainly(text: &str) -> String {
    if let Some(message) = of_status(text) {
        return message.to_owned();
    }
    match text.split_once("Task failed due to runtime execution error: ") {
        Some((_, cause)) => unwrapped(cause).to_owned(),
        None => text.to_owned(),
    }
}

/// `Status { code: FailedPrecondition, message: "…", … }`.
fn of_status(text: &str) -> Option<&str> {
    let (_, message) = text.strip_prefix("Status { code: ")?.split_once("message: \"")?;
    Some(message.split_once("\", ")?.0)
}

/// `DataFusionError(Shared(External(…)))`.
fn unwrapped(text: &str) -> &str {
    let text = text.trim();
    let inner = text.split_once('(').filter(|(name, _)| name.chars().all(|c| c.is_ascii_alphanumeric()));
    match inner.and_then(|(_, rest)| rest.strip_suffix(')')) {
        Some(inner) => unwrapped(inner),
        None => text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text),
    }
}

#[cfg(test)]
mod tests {
    use super::plainly;

    #[test]
    fn layers_are_taken_off() {
        let task = "Job 1 failed: Job failed due to stage 0 failed: Task failed due to runtime execution error: \
                    DataFusionError(Shared(External(DataFusionError(Execution(\"f: no file (os error 2)\")))))";
        assert_eq!(plainly(task), "f: no file (os error 2)");
        let status = "Status { code: FailedPrecondition, message: \"no executor\", metadata: MetadataMap {} }";
        assert_eq!(plainly(status), "no executor");
        assert_eq!(plainly("Divide by zero (in x)"), "Divide by zero (in x)");
    }
}
