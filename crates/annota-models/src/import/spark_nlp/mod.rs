//! Annotators as Spark NLP saves them: `metadata`, `fields`, the tokenizer's model, and the weights in a zip archive.

mod archive;
mod java;
mod metadata;
mod vocabulary;

pub use vocabulary::vocabulary;

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::import::error::one_line;
use crate::import::{Family, ImportError, folder, tensorflow};
use metadata::Metadata;

/// What a saved annotator holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedAnnotator {
    /// Spark NLP's class, such as `com.johnsnowlabs.nlp.embeddings.AlbertEmbeddings`.
    pub class: String,
    pub family: Family,
    pub weights: SavedWeights,
    pub tokenizer: SavedTokenizer,
    pub case_sensitive: Option<bool>,
    pub max_sentence_length: Option<u64>,
}

/// The weights, unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SavedWeights {
    /// An ONNX file, for [`crate::import::onnx::read`].
    Onnx(PathBuf),
    /// The index of a checkpoint, for [`crate::import::tensorflow::read`].
    TensorFlow(PathBuf),
}

/// How texts are cut into pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SavedTokenizer {
    /// A SentencePiece model, the file that Hugging Face calls `spiece.model`.
    SentencePiece(PathBuf),
    /// A folder with the vocabulary as Spark's object files, for [`crate::import::spark_nlp::vocabulary()`].
    Vocabulary(PathBuf),
}

/// Whether a folder is something that Spark has saved.
pub fn is_saved(path: &Path) -> bool {
    let metadata = path.join("metadata");
    metadata.is_dir()
        && folder::files(&metadata).is_ok_and(|files| files.iter().any(|file| folder::name(file).starts_with("part-")))
}

/// Finds what is in a saved annotator, and unpacks its weights into a new folder of `scratch`, which must be empty.
///
/// # Errors
/// [`ImportError`] when a part is missing or damaged, the annotator has no ALBERT or BERT, or only OpenVINO's weights.
pub fn open(saved: &Path, scratch: &Path) -> Result<SavedAnnotator, ImportError> {
    let metadata = Metadata::read(saved)?;
    let (class, family) = metadata.class(saved)?;
    let tokenizer = tokenizer(saved, family)?;
    let weights = weights(saved, metadata.parameter("engine").and_then(Value::as_str), scratch)?;
    let case_sensitive = metadata.parameter("caseSensitive").and_then(Value::as_bool);
    let max_sentence_length = metadata.parameter("maxSentenceLength").and_then(Value::as_u64);
    Ok(SavedAnnotator { class, family, weights, tokenizer, case_sensitive, max_sentence_length })
}

fn tokenizer(saved: &Path, family: Family) -> Result<SavedTokenizer, ImportError> {
    if let Some(model) = folder::files(saved)?.into_iter().find(|path| folder::name(path).ends_with("_spp")) {
        return Ok(SavedTokenizer::SentencePiece(model));
    }
    let vocabulary = saved.join("fields").join("vocabulary");
    if vocabulary.is_dir() {
        return Ok(SavedTokenizer::Vocabulary(vocabulary));
    }
    let expected = match family {
        Family::Albert => "`albert_spp`",
        Family::Bert => "`fields/vocabulary`",
    };
    Err(ImportError::unsupported(saved, format!("it has no tokenizer, expected {expected}")))
}

fn weights(saved: &Path, engine: Option<&str>, scratch: &Path) -> Result<SavedWeights, ImportError> {
    let entries = folder::entries(saved)?;
    let find = |suffix: &str| entries.iter().find(|path| folder::name(path).ends_with(suffix));
    let onnx = find("_onnx").filter(|_| engine != Some("tensorflow"));
    match (onnx, find("_tensorflow").filter(|_| engine != Some("onnx")), find("_openvino")) {
        (Some(packed), _, _) => onnx_file(&unpacked(packed, scratch)?, saved).map(SavedWeights::Onnx),
        (None, Some(packed), _) => tensorflow::find_index(&unpacked(packed, scratch)?).map(SavedWeights::TensorFlow),
        (None, None, Some(openvino)) => {
            let reason = "its weights are in OpenVINO's form, expected a `*_onnx` or `*_tensorflow` beside it";
            Err(ImportError::unsupported(openvino, reason))
        }
        (None, None, None) => {
            let engine = engine.map(|engine| format!(" for the engine `{}`", one_line(engine)));
            let reason =
                format!("it has no weights{}, expected a `*_onnx` or `*_tensorflow`", engine.unwrap_or_default());
            Err(ImportError::unsupported(saved, reason))
        }
    }
}

/// The folder with the weights: an archive is unpacked.
fn unpacked(packed: &Path, scratch: &Path) -> Result<PathBuf, ImportError> {
    if packed.is_dir() {
        return Ok(packed.to_owned());
    }
    let folder = scratch.join(folder::name(packed));
    archive::unpack(packed, &folder)?;
    Ok(folder)
}

/// The model among the unpacked files. Spark NLP calls it like the archive, without an extension. What did not go
/// into the archive, the data of large models, is put beside it.
fn onnx_file(unpacked: &Path, saved: &Path) -> Result<PathBuf, ImportError> {
    let is_data = |path: &PathBuf| ["_data", ".data"].iter().any(|end| folder::name(path).ends_with(end));
    for data in folder::files(saved)?.iter().filter(|path| is_data(path)) {
        let place = unpacked.join(folder::name(data));
        if !place.exists() && unpacked.parent() != Some(saved) {
            std::fs::copy(data, &place).map_err(|error| ImportError::write(&place, &error))?;
        }
    }
    let mut models = folder::files(unpacked)?;
    models.retain(|path| !is_data(path));
    let named: Vec<&PathBuf> =
        models.iter().filter(|path| path.extension().is_some_and(|extension| extension == "onnx")).collect();
    match (named.as_slice(), models.as_slice()) {
        ([model], _) => Ok((*model).clone()),
        ([], [model]) => Ok(model.clone()),
        _ => {
            let reason = format!("it holds {} files, expected one ONNX model", models.len());
            Err(ImportError::unsupported(unpacked, reason))
        }
    }
}
