//! ONNX files of tiny encoders, written by tests/golden/import/onnx_fixtures.py,
//! against the state dicts they were made from.

use std::path::Path;

use super::common::{check_message, damaged, fixture, safetensors};
use annota_models::import::{ImportError, NamedTensor, onnx};

fn read(name: &str) -> Vec<NamedTensor> {
    onnx::read(&fixture(name)).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_export_gives_the_state_dict() {
    for (model, exports) in [("albert", ["albert_script", "albert_dynamo"]), ("bert", ["bert_script", "bert_dynamo"])] {
        let expected = safetensors(&format!("onnx/{model}.safetensors"));
        for export in exports {
            assert_eq!(read(&format!("onnx/{export}.onnx")), expected, "{export}");
        }
    }
}

#[test]
fn heads_and_prefixes_are_dropped() {
    let mut expected = safetensors("onnx/tokens.safetensors");
    expected.retain_mut(|tensor| {
        let bare = tensor.name.strip_prefix("bert.").map(str::to_owned);
        bare.map(|name| tensor.name = name).is_some()
    });
    assert!(expected.len() > 20);
    for export in ["tokens_script", "tokens_unfolded"] {
        assert_eq!(read(&format!("onnx/{export}.onnx")), expected, "{export}");
    }
}

#[test]
fn damaged_files_are_errors() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.onnx");
    std::fs::copy(fixture("onnx/bert_dynamo.onnx.data"), folder.path().join("bert_dynamo.onnx.data")).expect("a copy");
    for model in ["albert_script", "albert_dynamo", "bert_script", "bert_dynamo", "tokens_script", "tokens_unfolded"] {
        let bytes = std::fs::read(fixture(&format!("onnx/{model}.onnx"))).expect("a fixture");
        let mut sound = 0;
        damaged(&bytes, 211, 150, |broken| {
            std::fs::write(&path, broken).expect("a file");
            match onnx::read(&path) {
                Ok(_) => sound += 1,
                Err(error) => check_message(&error, &path),
            }
        });
        assert!(sound > 0, "{model}: some bits are only numbers");
    }
}

#[test]
fn damaged_external_data_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.onnx");
    std::fs::copy(fixture("onnx/bert_dynamo.onnx"), &path).expect("a copy");
    let error = onnx::read(&path).expect_err("the data are missing");
    assert!(
        matches!(error, ImportError::Read { .. }) && error.to_string().contains("bert_dynamo.onnx.data"),
        "{error}"
    );
    let data = std::fs::read(fixture("onnx/bert_dynamo.onnx.data")).expect("a fixture");
    std::fs::write(folder.path().join("bert_dynamo.onnx.data"), &data[..data.len() - 1]).expect("a file");
    let error = onnx::read(&path).expect_err("the data are short");
    assert!(matches!(error, ImportError::Tensor { .. }) && error.to_string().contains("of 2367 in"), "{error}");
}

#[test]
fn missing_files_are_named() {
    let error = onnx::read(Path::new("/nowhere/model.onnx")).expect_err("no such file");
    assert!(error.to_string().starts_with("cannot read `/nowhere/model.onnx`:"), "{error}");
}
