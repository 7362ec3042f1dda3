//! From a foreign model to a folder in Hugging Face's layout, which the model store opens.

mod draft;
mod settings;
mod source;
mod write;

use std::path::Path;

use crate::import::{ImportError, onnx, tensorflow};
use draft::Draft;
use source::{Source, Tokenizer, Weights};

/// What an import has made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The `model_type` of the config.json.
    pub family: String,
    /// How many tensors were read; `None` for files of weights that were copied as they are.
    pub tensors: Option<usize>,
    /// The kind of weights that was found: `safetensors`, `pytorch`, `onnx` or `tensorflow`.
    pub weights: &'static str,
    /// Settings that the source does not tell, such as `num_attention_heads = 12, …`, each with its reason.
    pub guessed: Vec<String>,
}

/// Makes a folder in Hugging Face's layout at `to` out of a model at `from`: an annotator as Spark NLP saves it; a
/// folder with an ONNX file, a SavedModel or a TensorFlow checkpoint, or a checkpoint's prefix; or a folder whose
/// weights need no import, which is copied. Of several kinds of weights the first of safetensors, PyTorch, ONNX and
/// TensorFlow is taken. An import that fails leaves nothing.
///
/// # Errors
/// [`ImportError`] when `to` is not new or empty, `from` is none of these, a file is missing or damaged, or the weights
/// are not those of an ALBERT or BERT.
pub fn import(from: &Path, to: &Path) -> Result<Imported, ImportError> {
    let draft = Draft::new(to)?;
    let source = Source::find(from, &draft.scratch())?;
    let imported = fill(&source, from, &draft.files())?;
    draft.finish()?;
    Ok(imported)
}

fn fill(source: &Source, from: &Path, files: &Path) -> Result<Imported, ImportError> {
    let mut guessed = Vec::new();
    let (weights, tensors) = match &source.weights {
        Weights::Files { kind, .. } => (*kind, None),
        Weights::Onnx(path) => ("onnx", Some(onnx::read(path)?)),
        Weights::TensorFlow(path) => ("tensorflow", Some(tensorflow::read(path)?)),
    };
    let config = match &source.config {
        Some(path) => settings::of_file(path, tensors.as_deref(), &mut guessed)?,
        None => settings::of_shapes(from, tensors.as_deref(), &mut guessed)?,
    };
    write::text(&files.join("config.json"), &config.text)?;
    for (path, name) in &source.copied {
        write::copy(path, &files.join(name))?;
    }
    if let Weights::Files { folder, names, .. } = &source.weights {
        names.iter().try_for_each(|name| write::copy(&folder.join(name), &files.join(name)))?;
    }
    if let Some(tensors) = &tensors {
        write::tensors(&files.join("model.safetensors"), tensors)?;
    }
    match &source.tokenizer {
        Tokenizer::Files => {}
        Tokenizer::Pieces(pieces) => write::text(&files.join("vocab.txt"), &settings::vocabulary(from, pieces)?)?,
        Tokenizer::Model(path) => write::copy(path, &files.join("spiece.model"))?,
    }
    match (source.case_sensitive, source.tells_case()) {
        (Some(case_sensitive), _) => {
            let text = format!("{{\n  \"do_lower_case\": {}\n}}\n", !case_sensitive);
            write::text(&files.join("tokenizer_config.json"), &text)?;
        }
        (None, true) => {}
        (None, false) => guessed.push("do_lower_case = true, as it is where no tokenizer_config.json tells".to_owned()),
    }
    Ok(Imported { family: config.family, tensors: tensors.map(|tensors| tensors.len()), weights, guessed })
}
