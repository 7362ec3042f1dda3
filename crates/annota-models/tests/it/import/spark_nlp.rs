//! Saved annotators, put together here around the weights of the other fixtures.

use std::fs;
use std::path::Path;

use super::common::saved::{annotator, archive, metadata};
use super::common::{check_message, damaged, fixture, safetensors};
use annota_models::import::spark_nlp::{self, SavedTokenizer, SavedWeights};
use annota_models::import::{Family, onnx, tensorflow};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

#[test]
fn an_albert_with_onnx() {
    let (_folder, saved, scratch) =
        annotator("AlbertEmbeddings", r#""caseSensitive":false,"maxSentenceLength":512,"engine":"onnx""#);
    let model = fs::read(fixture("onnx/albert_script.onnx")).expect("a fixture");
    archive(&saved.join("albert_onnx"), &[("albert_onnx", &model)]);
    assert!(spark_nlp::is_saved(&saved) && !spark_nlp::is_saved(&fixture("onnx")));
    let found = spark_nlp::open(&saved, &scratch).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(
        (found.family, found.case_sensitive, found.max_sentence_length),
        (Family::Albert, Some(false), Some(512))
    );
    assert_eq!(found.class, "com.johnsnowlabs.nlp.embeddings.AlbertEmbeddings");
    assert_eq!(found.tokenizer, SavedTokenizer::SentencePiece(saved.join("albert_spp")));
    let SavedWeights::Onnx(path) = found.weights else { panic!("ONNX expected") };
    assert_eq!(onnx::read(&path), Ok(safetensors("onnx/albert.safetensors")));
}

#[test]
fn data_beside_the_archive_are_found() {
    let (_folder, saved, scratch) = annotator("BertEmbeddings", "");
    let vocabulary = saved.join("fields/vocabulary");
    fs::create_dir_all(&vocabulary).expect("a folder");
    let model = fs::read(fixture("onnx/bert_dynamo.onnx")).expect("a fixture");
    archive(&saved.join("bert_onnx"), &[("bert_onnx", &model)]);
    fs::copy(fixture("onnx/bert_dynamo.onnx.data"), saved.join("bert_dynamo.onnx.data")).expect("a copy");
    let found = spark_nlp::open(&saved, &scratch).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((found.family, found.tokenizer), (Family::Bert, SavedTokenizer::Vocabulary(vocabulary)));
    let SavedWeights::Onnx(path) = found.weights else { panic!("ONNX expected") };
    assert_eq!(onnx::read(&path), Ok(safetensors("onnx/bert.safetensors")));
}

#[test]
fn tensorflow_in_both_layouts() {
    let source = fixture("tensorflow/saved_albert/variables");
    let index = fs::read(source.join("variables.index")).expect("a fixture");
    let data = fs::read(source.join("variables.data-00000-of-00001")).expect("a fixture");
    for inside in ["", "variables/"] {
        let (_folder, saved, scratch) = annotator("AlbertForTokenClassification", r#""engine":"tensorflow""#);
        let names = [format!("{inside}variables.index"), format!("{inside}variables.data-00000-of-00001")];
        let entries = [("saved_model.pb", &b"graph"[..]), (&names[0], &index), (&names[1], &data)];
        archive(&saved.join("albert_classification_tensorflow"), &entries);
        fs::create_dir(saved.join("albert_onnx")).expect("a folder that the engine does not mean");
        let found = spark_nlp::open(&saved, &scratch).unwrap_or_else(|error| panic!("{error}"));
        let SavedWeights::TensorFlow(path) = found.weights else { panic!("TensorFlow expected") };
        assert_eq!(tensorflow::read(&path), Ok(safetensors("tensorflow/saved_albert.safetensors")));
    }
}

#[test]
fn what_cannot_be_imported_is_refused() {
    let refused = |prepare: &dyn Fn(&Path), class: &str, expected: &str| {
        let (_folder, saved, scratch) = annotator(class, "");
        prepare(&saved);
        let error = spark_nlp::open(&saved, &scratch).expect_err(expected);
        check_message(&error, &saved);
        assert!(error.to_string().contains(expected), "{error}");
    };
    let nothing = |_: &Path| {};
    refused(&nothing, "RoBertaEmbeddings", "its class is `com.johnsnowlabs.nlp.embeddings.RoBertaEmbeddings`");
    refused(&nothing, "BertEmbeddings", "it has no tokenizer, expected `fields/vocabulary`");
    refused(&nothing, "AlbertEmbeddings", "it has no weights, expected a `*_onnx` or `*_tensorflow`");
    let openvino = |saved: &Path| fs::write(saved.join("albert_openvino"), "").expect("a file");
    refused(&openvino, "AlbertEmbeddings", "its weights are in OpenVINO's form");
    let stages = |saved: &Path| fs::create_dir_all(saved.join("stages/2_ALBERT_EMBEDDINGS_1f")).expect("a folder");
    refused(&stages, "PipelineModel", "stages/2_ALBERT_EMBEDDINGS_1f`");
    let json = |saved: &Path| metadata(saved, "{");
    refused(&json, "AlbertEmbeddings", "part-00000` is damaged");
}

#[test]
fn hostile_archives_are_refused() {
    let zeros = vec![0; 8 << 20];
    let refused = |write: &dyn Fn(&Path), expected: &str| {
        let (folder, saved, scratch) = annotator("AlbertEmbeddings", "");
        write(&saved.join("albert_onnx"));
        let error = spark_nlp::open(&saved, &scratch).expect_err(expected);
        assert!(!folder.path().join("evil").exists());
        check_message(&error, &saved.join("x"));
        assert!(error.to_string().contains(expected), "{error}");
    };
    refused(&|path| archive(path, &[("../../evil", b"x")]), "leads elsewhere");
    refused(&|path| archive(path, &[("zeros", &zeros)]), "unpacks to more than 100 times its size");
    refused(&|path| fs::write(path, "PK").expect("a file"), "is damaged");
    let link = |path: &Path| {
        let mut zip = ZipWriter::new(fs::File::create(path).expect("a file"));
        zip.add_symlink("link", "/etc/passwd", SimpleFileOptions::default()).expect("an entry");
        zip.finish().expect("an archive");
    };
    refused(&link, "leads elsewhere");
}

#[test]
fn damaged_archives_are_errors() {
    let (folder, saved, _) = annotator("AlbertEmbeddings", "");
    let packed = saved.join("albert_onnx");
    archive(&packed, &[("albert_onnx", &[7; 300])]);
    let bytes = fs::read(&packed).expect("an archive");
    let mut round = 0;
    damaged(&bytes, 5, 300, |broken| {
        fs::write(&packed, broken).expect("a file");
        round += 1;
        if let Err(error) = spark_nlp::open(&saved, &folder.path().join(format!("scratch{round}"))) {
            check_message(&error, &folder.path().join("x"));
        }
    });
}

#[test]
fn a_vocabulary_is_read() {
    let pieces = spark_nlp::vocabulary(&fixture("spark_nlp/vocabulary")).unwrap_or_else(|error| panic!("{error}"));
    let mut expected: Vec<String> =
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "##é", "日本", "𝔘"].map(str::to_owned).to_vec();
    expected.extend((8..23).map(|number| format!("piece{number}")));
    assert_eq!(pieces, expected);
}

#[test]
fn damaged_vocabularies_are_errors() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = fixture("spark_nlp/vocabulary");
    fs::copy(source.join("part-00001"), folder.path().join("part-00001")).expect("a copy");
    let error = spark_nlp::vocabulary(folder.path()).expect_err("half of the pieces");
    assert!(error.to_string().contains("has no piece"), "{error}");
    let path = folder.path().join("part-00000");
    let bytes = fs::read(source.join("part-00000")).expect("a fixture");
    damaged(&bytes, 3, 2000, |broken| {
        fs::write(&path, broken).expect("a file");
        if let Err(error) = spark_nlp::vocabulary(folder.path()) {
            check_message(&error, &path);
        }
    });
}
