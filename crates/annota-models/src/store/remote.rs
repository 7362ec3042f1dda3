//! Folders in object stores, brought beside Hugging Face's cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use sha2::{Digest, Sha256};

use super::files::ModelFiles;
use super::hub::{Progress, Settings};
use super::progress::listener;
use super::repository::{size_of, wanted};
use crate::ModelError;

/// Brings those files of a URL's folder that `wanted` picks among their names into a folder of this machine.
pub type FetchFolder =
    fn(url: &str, wanted: &dyn Fn(&[String]) -> Vec<String>, folder: &Path, &dyn Progress) -> Result<(), String>;

static FETCH: OnceLock<FetchFolder> = OnceLock::new();

/// Says who can reach object stores, which this crate cannot. The first that is set stays.
pub fn fetch_folders_by(fetch: FetchFolder) {
    FETCH.get_or_init(|| fetch);
}

/// A folder by its URL.
pub struct Remote {
    url: String,
}

impl Remote {
    /// `None` for what is no URL.
    pub fn parse(name: &str) -> Option<Self> {
        name.contains("://").then(|| Remote { url: name.trim_end_matches('/').to_owned() })
    }

    /// The files in the cache if they are all there, else those of the store.
    pub fn resolve(&self, name: &str) -> Result<ModelFiles, ModelError> {
        match self.local(name) {
            Some(files) => Ok(files),
            None => self.pull(name),
        }
    }

    /// The files in the cache, if they are all there.
    pub fn local(&self, name: &str) -> Option<ModelFiles> {
        ModelFiles::in_folder(name, &self.folder(&Settings::from_env().ok()?)).ok()
    }

    /// The files of the store.
    pub fn pull(&self, name: &str) -> Result<ModelFiles, ModelError> {
        self.fetch(name, &Settings::from_env()?)
    }

    /// Removes its files from the cache; the bytes that were freed.
    pub fn remove(&self) -> Result<u64, ModelError> {
        let folder = self.folder(&Settings::from_env()?);
        let size = size_of(&folder);
        match fs::remove_dir_all(&folder) {
            Ok(()) => Ok(size),
            Err(error) => Err(ModelError::Read { path: folder, reason: error.to_string() }),
        }
    }

    fn folder(&self, settings: &Settings) -> PathBuf {
        settings.cache.join("annota-urls").join(hex::encode(Sha256::digest(self.url.as_bytes())))
    }

    fn fetch(&self, name: &str, settings: &Settings) -> Result<ModelFiles, ModelError> {
        if let Some(variable) = settings.offline {
            let reason = format!("`{}` is not in the cache and {variable} is set: unset it to download it", self.url);
            return Err(ModelError::Hub { is_transient: false, reason });
        }
        let folder = self.folder(settings);
        let draft = folder.with_extension(format!("draft.{}", std::process::id()));
        let fetch = FETCH.get().ok_or_else(|| "object stores cannot be reached from here".to_owned());
        let done = fetch.and_then(|fetch| {
            fetch(&self.url, &wanted, &draft, listener())?;
            let _ = fs::remove_dir_all(&folder);
            fs::rename(&draft, &folder).map_err(|error| error.to_string())
        });
        let _ = fs::remove_dir_all(&draft);
        ModelFiles::in_folder(name, &folder).map_err(|absent| match done {
            Err(error) => ModelError::Hub { is_transient: true, reason: format!("`{}`: {error}", self.url) },
            Ok(()) => absent,
        })
    }
}
