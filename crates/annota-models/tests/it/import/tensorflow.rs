//! Checkpoints of tiny encoders, written by tests/golden/import/tensorflow_fixtures.py,
//! against what transformers reads in them.

use std::path::Path;

use super::common::{check_message, damaged, fixture, safetensors};
use annota_models::import::{ImportError, tensorflow};

#[test]
fn checkpoints_give_the_state_dict() {
    for name in ["google_albert", "google_bert", "saved_albert", "saved_bert"] {
        let read = tensorflow::read(&fixture(&format!("tensorflow/{name}"))).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(read, safetensors(&format!("tensorflow/{name}.safetensors")), "{name}");
    }
}

#[test]
fn a_checkpoint_is_found_by_its_parts() {
    let expected = tensorflow::read(&fixture("tensorflow/saved_bert")).expect("a SavedModel");
    for part in ["variables", "variables/variables", "variables/variables.index"] {
        let read = tensorflow::read(&fixture("tensorflow/saved_bert").join(part));
        assert_eq!(read.as_ref(), Ok(&expected), "{part}");
    }
    let error = tensorflow::read(&fixture("tensorflow")).expect_err("two checkpoints");
    assert!(error.to_string().contains("it has 2 files `*.index`"), "{error}");
}

#[test]
fn damaged_files_are_errors() {
    for (model, index, data) in [
        ("google_albert", "google_albert.index", "google_albert.data-00000-of-00001"),
        (
            "saved_albert",
            "saved_albert/variables/variables.index",
            "saved_albert/variables/variables.data-00000-of-00001",
        ),
    ] {
        let source = fixture("tensorflow");
        let folder = tempfile::tempdir().expect("a folder");
        let (index_to, data_to) = (folder.path().join("x.index"), folder.path().join("x.data-00000-of-00001"));
        let (index, data) = (std::fs::read(source.join(index)), std::fs::read(source.join(data)));
        let (index, data) = (index.expect("a fixture"), data.expect("a fixture"));
        // Some bits have no meaning: padding, and the numbers of heads.
        let expected = safetensors(&format!("tensorflow/{model}.safetensors"));
        let mut failed = 0;
        let mut check = |changed: &Path, broken: &[u8]| {
            std::fs::write(changed, broken).expect("a file");
            match tensorflow::read(&folder.path().join("x")) {
                Ok(read) => assert_eq!(read, expected, "{model}"),
                Err(error) => {
                    check_message(&error, &index_to);
                    failed += 1;
                }
            }
        };
        std::fs::write(&data_to, &data).expect("a file");
        damaged(&index, 17, 400, |broken| check(&index_to, broken));
        std::fs::write(&index_to, &index).expect("a file");
        damaged(&data, 97, 100, |broken| check(&data_to, broken));
        assert!(failed > 400, "{model}: {failed}");
    }
}

#[test]
fn missing_files_are_named() {
    let error = tensorflow::read(Path::new("/nowhere/model.ckpt-best")).expect_err("no such file");
    assert!(error.to_string().starts_with("cannot read `/nowhere/model.ckpt-best.index`:"), "{error}");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::copy(fixture("tensorflow/google_bert.index"), folder.path().join("b.index")).expect("a copy");
    let error = tensorflow::read(folder.path()).expect_err("no data");
    assert!(matches!(error, ImportError::Read { .. }) && error.to_string().contains("b.data-0000"), "{error}");
}
