//! Folders made of every kind of source.

use std::fs;
use std::path::{Path, PathBuf};

use annota_models::import::{ImportError, Imported, import};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::common::saved::{annotator, archive};
use super::common::{fixture, read_safetensors, safetensors};

/// An empty folder for `from`, and the way of `to` beside it, whose own folder is not there yet.
pub fn folders() -> (TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let (from, to) = (folder.path().join("from"), folder.path().join("models/to"));
    fs::create_dir(&from).expect("a folder");
    (folder, from, to)
}

pub fn put(folder: &Path, files: &[(&str, &[u8])]) {
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(fixture(name)).expect("a fixture")
}

fn copy_checkpoint(to: &Path, name: &str, as_name: &str) {
    let folder = fixture("tensorflow");
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let file = path.file_name().expect("a name").to_string_lossy().into_owned();
        if let Some(end) = file.strip_prefix(name).filter(|end| !end.ends_with(".safetensors") && path.is_file()) {
            fs::copy(&path, to.join(format!("{as_name}{end}"))).expect("a copy");
        }
    }
}

pub fn text(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub fn json(folder: &Path, name: &str) -> Value {
    serde_json::from_str(&text(folder, name)).expect("JSON")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

pub fn imported(from: &Path, to: &Path) -> Imported {
    import(from, to).unwrap_or_else(|error| panic!("{error}"))
}

/// Imports, and compares the weights with those of a fixture.
fn converted(from: &Path, to: &Path, weights: &str, expected: &str) -> Imported {
    let expected = safetensors(expected);
    let imported = imported(from, to);
    assert_eq!((imported.weights, imported.tensors), (weights, Some(expected.len())));
    assert_eq!(read_safetensors(&to.join("model.safetensors")), expected);
    assert_eq!(names(to.parent().expect("a folder")), ["to"]);
    imported
}

#[test]
fn a_folder_with_onnx() {
    for place in ["model.onnx", "onnx/model.onnx"] {
        let (_folder, from, to) = folders();
        let config = br#"{"model_type": "bert", "hidden_size": 8}"#;
        put(&from, &[(place, &bytes("onnx/bert_script.onnx")), ("config.json", config), ("vocab.txt", b"[PAD]\na\n")]);
        put(&from, &[("tokenizer_config.json", b"{}"), ("README.md", b"card"), ("1_Pooling/config.json", b"{}")]);
        let imported = converted(&from, &to, "onnx", "onnx/bert.safetensors");
        assert_eq!((imported.family.as_str(), imported.guessed), ("bert", Vec::new()));
        assert_eq!(text(&to, "config.json").as_bytes(), config);
        assert_eq!((text(&to, "vocab.txt").as_str(), text(&to, "README.md").as_str()), ("[PAD]\na\n", "card"));
        let files =
            ["1_Pooling", "README.md", "config.json", "model.safetensors", "tokenizer_config.json", "vocab.txt"];
        assert_eq!(names(&to), files);
    }
}

#[test]
fn the_weights_are_as_plain_safetensors_are() {
    let (_folder, from, to) = folders();
    put(&from, &[("model.onnx", &bytes("onnx/albert_dynamo.onnx")), ("config.json", b"{}"), ("spiece.model", b"x")]);
    let expected = converted(&from, &to, "onnx", "onnx/albert.safetensors");
    assert_eq!((expected.family.as_str(), expected.guessed.len()), ("albert", 1));
    assert_eq!(json(&to, "config.json"), json!({"model_type": "albert"}));
    let written = fs::read(to.join("model.safetensors")).expect("a file");
    let (_, metadata) = safetensors::SafeTensors::read_metadata(&written).expect("safetensors");
    assert_eq!(metadata.metadata().as_ref().and_then(|metadata| metadata.get("format")), Some(&"pt".to_owned()));
    let permissions = |name: &str| fs::metadata(to.join(name)).expect("a file").permissions();
    assert_eq!(permissions("model.safetensors"), permissions("config.json"));
}

#[test]
fn googles_checkpoints() {
    let config = br#"{"hidden_act": "gelu", "hidden_size": 8, "num_hidden_groups": 1}"#;
    for part in ["", "model.ckpt-best", "model.ckpt-best.index"] {
        let (_folder, from, to) = folders();
        copy_checkpoint(&from, "google_albert", "model.ckpt-best");
        put(&from, &[("albert_config.json", config), ("30k-clean.model", b"pieces"), ("30k-clean.vocab", b"")]);
        let source = if part.is_empty() { from.clone() } else { from.join(part) };
        let imported = converted(&source, &to, "tensorflow", "tensorflow/google_albert.safetensors");
        assert_eq!(imported.guessed[0], "hidden_act = gelu_new, which Google's ALBERT calls gelu");
        assert_eq!(text(&to, "spiece.model"), "pieces");
        let expected =
            json!({"model_type": "albert", "hidden_act": "gelu_new", "hidden_size": 8, "num_hidden_groups": 1});
        assert_eq!(json(&to, "config.json"), expected);
    }
    let (_folder, from, to) = folders();
    copy_checkpoint(&from, "google_bert", "bert_model.ckpt");
    put(&from, &[("bert_config.json", br#"{"hidden_act": "gelu"}"#), ("vocab.txt", b"a\n")]);
    let imported = converted(&from, &to, "tensorflow", "tensorflow/google_bert.safetensors");
    assert_eq!(imported.guessed, ["do_lower_case = true, as it is where no tokenizer_config.json tells"]);
    assert_eq!(json(&to, "config.json"), json!({"model_type": "bert", "hidden_act": "gelu"}));
}

#[test]
fn saved_models() {
    for (name, tokenizer, inside) in
        [("saved_albert", "spiece.model", ""), ("saved_bert", "vocab.txt", "saved_model/1/")]
    {
        let (_folder, from, to) = folders();
        for file in ["variables.index", "variables.data-00000-of-00001"] {
            let saved = bytes(&format!("tensorflow/{name}/variables/{file}"));
            put(&from, &[(&format!("{inside}variables/{file}"), &saved)]);
        }
        put(&from, &[(&format!("assets/{tokenizer}"), b"pieces\n"), ("config.json", br#"{"hidden_size": 8}"#)]);
        converted(&from, &to, "tensorflow", &format!("tensorflow/{name}.safetensors"));
        assert_eq!(text(&to, tokenizer), "pieces\n");
        assert_eq!(json(&to, "config.json")["model_type"], name.trim_start_matches("saved_"));
    }
}

#[test]
fn an_albert_of_spark_nlp() {
    let (folder, saved, _) = annotator("AlbertEmbeddings", r#""caseSensitive":false,"engine":"onnx""#);
    let to = folder.path().join("models/to");
    archive(&saved.join("albert_onnx"), &[("albert_onnx", &bytes("onnx/albert_script.onnx"))]);
    put(&saved, &[("config.json", br#"{"hidden_size": 8}"#)]);
    let imported = converted(&saved, &to, "onnx", "onnx/albert.safetensors");
    assert_eq!((imported.family.as_str(), imported.guessed), ("albert", Vec::new()));
    assert_eq!(json(&to, "tokenizer_config.json"), json!({"do_lower_case": true}));
    assert_eq!(text(&to, "spiece.model"), "pieces");
    assert_eq!(names(&to), ["config.json", "model.safetensors", "spiece.model", "tokenizer_config.json"]);
}

#[test]
fn a_bert_of_spark_nlp() {
    let (folder, saved, _) = annotator("BertEmbeddings", r#""caseSensitive":true"#);
    let to = folder.path().join("models/to");
    let file = |end: &str| bytes(&format!("tensorflow/saved_bert/variables/variables.{end}"));
    let (index, data) = (file("index"), file("data-00000-of-00001"));
    archive(
        &saved.join("bert_tensorflow"),
        &[("variables/variables.index", &index), ("variables/variables.data-00000-of-00001", &data)],
    );
    for part in ["part-00000", "part-00001"] {
        put(&saved, &[(&format!("fields/vocabulary/{part}"), &bytes(&format!("spark_nlp/vocabulary/{part}")))]);
    }
    put(&saved, &[("config.json", b"{}")]);
    converted(&saved, &to, "tensorflow", "tensorflow/saved_bert.safetensors");
    assert_eq!(json(&to, "tokenizer_config.json"), json!({"do_lower_case": false}));
    let vocabulary = text(&to, "vocab.txt");
    let lines: Vec<&str> = vocabulary.lines().collect();
    assert_eq!((lines.len(), lines[0], lines[6], lines[22]), (23, "[PAD]", "日本", "piece22"));
}

#[test]
fn what_needs_no_import_is_copied() {
    let config = br#"{"model_type": "distilbert"}"#;
    let shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
    let cases: [(&str, &[&str], &[&str]); 3] = [
        ("safetensors", &["model.safetensors"], &["pytorch_model.bin", "model.onnx"]),
        ("safetensors", &[shards[0], shards[1], "model.safetensors.index.json"], &["pytorch_model.bin"]),
        ("pytorch", &["pytorch_model.bin"], &["model.onnx", "tf_model.h5", "model.ckpt.index"]),
    ];
    for (kind, taken, left) in cases {
        let (_folder, from, to) = folders();
        for name in taken.iter().chain(left) {
            put(&from, &[(name, name.as_bytes())]);
        }
        put(&from, &[("config.json", config), ("tokenizer.json", b"{}"), ("training_args.bin", b"")]);
        fs::create_dir_all(&to).expect("an empty folder");
        let expected = Imported { family: "distilbert".to_owned(), tensors: None, weights: kind, guessed: Vec::new() };
        assert_eq!(imported(&from, &to), expected);
        let mut expected = [taken, &["config.json", "tokenizer.json"]].concat();
        expected.sort_unstable();
        assert_eq!(names(&to), expected);
        assert!(taken.iter().all(|name| text(&to, name) == *name));
    }
}

#[test]
fn what_fails_leaves_nothing() {
    let refused = |files: &[(&str, &[u8])], expected: &str| {
        let (folder, from, to) = folders();
        put(&from, files);
        let error = import(&from, &to).expect_err(expected).to_string();
        assert!(error.contains(expected) && !error.contains('\n'), "{error}");
        assert!(error.contains(&*from.to_string_lossy()), "{error}");
        assert_eq!(names(folder.path()), ["from"], "{expected}");
    };
    let onnx = bytes("onnx/bert_script.onnx");
    let (model, vocabulary) = (("model.onnx", &onnx[..]), ("vocab.txt", &b"a\n"[..]));
    refused(&[], "it has no weights, expected model.safetensors");
    refused(&[("tf_model.h5", b"")], "a TensorFlow checkpoint (`*.index`)");
    refused(&[model], "it has no tokenizer, expected tokenizer.json");
    refused(&[("a.index", b""), ("b.index", b""), vocabulary], "it has 2 files `*.index`");
    refused(&[("model.onnx", b"onnx"), vocabulary], "is damaged");
    refused(&[model, vocabulary, ("config.json", b"[]")], "config.json` is damaged");
    refused(&[model, vocabulary, ("config.json", br#"{"model_type": "roberta"}"#)], "its model_type is `roberta`");
    refused(&[("pytorch_model.bin", b""), vocabulary], "it has no config.json");
    refused(&[("pytorch_model.bin", b""), vocabulary, ("config.json", b"{}")], "it has no `model_type`");
}

#[test]
fn the_target_must_be_new() {
    let (folder, from, _) = folders();
    put(&from, &[("model.safetensors", b""), ("tokenizer.json", b""), ("config.json", br#"{"model_type": "bert"}"#)]);
    let refused = |to: &Path, expected: &str| {
        let error = import(&from, to).expect_err(expected);
        assert!(matches!(error, ImportError::Write { .. }) && error.to_string().contains(expected), "{error}");
    };
    put(folder.path(), &[("full/.hidden", b""), ("file", b"")]);
    refused(&folder.path().join("full"), "it is not empty, expected a folder that is new or empty");
    refused(&folder.path().join("file"), "cannot write `");
    refused(&folder.path().join("file/below"), "cannot write `");
    refused(Path::new("/"), "cannot write `/`");
    assert_eq!(names(folder.path()), ["file", "from", "full"]);
    let error = import(&folder.path().join("nowhere"), &folder.path().join("to")).expect_err("no such source");
    assert!(error.to_string().contains("it is no folder and no prefix of a TensorFlow checkpoint"), "{error}");
}
