use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};

use super::bundled;

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
    Binary,
}

/// Largest size of a file that is read as a whole: configurations, vocabularies.
const LARGEST: u64 = 256 << 20;

impl ModelFiles {
    pub(super) fn new(name: &str, place: Place) -> Self {
        ModelFiles { name: name.to_owned(), place }
    }

    /// A folder in Hugging Face's layout.
    ///
    /// # Errors
    /// [`ModelError::Read`] naming the first file that is not there.
    pub fn in_folder(name: &str, folder: &Path) -> Result<Self, ModelError> {
        let files = ModelFiles::new(name, Place::Folder(folder.to_owned()));
        files.config()?;
        files.weights()?;
        Ok(files)
    }

    /// The name it was asked for by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The bytes of a file of that name; `None` where there is none. Names that lead out of the folder have none.
    ///
    /// # Errors
    /// [`ModelError::Read`] for a file that is there and cannot be read.
    pub fn read(&self, file: &str) -> Result<Option<Cow<'static, [u8]>>, ModelError> {
        match &self.place {
            Place::Binary => {
                let found = bundled::FILES.iter().find(|(name, _)| *name == file);
                Ok(found.map(|(_, bytes)| Cow::Borrowed(*bytes)))
            }
            Place::Folder(folder) => {
                let is_within = Path::new(file).components().all(|part| matches!(part, Component::Normal(_)));
                let path = folder.join(file);
                if !is_within || !path.is_file() {
                    return Ok(None);
                }
                read(&path).map(|bytes| Some(Cow::Owned(bytes)))
            }
        }
    }

    /// The text of a file of that name; `None` where there is none.
    ///
    /// # Errors
    /// [`ModelError::Read`] for a file that is there and cannot be read, or is no text.
    pub fn text(&self, file: &str) -> Result<Option<String>, ModelError> {
        let Some(bytes) = self.read(file)? else { return Ok(None) };
        match String::from_utf8(bytes.into_owned()) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(ModelError::Read { path: self.path(file), reason: "it is not UTF-8".to_owned() }),
        }
    }

    /// The text of `config.json`.
    pub fn config(&self) -> Result<String, ModelError> {
        self.text("config.json")?.ok_or_else(|| self.absent("config.json"))
    }

    /// Where the tensors lie.
    pub fn weights(&self) -> Result<Weights, ModelError> {
        let Place::Folder(folder) = &self.place else { return Ok(Weights::Bytes(bundled::WEIGHTS)) };
        let found =
            Weights::in_folder(folder).map_err(|reason| ModelError::Checkpoint { model: self.name.clone(), reason })?;
        found.ok_or_else(|| self.absent("model.safetensors or pytorch_model.bin"))
    }

    /// What tells these files from others without reading the weights: for what may be wrong once in a while.
    ///
    /// # Errors
    /// Files that cannot be read.
    pub fn stamp(&self) -> Result<String, ModelError> {
        let mut stamp = self.config()?;
        if let Weights::SafeTensors(files) | Weights::PyTorch(files) = self.weights()? {
            for file in files {
                let data = std::fs::metadata(&file).map_err(|error| self.unread(&file, &error))?;
                stamp += &format!("\n{} {} {:?}", file.display(), data.len(), data.modified().ok());
            }
        }
        Ok(stamp)
    }

    /// The model's card: its README, if there is one.
    pub fn card(&self) -> Option<String> {
        self.text("README.md").ok().flatten()
    }

    /// Where the files lie, for people.
    pub fn place(&self) -> String {
        match &self.place {
            Place::Folder(folder) => folder.display().to_string(),
            Place::Binary => "in this program".to_owned(),
        }
    }

    /// The folder that holds them; `None` for those in the program.
    pub fn folder(&self) -> Option<&Path> {
        match &self.place {
            Place::Folder(folder) => Some(folder),
            Place::Binary => None,
        }
    }

    /// What the vectors depend on, as one number: SHA-256 over the names and contents of configuration, weights and
    /// the files that cut texts.
    ///
    /// # Errors
    /// [`ModelError::Read`] for a file that cannot be read.
    pub fn fingerprint(&self) -> Result<String, ModelError> {
        let mut hash = Sha256::new();
        let mut add = |name: &str, bytes: &mut dyn std::io::Read| -> std::io::Result<()> {
            let mut content = Sha256::new();
            std::io::copy(bytes, &mut HashWriter(&mut content))?;
            hash.update(name.as_bytes());
            hash.update([0]);
            hash.update(content.finalize());
            Ok(())
        };
        for name in SMALL_FILES {
            if let Some(bytes) = self.read(name)? {
                add(name, &mut bytes.as_ref()).map_err(|error| self.unread(Path::new(name), &error))?;
            }
        }
        match self.weights()? {
            Weights::Bytes(bytes) => {
                add("weights", &mut &*bytes).map_err(|error| self.unread(Path::new("weights"), &error))?;
            }
            Weights::SafeTensors(files) | Weights::PyTorch(files) => {
                for file in files {
                    let content = std::fs::File::open(&file).and_then(|mut content| add("weights", &mut content));
                    content.map_err(|error| self.unread(&file, &error))?;
                }
            }
        }
        Ok(hex::encode(hash.finalize()))
    }

    /// That a file is not there.
    pub fn absent(&self, file: &str) -> ModelError {
        ModelError::Read { path: self.path(file), reason: "no such file".to_owned() }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder().map_or_else(|| PathBuf::from(file), |folder| folder.join(file))
    }

    fn unread(&self, path: &Path, error: &std::io::Error) -> ModelError {
        ModelError::Read { path: path.to_owned(), reason: error.to_string() }
    }
}

/// The files that say what vectors are made of, beside the weights.
const SMALL_FILES: [&str; 9] = [
    "config.json",
    "tokenizer.json",
    "spiece.model",
    "vocab.txt",
    "tokenizer_config.json",
    "modules.json",
    "sentence_bert_config.json",
    "1_Pooling/config.json",
    "2_Normalize/config.json",
];

/// Whether a file of a repository is one of those that a model is made of, weights aside, or its card.
pub fn is_needed(name: &str) -> bool {
    SMALL_FILES.contains(&name) || name == "README.md" || name.ends_with("_Pooling/config.json")
}

struct HashWriter<'a>(&'a mut Sha256);

impl std::io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ModelError> {
    let fail = |reason: String| ModelError::Read { path: path.to_owned(), reason };
    let size = std::fs::metadata(path).map_err(|error| fail(error.to_string()))?.len();
    if size > LARGEST {
        return Err(fail(format!("it has {size} bytes, expected at most {LARGEST}")));
    }
    std::fs::read(path).map_err(|error| fail(error.to_string()))
}
