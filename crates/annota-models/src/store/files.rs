use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::{ModelError, Weights};

/// The files of one checkpoint, not yet read.
#[derive(Debug, Clone)]
pub struct ModelFiles {
    name: String,
    place: Place,
}

#[derive(Debug, Clone)]
pub(super) enum Place {
    Folder(PathBuf),
    Binary { config: &'static str, tokenizer: &'static [u8], weights: &'static [u8], card: &'static str },
}

impl ModelFiles {
    pub(super) fn new(name: &str, place: Place) -> Self {
        ModelFiles { name: name.to_owned(), place }
    }

    /// A folder in Hugging Face's layout.
    ///
    /// # Errors
    /// [`ModelError::Read`] naming the first file that is not there.
    pub fn in_folder(name: &str, folder: &Path) -> Result<Self, ModelError> {
        for file in ["config.json", "tokenizer.json", "model.safetensors"] {
            if !folder.join(file).is_file() {
                return Err(ModelError::Read { path: folder.join(file), reason: "no such file".to_owned() });
            }
        }
        Ok(ModelFiles::new(name, Place::Folder(folder.to_owned())))
    }

    /// The name it was asked for by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text of `config.json`.
    pub fn config(&self) -> Result<Cow<'static, str>, ModelError> {
        match &self.place {
            Place::Folder(folder) => {
                read(&folder.join("config.json"), |path| std::fs::read_to_string(path)).map(Cow::Owned)
            }
            Place::Binary { config, .. } => Ok(Cow::Borrowed(config)),
        }
    }

    /// The bytes of `tokenizer.json`.
    pub fn tokenizer(&self) -> Result<Cow<'static, [u8]>, ModelError> {
        match &self.place {
            Place::Folder(folder) => read(&folder.join("tokenizer.json"), |path| std::fs::read(path)).map(Cow::Owned),
            Place::Binary { tokenizer, .. } => Ok(Cow::Borrowed(tokenizer)),
        }
    }

    pub fn weights(&self) -> Weights {
        match &self.place {
            Place::Folder(folder) => Weights::File(folder.join("model.safetensors")),
            Place::Binary { weights, .. } => Weights::Bytes(weights),
        }
    }

    /// The model's card: its README, if there is one.
    pub fn card(&self) -> Option<Cow<'static, str>> {
        match &self.place {
            Place::Folder(folder) => std::fs::read_to_string(folder.join("README.md")).ok().map(Cow::Owned),
            Place::Binary { card, .. } => Some(Cow::Borrowed(card)),
        }
    }

    /// Where the files lie, for people.
    pub fn place(&self) -> String {
        match &self.place {
            Place::Folder(folder) => folder.display().to_string(),
            Place::Binary { .. } => "in this program".to_owned(),
        }
    }
}

fn read<T>(path: &Path, read: impl Fn(&Path) -> std::io::Result<T>) -> Result<T, ModelError> {
    read(path).map_err(|error| ModelError::Read { path: path.to_owned(), reason: error.to_string() })
}
