//! Weights of TensorFlow checkpoints: Google's with the variables' names as keys, and those of SavedModel folders.

mod bundle;
mod crc;
mod names;
mod objects;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::import::error::one_line;
use crate::import::tensor::NamedTensor;
use crate::import::{ImportError, complete, folder};
use bundle::Bundle;
use names::Place;

/// Reads the encoder's weights from a checkpoint, sorted by name; heads and the optimizer's variables are left out.
/// `path` is a checkpoint's index, its prefix (`model.ckpt-best`), or a folder with one checkpoint or a SavedModel.
///
/// # Errors
/// [`ImportError`] when a file is missing or damaged, and when the checkpoint is not that of an ALBERT or BERT.
pub fn read(path: &Path) -> Result<Vec<NamedTensor>, ImportError> {
    let index = find_index(path)?;
    let mut bundle = Bundle::open(&index)?;
    let variables = variables(&index, &mut bundle)?;
    let mut tensors: BTreeMap<String, NamedTensor> = BTreeMap::new();
    for (variable, key) in &variables {
        let (name, turned) = match names::place(variable) {
            Place::Parameter { name, turned } => (name, turned),
            Place::Elsewhere => continue,
            Place::Unknown => {
                let reason = "is no part of an ALBERT or BERT encoder, expected one of its variables";
                return Err(ImportError::tensor(&index, variable, reason));
            }
        };
        let mut tensor = bundle.tensor(key, &name)?;
        if turned {
            tensor = tensor.transposed().map_err(|reason| ImportError::tensor(&index, variable, reason))?;
        }
        match tensors.get(&name) {
            Some(first) if !first.same_as(&tensor) => {
                let reason = format!("would be a second `{name}`, expected one with the same numbers");
                return Err(ImportError::tensor(&index, variable, reason));
            }
            _ => tensors.insert(name, tensor),
        };
    }
    if !tensors.contains_key("embeddings.word_embeddings.weight") {
        let names: Vec<String> = variables.iter().take(3).map(|(name, _)| format!("`{}`", one_line(name))).collect();
        let reason = format!("its variables are {}, …, expected those of an ALBERT or BERT encoder", names.join(", "));
        return Err(ImportError::unsupported(&index, reason));
    }
    let read: Vec<NamedTensor> = pooled(tensors).into_values().collect();
    complete::check(&index, &read)?;
    Ok(read)
}

/// Google's ALBERT has a `dense` in its pooler like BERT's, Hugging Face's has not.
fn pooled(tensors: BTreeMap<String, NamedTensor>) -> BTreeMap<String, NamedTensor> {
    let albert = tensors.keys().any(|name| name.starts_with("encoder.albert_layer_groups."));
    let rename = |(name, tensor): (String, NamedTensor)| match name.strip_prefix("pooler.dense.") {
        Some(last) if albert => {
            let name = format!("pooler.{last}");
            (name.clone(), NamedTensor { name, ..tensor })
        }
        _ => (name, tensor),
    };
    tensors.into_iter().map(rename).collect()
}

/// (name, key) of all variables.
fn variables(index: &Path, bundle: &mut Bundle) -> Result<Vec<(String, String)>, ImportError> {
    let mut variables = Vec::new();
    if let Some(graph) = bundle.string(objects::KEY)? {
        variables = objects::variables(&graph).map_err(|reason| ImportError::tensor(index, objects::KEY, reason))?;
        variables.retain(|(name, _)| !name.is_empty());
    }
    if variables.is_empty() {
        variables = bundle.keys().map(|key| (key.to_owned(), key.to_owned())).collect();
    }
    Ok(variables)
}

/// The index of the checkpoint that is meant.
pub(crate) fn find_index(path: &Path) -> Result<PathBuf, ImportError> {
    if !path.is_dir() {
        let named = path.extension().is_some_and(|extension| extension == "index");
        let mut index = path.as_os_str().to_owned();
        index.push(if named { "" } else { ".index" });
        return Ok(index.into());
    }
    let found = indexes(path)?;
    match found.as_slice() {
        [index] => Ok(index.clone()),
        _ => {
            let reason = format!("it has {} files `*.index`, expected the checkpoint's only one", found.len());
            Err(ImportError::unsupported(path, reason))
        }
    }
}

/// Whether a folder has a checkpoint or a SavedModel.
pub(crate) fn is_checkpoint(folder: &Path) -> bool {
    indexes(folder).is_ok_and(|found| !found.is_empty())
}

/// The indexes of a folder's checkpoints; only that of the SavedModel if there is one.
fn indexes(path: &Path) -> Result<Vec<PathBuf>, ImportError> {
    let mut found = Vec::new();
    for place in [path.join("variables"), path.to_owned()] {
        if place.is_dir() {
            let files = folder::files(&place)?.into_iter();
            found.extend(files.filter(|file| file.extension().is_some_and(|extension| extension == "index")));
        }
        let usual = place.join("variables.index");
        if found.contains(&usual) {
            return Ok(vec![usual]);
        }
    }
    Ok(found)
}
