//! The published cases of Spark NLP's assemblers. They lie outside this repository (`ANNOTA_SHARED`, or `../shared`
//! beside it); where they are absent, the test says so and counts as skipped.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use annota::annotators::{Annotation, Annotations};
use annota::prelude::*;
use datafusion::arrow::array::{ArrayRef, ListBuilder, MapBuilder, RecordBatch, StringArray, StringBuilder};
use serde_json::Value;

fn cases() -> Option<Vec<Value>> {
    let default = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared"));
    let shared = std::env::var_os("ANNOTA_SHARED").map_or(default, PathBuf::from);
    let Ok(text) = std::fs::read_to_string(shared.join("data/golden/document_assembler.jsonl")) else {
        eprintln!("skipped: document_assembler.jsonl is absent");
        return None;
    };
    Some(text.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect())
}

/// Cases that Annota answers otherwise on purpose, by the begin of their names, and why.
const OTHERWISE: [(&str, &str); 3] = [
    ("derived/null", "NULL in, NULL out"),
    ("null_text", "NULL in, NULL out"),
    ("multi_light/", "the light path finds what the dataframe path finds, the documents' numbers too"),
];

fn strings(value: &Value) -> BTreeMap<String, String> {
    let entries = value.as_object().into_iter().flatten();
    entries.map(|(key, value)| (key.clone(), value.as_str().expect("a text").to_owned())).collect()
}

fn texts(input: &Value) -> ArrayRef {
    let Some(texts) = input.as_array() else { return Arc::new(StringArray::from(vec![input.as_str()])) };
    let mut list = ListBuilder::new(StringBuilder::new());
    list.append_value(texts.iter().map(Value::as_str));
    Arc::new(list.finish())
}

fn map(input: &Value) -> ArrayRef {
    let mut map = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    for (key, value) in strings(input) {
        map.keys().append_value(key);
        map.values().append_value(value);
    }
    map.append(true).expect("a map");
    Arc::new(map.finish())
}

/// The row of a case: its text, and its id and metadata where it has them.
fn row(case: &Value) -> RecordBatch {
    let input = &case["input"];
    let text = if input.is_object() { &input["text"] } else { input };
    let mut columns = vec![("text", texts(text), true)];
    if case["params"]["idCol"].is_string() {
        columns.push(("id", texts(&input["id"]), true));
    }
    if case["params"]["metadataCol"].is_string() {
        columns.push(("meta", map(&input["meta"]), true));
    }
    RecordBatch::try_from_iter_with_nullable(columns).expect("a batch")
}

fn pipeline(params: &Value) -> Pipeline {
    let mode = params["cleanupMode"].as_str().expect("a mode");
    if params["annotator"] == "MultiDocumentAssembler" {
        let several = MultiDocumentAssembler::new().set_input_cols(["text"]).set_output_cols(["document"]);
        return Pipeline::new().stage(several.set_cleanup_mode(mode));
    }
    let mut assembler = DocumentAssembler::new().set_input_col("text").set_cleanup_mode(mode);
    if let Some(column) = params["idCol"].as_str() {
        assembler = assembler.set_id_col(column);
    }
    if let Some(column) = params["metadataCol"].as_str() {
        assembler = assembler.set_metadata_col(column);
    }
    Pipeline::new().stage(assembler)
}

async fn found(session: &Session, case: &Value) -> Vec<Annotation> {
    let pipeline = pipeline(&case["params"]);
    if case["params"]["api"].is_string() {
        let light = LightPipeline::new(session, &pipeline).expect("a pipeline");
        return light.full_annotate(case["input"].as_str().expect("a text")).expect("annotations")["document"].clone();
    }
    let data = session.context().read_batch(row(case)).expect("a dataframe");
    let rows = pipeline.transform(data).expect("columns").collect().await.expect("rows");
    let column = rows[0].column_by_name("document").expect("a column");
    let annotations = Annotations::read(column.as_ref()).expect("annotations");
    annotations.row(0).map(|annotation| annotation.to_owned()).collect()
}

fn expected(case: &Value) -> Vec<Annotation> {
    let number = |annotation: &Value, key: &str| annotation[key].as_i64().expect("a number") as i32;
    let text = |annotation: &Value, key: &str| annotation[key].as_str().expect("a text").to_owned();
    let annotations = case["expected"].as_array().expect("a list").iter();
    let annotations = annotations.map(|annotation| Annotation {
        annotator_type: text(annotation, "annotatorType"),
        begin: number(annotation, "begin"),
        end: number(annotation, "end"),
        result: text(annotation, "result"),
        metadata: strings(&annotation["metadata"]),
        embeddings: Vec::new(),
    });
    annotations.collect()
}

#[tokio::test]
async fn documents() {
    let Some(cases) = cases() else { return };
    let session = Session::new().expect("a session");
    let mut wrong = Vec::new();
    for case in cases.iter().filter(|case| case["expected"].is_array()) {
        let name = case["name"].as_str().expect("a name");
        let otherwise = OTHERWISE.iter().any(|(begin, _)| name.starts_with(begin));
        let (found, expected) = (found(&session, case).await, expected(case));
        if (found != expected) != otherwise {
            wrong.push(format!("{name}: {}\n  found    {found:?}\n  expected {expected:?}", case["input"]));
        }
    }
    assert!(cases.len() > 80);
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}
