//! Checkpoints that do not fit are refused with the name of what is wrong.

use std::fs;
use std::path::Path;

use annota_models::store::{self, ModelFiles};
use annota_models::{DeviceSpec, Model};

const PLAIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/albert/plain");
const BUNDLED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/bundled/albert-tiny-en");

/// The error of opening the plain case after a change to its files.
fn refused(change: impl Fn(&Path)) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    for file in ["config.json", "model.safetensors"] {
        fs::copy(Path::new(PLAIN).join(file), folder.path().join(file)).expect("a copy");
    }
    fs::copy(Path::new(BUNDLED).join("tokenizer.json"), folder.path().join("tokenizer.json")).expect("a copy");
    change(folder.path());
    let opened =
        store::resolve(&folder.path().to_string_lossy()).and_then(|files| Model::open(&files, DeviceSpec::Cpu));
    opened.err().map(|error| error.to_string()).unwrap_or_default()
}

fn edit(folder: &Path, from: &str, to: &str) {
    let path = folder.join("config.json");
    let text = fs::read_to_string(&path).expect("config.json");
    assert!(text.contains(from), "{from} in {text}");
    fs::write(path, text.replace(from, to)).expect("config.json");
}

/// Renames a tensor without changing the length of the header.
fn rename(folder: &Path, from: &str, to: &str) {
    assert_eq!(from.len(), to.len());
    let path = folder.join("model.safetensors");
    let mut bytes = fs::read(&path).expect("weights");
    let place = bytes.windows(from.len()).position(|window| window == from.as_bytes()).expect("the name");
    bytes[place..place + to.len()].copy_from_slice(to.as_bytes());
    fs::write(path, bytes).expect("weights");
}

#[test]
fn what_is_wrong_is_named() {
    type Change = fn(&Path);
    let cases: [(Change, &[&str]); 8] = [
        (|folder| edit(folder, "\"hidden_size\": 24", "\"hidden_size\": 48"), &["tensor `", "has shape", "24", "48"]),
        (
            |folder| rename(folder, "embeddings.word_embeddings.weight", "embeddings.word_embeddings.weighs"),
            &["tensor `embeddings.word_embeddings.weight` is missing"],
        ),
        (
            |folder| edit(folder, "\"num_hidden_groups\": 1", "\"num_hidden_groups\": 2"),
            &["albert_layer_groups.1.", "is missing"],
        ),
        (
            |folder| fs::remove_file(folder.join("model.safetensors")).expect("gone"),
            &["cannot read", "model.safetensors"],
        ),
        (|folder| fs::write(folder.join("model.safetensors"), [0; 3]).expect("cut"), &["header"]),
        (|folder| fs::write(folder.join("tokenizer.json"), "{}").expect("written"), &["tokenizer.json"]),
        (|folder| edit(folder, "\"albert\"", "\"gpt2\""), &["model_type is `gpt2`", "albert"]),
        (|_| {}, &["the tokenizer has 12288 pieces", "vocab_size is 40"]),
    ];
    for (change, expected) in cases {
        let message = refused(change);
        for part in expected {
            assert!(message.contains(part), "{part} in {message:?}");
        }
        assert!(!message.contains('\n'), "{message}");
    }
}

#[test]
fn a_folder_is_a_model() {
    let files = ModelFiles::in_folder("tiny", Path::new(BUNDLED)).expect("files");
    assert!(files.card().expect("a card").starts_with("# albert-tiny-en"));
    let model = Model::open(&files, DeviceSpec::Cpu).expect("a model");
    assert_eq!(model.dimension(), 256);
}
