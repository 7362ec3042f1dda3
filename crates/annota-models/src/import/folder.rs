use std::path::{Path, PathBuf};

use crate::import::ImportError;

/// The entries of a folder, sorted; hidden ones, such as Hadoop's checksums, are left out.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, ImportError> {
    let list = || -> std::io::Result<Vec<PathBuf>> {
        let entries = std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
        let mut entries = entries.collect::<Result<Vec<_>, _>>()?;
        entries.retain(|path| !name(path).starts_with('.'));
        entries.sort();
        Ok(entries)
    };
    list().map_err(|error| ImportError::read(folder, &error))
}

/// The files of a folder, sorted.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>, ImportError> {
    let mut files = entries(folder)?;
    files.retain(|path| path.is_file());
    Ok(files)
}

/// The last part of a path.
pub(crate) fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
