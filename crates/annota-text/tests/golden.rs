//! The published cases of Spark NLP's own suites. They lie outside this repository (`ANNOTA_SHARED`, or
//! `../shared` beside it); where they are absent, each test says so and counts as skipped.

use std::path::PathBuf;

use annota_text::{CleanupMode, OffsetUnit, SentenceDetector, Span, Tokenizer};
use serde_json::Value;

fn cases(file: &str) -> Option<Vec<Value>> {
    let default = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared"));
    let shared = std::env::var_os("ANNOTA_SHARED").map_or(default, PathBuf::from);
    let Ok(text) = std::fs::read_to_string(shared.join("data/golden").join(file)) else {
        eprintln!("skipped: {file} is absent");
        return None;
    };
    Some(text.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect())
}

fn found(text: &str, spans: &[Span]) -> Vec<(String, i64, i64)> {
    let offset = |byte: usize| OffsetUnit::Utf16.count(&text[..byte]) as i64;
    spans.iter().map(|span| (text[span.range()].to_owned(), offset(span.start), offset(span.end) - 1)).collect()
}

fn expected(annotations: &Value) -> Vec<(String, i64, i64)> {
    let number = |annotation: &Value, key: &str| annotation[key].as_i64().expect("a number");
    let annotations = annotations.as_array().expect("a list").iter();
    let annotations = annotations.map(|annotation| {
        let result = annotation["result"].as_str().expect("a string").to_owned();
        (result, number(annotation, "begin"), number(annotation, "end"))
    });
    annotations.collect()
}

/// Cases whose text holds one of the characters that Spark NLP uses as marks. It corrupts them; Annota does not.
const CORRUPTED: [&str; 3] = ["derived/private_use", "derived/box_char", "derived/break_char"];

fn is_corrupted(case: &Value) -> bool {
    CORRUPTED.iter().any(|name| case["name"] == *name)
}

/// Whether a case leaves every parameter at its default.
fn is_default(case: &Value, defaults: &Value) -> bool {
    let params = case["params"].as_object().expect("an object");
    params.iter().all(|(key, value)| defaults.get(key).is_none_or(|default| default == value))
}

#[test]
fn sentences() {
    let defaults = serde_json::json!({
        "useAbbreviations": true, "detectLists": true, "customBounds": [], "splitLength": null, "minLength": 0,
        "maxLength": null,
    });
    let mut wrong = Vec::new();
    for (file, key) in
        [("sentence_detector.jsonl", "spark_nlp_actual"), ("sentence_detector_derived.jsonl", "expected_annotations")]
    {
        let Some(cases) = cases(file) else { return };
        for case in cases.iter().filter(|case| is_default(case, &defaults) && !is_corrupted(case)) {
            let text = case["input"].as_str().expect("a text");
            let found = found(text, &SentenceDetector::default().sentences(text));
            let expected = expected(&case[key]);
            if found != expected {
                wrong.push(format!("{}: {text:?}\n  found    {found:?}\n  expected {expected:?}", case["name"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn tokens() {
    let defaults = serde_json::json!({
        "targetPattern": "\\S+", "prefixPattern": null, "suffixPattern": null, "infixPatterns": null,
        "exceptions": null, "splitPattern": null, "splitChars": null, "minLength": 0, "maxLength": null,
        "contextChars": [".", ",", ";", ":", "!", "?", "*", "-", "(", ")", "\"", "'"],
    });
    let mut wrong = Vec::new();
    for (file, key) in [("tokenizer.jsonl", "spark_nlp_actual"), ("tokenizer_derived.jsonl", "expected_annotations")] {
        let Some(cases) = cases(file) else { return };
        let plain = |case: &&Value| case["annotator"] == "Tokenizer" && case["input_level"] == "document";
        for case in cases.iter().filter(plain).filter(|case| is_default(case, &defaults) && !is_corrupted(case)) {
            let mode = case["upstream_stages"]["DocumentAssembler"]["cleanupMode"].as_str().unwrap_or("disabled");
            let mode: CleanupMode = mode.parse().expect("a mode");
            let text = &*mode.clean(case["input"].as_str().expect("a text"));
            let found = found(text, &Tokenizer::default().tokens(text));
            let expected = expected(&case[key]);
            if found != expected {
                wrong.push(format!("{}: {text:?}\n  found    {found:?}\n  expected {expected:?}", case["name"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn documents() {
    let Some(cases) = cases("document_assembler.jsonl") else { return };
    let mut checked = 0;
    for case in &cases {
        let (Some(text), Some(mode)) = (case["input"].as_str(), case["params"]["cleanupMode"].as_str()) else {
            continue;
        };
        let Some([document]) = case["expected"].as_array().map(Vec::as_slice) else { continue };
        let mode: CleanupMode = mode.parse().expect("a mode");
        assert_eq!(Some(mode.clean(text).as_ref()), document["result"].as_str(), "{} {mode:?}", case["name"]);
        checked += 1;
    }
    assert!(checked > 50);
}
