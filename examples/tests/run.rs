//! Every example runs, from the workspace's root, and prints what its section of the README says it prints.

use std::path::Path;
use std::process::Command;

fn output(binary: &str, arguments: &[&str]) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let done = Command::new(binary).args(arguments).current_dir(root).output().expect("it starts");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("UTF-8")
}

#[test]
fn sql_over_parquet() {
    let text = output(env!("CARGO_BIN_EXE_sql_over_parquet"), &[]);
    assert!(text.contains("| weather") && text.contains("20 vectors"), "{text}");
}

#[test]
fn spark_nlp_pipeline() {
    let text = output(env!("CARGO_BIN_EXE_spark_nlp_pipeline"), &[]);
    for line in [
        "3 rows with columns",
        "I 0-0 [1.098",
        "love 2-5",
        "NLP 7-9",
        "SELECT *, albert_embeddings(sentence, token, model => 'albert_tiny_en')",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[test]
fn semantic_search() {
    let text = output(env!("CARGO_BIN_EXE_semantic_search"), &["How do I reset my password?"]);
    assert!(text.to_lowercase().contains("password"), "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with("| ")).count(), 6, "{text}");
}

#[test]
fn own_annotator() {
    assert!(output(env!("CARGO_BIN_EXE_own_annotator"), &[]).contains("[NASA, ESA, ISS]"));
}

#[test]
fn on_ballista() {
    let text = output(env!("CARGO_BIN_EXE_on_ballista"), &[]);
    assert!(text.contains("| weather"), "{text}");
}
