//! Checkpoints that do not fit are refused with the name of what is wrong.

use std::fs;
use std::path::Path;

use annota_models::store::{self, ModelFiles};
use annota_models::{DeviceSpec, Model, Pooling, Precision, TextSettings};

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
    let opened = store::resolve(&folder.path().to_string_lossy())
        .and_then(|files| Model::open(&files, DeviceSpec::Cpu, Precision::F32));
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
    let model = Model::open(&files, DeviceSpec::Cpu, Precision::F32).expect("a model");
    assert_eq!(model.dimension(), 256);
}

/// The error of opening a golden case of BERT's after a change to its files; empty where it opens.
fn refused_bert(case: &str, change: impl Fn(&Path)) -> String {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/bert").join(case);
    let folder = tempfile::tempdir().expect("a folder");
    for entry in fs::read_dir(source).expect("the case") {
        let path = entry.expect("an entry").path();
        fs::copy(&path, folder.path().join(path.file_name().expect("a name"))).expect("a copy");
    }
    let pieces = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n";
    fs::write(folder.path().join("vocab.txt"), pieces).expect("written");
    change(folder.path());
    let opened = store::resolve(&folder.path().to_string_lossy())
        .and_then(|files| Model::open(&files, DeviceSpec::Cpu, Precision::F32));
    opened.err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn damaged_pickles_are_errors() {
    for case in ["relu", "masked_lm"] {
        assert_eq!(refused_bert(case, |_| {}), "", "{case}");
        let path = |folder: &Path| folder.join("pytorch_model.bin");
        let length =
            fs::metadata(path(&Path::new(PLAIN).join("../../bert").join(case))).expect("weights").len() as usize;
        for cut in (0..length).step_by(length / 40) {
            let message = refused_bert(case, |folder| {
                let bytes = fs::read(path(folder)).expect("weights");
                fs::write(path(folder), &bytes[..cut]).expect("written");
            });
            assert!(message.contains("pytorch_model.bin") && !message.contains('\n'), "{case} {cut}: {message}");
        }
        for place in (0..length).step_by(length / 60) {
            // Weights that differ are no fault that can be seen.
            refused_bert(case, |folder| {
                let mut bytes = fs::read(path(folder)).expect("weights");
                bytes[place] ^= 1 << (place % 8);
                fs::write(path(folder), bytes).expect("written");
            });
        }
    }
}

#[test]
fn an_index_names_files_of_its_folder_only() {
    let message = refused_bert("gelu_new", |folder| {
        let path = folder.join("model.safetensors.index.json");
        let text = fs::read_to_string(&path).expect("the index");
        fs::write(path, text.replace("model-00002-of-00002", "../model-00002-of-00002")).expect("written");
    });
    assert!(message.contains("`../model-00002-of-00002.safetensors` is no file of the folder"), "{message}");
    let message = refused_bert("gelu_new", |folder| {
        fs::remove_file(folder.join("model-00001-of-00002.safetensors")).expect("gone")
    });
    assert!(message.contains("`model-00001-of-00002.safetensors` is no file of the folder"), "{message}");
}

#[test]
fn weights_are_finite() {
    let message = refused_bert("plain", |folder| {
        let path = folder.join("model.safetensors");
        let mut bytes = fs::read(&path).expect("weights");
        let last = bytes.len() - 4;
        bytes[last..].copy_from_slice(&f32::NAN.to_le_bytes());
        fs::write(path, bytes).expect("written");
    });
    assert!(message.contains("has NaN at place") && message.contains("expected finite numbers"), "{message}");
}

#[test]
fn absurd_configurations_are_errors() {
    let cases = [
        ("\"hidden_size\": 24", "\"hidden_size\": 0", "hidden_size is `0`"),
        ("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1000000000", "num_hidden_layers is `1000000000`"),
        ("\"vocab_size\": 40", "\"vocab_size\": 99999999999", "vocab_size is `99999999999`"),
        ("\"vocab_size\": 40", "\"vocab_size\": -1", "config.json"),
        ("\"num_attention_heads\": 4", "\"num_attention_heads\": 5", "num_attention_heads is `5`"),
        ("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1", "encoder.layer.1."),
    ];
    for (from, to, expected) in cases {
        let message = refused_bert("plain", |folder| edit(folder, from, to));
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn a_model_of_sentence_transformers_pools_as_its_files_say() {
    let folder = tempfile::tempdir().expect("a folder");
    for file in ["config.json", "model.safetensors", "tokenizer.json"] {
        fs::copy(Path::new(BUNDLED).join(file), folder.path().join(file)).expect("a copy");
    }
    let write = |file: &str, text: &str| {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("written");
    };
    let module = |index: usize, path: &str, kind: &str| {
        format!(
            r#"{{"idx": {index}, "name": "{index}", "path": "{path}", "type": "sentence_transformers.models.{kind}"}}"#
        )
    };
    let modules =
        [module(0, "", "Transformer"), module(1, "1_Pooling", "Pooling"), module(2, "2_Normalize", "Normalize")];
    write("modules.json", &format!("[{}]", modules.join(", ")));
    write(
        "1_Pooling/config.json",
        r#"{"word_embedding_dimension": 256, "pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}"#,
    );
    write("sentence_bert_config.json", r#"{"max_seq_length": 8}"#);
    let open = || {
        let files = ModelFiles::in_folder("tuned", folder.path()).expect("files");
        Model::open(&files, DeviceSpec::Cpu, Precision::F32)
    };
    let model = open().expect("a model");
    assert_eq!(model.max_pieces(), 6);
    let own = model.embed_texts(&["a ship"], TextSettings::default()).expect("a vector");
    let said = TextSettings { pooling: Some(Pooling::Cls), normalize: Some(true), ..TextSettings::default() };
    assert_eq!(own, model.embed_texts(&["a ship"], said).expect("a vector"));
    let length: f32 = own.get(0).expect("a vector").iter().map(|value| value * value).sum();
    assert!((length - 1.0).abs() < 1e-5, "{length}");
    write("modules.json", &format!("[{}]", module(0, "", "Dense")));
    let message = open().expect_err("another module").to_string();
    assert!(message.contains("type is `sentence_transformers.models.Dense` in modules.json"), "{message}");
}
