use std::path::{Path, PathBuf};

use crate::import::spark_nlp::{self, SavedTokenizer, SavedWeights};
use crate::import::{ImportError, folder, tensorflow};

/// The parts of a model, where they lie.
pub(super) struct Source {
    /// config.json, or Google's name for it.
    pub config: Option<PathBuf>,
    pub weights: Weights,
    pub tokenizer: Tokenizer,
    /// What Spark NLP says of capitals.
    pub case_sensitive: Option<bool>,
    /// (file, name) of what is taken as it is.
    pub copied: Vec<(PathBuf, &'static str)>,
}

pub(super) enum Weights {
    /// Files that need no import.
    Files {
        kind: &'static str,
        folder: PathBuf,
        names: Vec<String>,
    },
    Onnx(PathBuf),
    TensorFlow(PathBuf),
}

pub(super) enum Tokenizer {
    /// Among the files that are copied.
    Files,
    /// A SentencePiece model under another name.
    Model(PathBuf),
    /// The lines of vocab.txt.
    Pieces(Vec<String>),
}

const CONFIGS: [&str; 3] = ["config.json", "albert_config.json", "bert_config.json"];
const ONNX: [&str; 2] = ["model.onnx", "onnx/model.onnx"];
/// (Hugging Face's name, its names); one of them cuts texts.
const TOKENIZERS: [(&str, &[&str]); 3] = [
    ("tokenizer.json", &["tokenizer.json"]),
    ("spiece.model", &["spiece.model", "30k-clean.model"]),
    ("vocab.txt", &["vocab.txt"]),
];
const TOKENIZER_CONFIG: &str = "tokenizer_config.json";
const OTHERS: [&str; 5] =
    ["README.md", "modules.json", "sentence_bert_config.json", "1_Pooling/config.json", "2_Normalize/config.json"];

impl Source {
    pub fn find(from: &Path, scratch: &Path) -> Result<Self, ImportError> {
        if spark_nlp::is_saved(from) {
            return Self::spark_nlp(from, scratch);
        }
        let (folder, weights) = if from.is_dir() {
            (from, weights(from)?)
        } else {
            let index = tensorflow::find_index(from)?;
            if !index.is_file() {
                let reason = "it is no folder and no prefix of a TensorFlow checkpoint, expected one of them";
                return Err(ImportError::unsupported(from, reason));
            }
            (from.parent().unwrap_or(Path::new("")), Weights::TensorFlow(index))
        };
        let mut copied = Vec::new();
        for (name, names) in TOKENIZERS {
            copied.extend(find(folder, names).map(|path| (path, name)));
        }
        if copied.is_empty() {
            let reason = "it has no tokenizer, expected tokenizer.json, spiece.model, 30k-clean.model or vocab.txt in it or in its `assets`";
            return Err(ImportError::unsupported(folder, reason));
        }
        copied.extend(find(folder, &[TOKENIZER_CONFIG]).map(|path| (path, TOKENIZER_CONFIG)));
        copied.extend(others(folder));
        let config = find(folder, &CONFIGS);
        Ok(Source { config, weights, tokenizer: Tokenizer::Files, case_sensitive: None, copied })
    }

    fn spark_nlp(from: &Path, scratch: &Path) -> Result<Self, ImportError> {
        let saved = spark_nlp::open(from, scratch)?;
        let weights = match saved.weights {
            SavedWeights::Onnx(path) => Weights::Onnx(path),
            SavedWeights::TensorFlow(index) => Weights::TensorFlow(index),
        };
        let tokenizer = match saved.tokenizer {
            SavedTokenizer::SentencePiece(path) => Tokenizer::Model(path),
            SavedTokenizer::Vocabulary(fields) => Tokenizer::Pieces(spark_nlp::vocabulary(&fields)?),
        };
        let (config, copied) = (find(from, &CONFIGS), others(from).collect());
        Ok(Source { config, weights, tokenizer, case_sensitive: saved.case_sensitive, copied })
    }

    /// Whether some file tells what becomes of capitals.
    pub fn tells_case(&self) -> bool {
        self.copied.iter().any(|(_, name)| ["tokenizer.json", TOKENIZER_CONFIG].contains(name))
    }
}

fn weights(from: &Path) -> Result<Weights, ImportError> {
    let names: Vec<String> = folder::files(from)?.iter().map(|path| folder::name(path)).collect();
    let names = crate::Weights::chosen(&names);
    if let Some(first) = names.first() {
        let kind = if first.contains(".safetensors") { "safetensors" } else { "pytorch" };
        return Ok(Weights::Files { kind, folder: from.to_owned(), names });
    }
    if let Some(path) = ONNX.iter().map(|name| from.join(name)).find(|path| path.is_file()) {
        return Ok(Weights::Onnx(path));
    }
    let places = [from.to_owned(), from.join("saved_model").join("1")];
    match places.iter().find(|place| tensorflow::is_checkpoint(place)) {
        Some(place) => tensorflow::find_index(place).map(Weights::TensorFlow),
        None => {
            let reason = "it has no weights, expected model.safetensors, pytorch_model.bin, model.onnx, onnx/model.onnx, \
                a TensorFlow checkpoint (`*.index`), or an annotator that Spark NLP has saved (`metadata`)";
            Err(ImportError::unsupported(from, reason))
        }
    }
}

/// The first file of these names in the folder or in its `assets`.
fn find(folder: &Path, names: &[&str]) -> Option<PathBuf> {
    let places = names.iter().flat_map(|name| [folder.join(name), folder.join("assets").join(name)]);
    places.into_iter().find(|path| path.is_file())
}

fn others(folder: &Path) -> impl Iterator<Item = (PathBuf, &'static str)> {
    OTHERS.iter().map(|name| (folder.join(name), *name)).filter(|(path, _)| path.is_file())
}
