//! The model store: from the name a user writes to the files of a checkpoint. Nothing is opened here.

mod bundled;
mod files;
pub mod hub;
mod names;
mod progress;
mod remote;
mod repository;

pub use bundled::BUNDLED;
pub use files::ModelFiles;
pub use names::{KnownModel, MODELS, find};
pub use progress::listen;
pub use remote::{FetchFolder, fetch_folders_by};
pub use repository::cached;

use std::path::Path;

use crate::ModelError;
use remote::Remote;
use repository::Repository;

/// Where a name leads.
enum Source<'a> {
    Bundled,
    Folder(&'a Path),
    Repository(Repository<'a>),
    Remote(Remote),
}

/// Finds the files of a model: a name of [`MODELS`], a reference of NLU's, a folder, the URL of one in an object store,
/// or `org/name[@revision]`, which is downloaded into Hugging Face's cache if it is not there.
///
/// # Errors
/// [`ModelError::UnknownModel`] for what is none of these, [`ModelError::Read`] for a folder without the files of a
/// model, [`ModelError::Hub`] for files that cannot be had.
pub fn resolve(name: &str) -> Result<ModelFiles, ModelError> {
    match source(name)? {
        Source::Bundled => Ok(bundled::files()),
        Source::Folder(folder) => ModelFiles::in_folder(name, folder),
        Source::Repository(repository) => repository.resolve(name),
        Source::Remote(remote) => remote.resolve(name),
    }
}

/// The files of a model that are on this machine; the network is not asked.
pub fn local(name: &str) -> Option<ModelFiles> {
    match source(name).ok()? {
        Source::Bundled => Some(bundled::files()),
        Source::Folder(folder) => ModelFiles::in_folder(name, folder).ok(),
        Source::Repository(repository) => repository.local(name),
        Source::Remote(remote) => remote.local(name),
    }
}

/// True if the files of a model can be downloaded. This function does not use the network.
///
/// # Errors
/// [`ModelError::UnknownModel`] for a name that no model has.
pub fn is_downloadable(name: &str) -> Result<bool, ModelError> {
    Ok(matches!(source(name)?, Source::Repository(_) | Source::Remote(_)))
}

/// As [`resolve`], with the newest files where they come over a network.
///
/// # Errors
/// Those of [`resolve`].
pub fn pull(name: &str) -> Result<ModelFiles, ModelError> {
    match source(name)? {
        Source::Repository(repository) => repository.pull(name),
        Source::Remote(remote) => remote.pull(name),
        Source::Bundled | Source::Folder(_) => resolve(name),
    }
}

/// Removes the files of a model that was downloaded; the bytes that were freed.
///
/// # Errors
/// [`ModelError::Unsupported`] for a model that was not.
pub fn remove(name: &str) -> Result<u64, ModelError> {
    match source(name)? {
        Source::Repository(repository) => repository.remove(),
        Source::Remote(remote) => remote.remove(),
        Source::Bundled | Source::Folder(_) => {
            let reason = "it was not downloaded: expected org/name, or a name or URL of one that was".to_owned();
            Err(ModelError::Unsupported { model: name.to_owned(), reason })
        }
    }
}

fn source(name: &str) -> Result<Source<'_>, ModelError> {
    if let Some(model) = find(name) {
        let repository = model.repository.and_then(Repository::parse);
        return Ok(repository.map_or(Source::Bundled, Source::Repository));
    }
    if let Some(remote) = Remote::parse(name) {
        return Ok(Source::Remote(remote));
    }
    let folder = Path::new(name);
    if folder.is_dir() {
        return Ok(Source::Folder(folder));
    }
    match Repository::parse(name) {
        Some(repository) => Ok(Source::Repository(repository)),
        None => Err(ModelError::UnknownModel { name: name.to_owned(), expected: expected() }),
    }
}

fn expected() -> String {
    let names: Vec<&str> = MODELS.iter().map(|model| model.name).collect();
    format!(
        "one of {}, a folder with config.json, weights and a tokenizer, a URL of one, or org/name",
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_models_can_be_downloaded() {
        let is_downloadable = |name| is_downloadable(name).ok();
        assert_eq!(is_downloadable(BUNDLED), Some(false));
        assert_eq!(is_downloadable(env!("CARGO_MANIFEST_DIR")), Some(false));
        assert_eq!(is_downloadable("albert_base_uncased"), Some(true));
        assert_eq!(is_downloadable("org/name@main"), Some(true));
        assert_eq!(is_downloadable("s3://bucket/model"), Some(true));
        assert_eq!(is_downloadable("nope"), None);
    }
}
