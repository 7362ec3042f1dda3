//! Repositories of the Hugging Face hub by name, in its cache or brought there.

use std::fs;
use std::path::{Path, PathBuf};

use super::files::{ModelFiles, is_needed};
use super::hub::{Hub, HubError, Settings};
use super::progress::listener;
use crate::{ModelError, Weights};

/// `org/name[@revision]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repository<'a> {
    pub name: &'a str,
    pub revision: &'a str,
}

impl<'a> Repository<'a> {
    /// `None` for what has not the form of one.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (name, revision) = text.split_once('@').unwrap_or((text, "main"));
        let is_path = text.starts_with(['/', '.', '~']) || name.matches('/').count() != 1;
        let known = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
        let parts = name.split('/').chain(revision.split('/'));
        let is_whole = parts.into_iter().all(|part| !matches!(part, "" | "." | ".."));
        (!is_path && known && is_whole).then_some(Repository { name, revision })
    }

    /// Its files: those in the cache if they are all there, else from the hub.
    ///
    /// # Errors
    /// [`ModelError::Hub`] when they are not there and cannot be had.
    pub fn resolve(self, name: &str) -> Result<ModelFiles, ModelError> {
        match self.local(name) {
            Some(files) => Ok(files),
            None => self.pull(name),
        }
    }

    /// Its files in the cache, if they are all there.
    pub fn local(self, name: &str) -> Option<ModelFiles> {
        ModelFiles::in_folder(name, &self.cached(&Settings::from_env().ok()?)?).ok()
    }

    /// Asks the hub for the newest files of the revision.
    ///
    /// # Errors
    /// As [`Repository::resolve`].
    pub fn pull(self, name: &str) -> Result<ModelFiles, ModelError> {
        let hub = Hub::from_env()?;
        let folder = hub.fetch(self.name, self.revision, &wanted, listener())?;
        ModelFiles::in_folder(name, &folder)
    }

    /// The folder with its files, if it is in the cache.
    fn cached(self, settings: &Settings) -> Option<PathBuf> {
        let folder = self.folder(settings);
        let noted = fs::read_to_string(folder.join("refs").join(self.revision)).ok();
        let commit = noted.as_deref().map_or(self.revision, str::trim);
        Some(folder.join("snapshots").join(commit)).filter(|folder| folder.is_dir())
    }

    fn folder(self, settings: &Settings) -> PathBuf {
        settings.cache.join(format!("models--{}", self.name.replace('/', "--")))
    }

    /// Removes all its files from the cache; the bytes that were freed.
    ///
    /// # Errors
    /// [`ModelError::Read`] for what cannot be removed.
    pub fn remove(self) -> Result<u64, ModelError> {
        let folder = self.folder(&Settings::from_env()?);
        let size = size_of(&folder);
        match fs::remove_dir_all(&folder) {
            Ok(()) => Ok(size),
            Err(error) => Err(ModelError::Read { path: folder, reason: error.to_string() }),
        }
    }
}

/// The files that a model needs, of all that a repository has.
pub fn wanted(names: &[String]) -> Vec<String> {
    let small = names.iter().filter(|name| is_needed(name)).cloned();
    small.chain(Weights::chosen(names)).collect()
}

/// Bytes of all files in a folder; links count nothing.
pub fn size_of(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(found) if found.is_dir() => size_of(&entry.path()),
            Ok(found) if found.is_file() => found.len(),
            _ => 0,
        })
        .sum()
}

/// The repositories in the cache that have a model in some revision: name and bytes.
///
/// # Errors
/// [`ModelError::Hub`] for a variable with a value that cannot be used.
pub fn cached() -> Result<Vec<(String, u64)>, ModelError> {
    let settings = Settings::from_env()?;
    let entries = fs::read_dir(&settings.cache).into_iter().flatten().flatten();
    let mut found: Vec<(String, u64)> = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?.strip_prefix("models--")?.replacen("--", "/", 1);
            let snapshots = fs::read_dir(entry.path().join("snapshots")).ok()?.flatten();
            let has_model = snapshots.into_iter().any(|folder| ModelFiles::in_folder(&name, &folder.path()).is_ok());
            has_model.then(|| (name, size_of(&entry.path())))
        })
        .collect();
    found.sort();
    Ok(found)
}

impl From<HubError> for ModelError {
    fn from(error: HubError) -> Self {
        ModelError::Hub { is_transient: error.is_transient(), reason: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::{Repository, wanted};

    #[test]
    fn repositories_are_told_from_paths() {
        for name in ["albert/albert-base-v2", "org/na.me_2@1f3a", "a/b@main", "a/b@refs/pr/1"] {
            assert!(Repository::parse(name).is_some(), "{name}");
        }
        for name in ["albert_base_uncased", "/a/b", "../x", "a/../b", "a/b/c", "a/", "a/b@", "./a", "~/a", "a/.."] {
            assert_eq!(Repository::parse(name), None, "{name}");
        }
    }

    #[test]
    fn one_form_of_weights_is_enough() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let all = names(&[
            "README.md",
            "config.json",
            "1_Pooling/config.json",
            "model.safetensors",
            "onnx/model.onnx",
            "pytorch_model.bin",
            "spiece.model",
        ]);
        let expected = ["README.md", "config.json", "1_Pooling/config.json", "spiece.model", "model.safetensors"];
        assert_eq!(wanted(&all), expected);
        let sharded = names(&[
            "pytorch_model-00001-of-00002.bin",
            "pytorch_model-00002-of-00002.bin",
            "pytorch_model.bin.index.json",
            "training_args.bin",
        ]);
        assert_eq!(wanted(&sharded), &sharded[..3]);
    }
}
