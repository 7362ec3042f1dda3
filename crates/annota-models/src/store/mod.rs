//! The model store: from the name a user writes to the files of a checkpoint. Nothing is opened here.

mod bundled;
mod cache;
mod files;
mod names;

pub use bundled::BUNDLED;
pub use files::ModelFiles;
pub use names::{KnownModel, MODELS};

use std::path::Path;

use crate::ModelError;

/// Finds the files of a model: a name of [`MODELS`], a folder, or `org/name[@revision]` in Hugging Face's cache.
///
/// # Errors
/// [`ModelError::UnknownModel`] when nothing of that name is there.
pub fn resolve(name: &str) -> Result<ModelFiles, ModelError> {
    if name == BUNDLED {
        return Ok(bundled::files());
    }
    let folder = Path::new(name);
    if folder.is_dir() {
        return ModelFiles::in_folder(name, folder);
    }
    let repository = names::repository(name).unwrap_or(name);
    match cache::snapshot(repository) {
        Some(folder) => ModelFiles::in_folder(name, &folder),
        None => Err(ModelError::UnknownModel { name: name.to_owned(), expected: expected(name, repository) }),
    }
}

fn expected(name: &str, repository: &str) -> String {
    if cache::is_repository(repository) && !Path::new(name).is_absolute() {
        let place = cache::folder().display().to_string();
        return format!("the files of `{repository}` in the Hugging Face cache `{place}`, or a folder that holds them");
    }
    let names: Vec<&str> = MODELS.iter().map(|model| model.name).collect();
    format!("one of {}, a folder with config.json, model.safetensors and tokenizer.json, or org/name", names.join(", "))
}
