//! The files that hold a checkpoint's tensors.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use burn::store::burn_pack::Tensor;
use burn::store::{ModuleStore, PytorchStore, SafetensorsStore};
use serde::Deserialize;

/// Where the weights lie.
#[derive(Debug, Clone)]
pub enum Weights {
    /// safetensors on disk, in one file or several; memory-mapped while they are read.
    SafeTensors(Vec<PathBuf>),
    /// What `torch.save` writes, in one file or several. Their pickles are read without running any code.
    PyTorch(Vec<PathBuf>),
    /// safetensors compiled into the program.
    Bytes(&'static [u8]),
}

/// `model.safetensors.index.json`: which file holds which tensor.
#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

type Form = fn(Vec<PathBuf>) -> Weights;

/// File names in the order in which they are looked for.
const FILES: [(&str, Form); 2] = [("model.safetensors", Weights::SafeTensors), ("pytorch_model.bin", Weights::PyTorch)];

impl Weights {
    /// The weights of a folder in Hugging Face's layout; `None` if it has none.
    ///
    /// # Errors
    /// An index that cannot be read, or that names files outside the folder.
    pub fn in_folder(folder: &Path) -> Result<Option<Weights>, String> {
        for (name, weights) in FILES {
            let path = folder.join(name);
            if path.is_file() {
                return Ok(Some(weights(vec![path])));
            }
            let index = folder.join(format!("{name}.index.json"));
            if index.is_file() {
                return Ok(Some(weights(shards(folder, &index)?)));
            }
        }
        Ok(None)
    }

    /// Whether a file's name is one of weights in a form that [`Weights::in_folder`] prefers to others of `names`.
    pub fn chosen(names: &[String]) -> Vec<String> {
        let chosen = FILES.iter().find_map(|(name, _)| {
            let index = format!("{name}.index.json");
            let (stem, end) = name.rsplit_once('.')?;
            let is_shard = |file: &&String| file.starts_with(&format!("{stem}-")) && file.ends_with(end);
            if names.iter().any(|file| file == name) {
                Some(vec![(*name).to_owned()])
            } else if names.contains(&index) {
                Some(names.iter().filter(is_shard).cloned().chain([index]).collect())
            } else {
                None
            }
        });
        chosen.unwrap_or_default()
    }

    /// All tensors by their names in the files. Their values are read when they are asked for.
    pub(super) fn tensors(&self) -> Result<Vec<Tensor>, String> {
        let mut tensors = Vec::new();
        match self {
            Weights::Bytes(bytes) => read(SafetensorsStore::from_bytes(Some(bytes.to_vec())), &mut tensors)?,
            Weights::SafeTensors(files) => {
                for file in files {
                    let store = SafetensorsStore::from_file(file);
                    read(store, &mut tensors).map_err(|error| within(file, &error))?;
                }
            }
            Weights::PyTorch(files) => {
                for file in files {
                    let store = PytorchStore::from_file(file).map_indices_contiguous(false);
                    read(store, &mut tensors).map_err(|error| within(file, &error))?;
                }
            }
        }
        Ok(tensors)
    }
}

fn read<S: ModuleStore>(mut store: S, tensors: &mut Vec<Tensor>) -> Result<(), String>
where
    S::Error: std::fmt::Display,
{
    let all = store.get_all_tensors().map_err(|error| error.to_string())?;
    tensors.extend(all.values().cloned());
    Ok(())
}

fn within(file: &Path, error: &str) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    format!("{name}: {}", super::one_line(error))
}

/// The files that an index names, each once.
fn shards(folder: &Path, index: &Path) -> Result<Vec<PathBuf>, String> {
    let text = std::fs::read_to_string(index).map_err(|error| within(index, &error.to_string()))?;
    let parsed: Index = serde_json::from_str(&text).map_err(|error| within(index, &error.to_string()))?;
    let names: BTreeSet<&String> = parsed.weight_map.values().collect();
    if names.is_empty() {
        return Err(within(index, "weight_map is empty: expected the files of the tensors"));
    }
    let file = |name: &&String| {
        let is_plain = Path::new(name.as_str()).file_name().is_some_and(|file| file == name.as_str());
        match folder.join(name.as_str()) {
            path if is_plain && path.is_file() => Ok(path),
            _ => Err(within(index, &format!("`{name}` is no file of the folder"))),
        }
    };
    names.iter().map(file).collect()
}
