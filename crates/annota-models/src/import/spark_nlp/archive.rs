//! Zip archives of unknown origin.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use crate::import::ImportError;
use crate::import::error::one_line;

const ENTRIES: usize = 1000;
/// Weights hardly shrink, graphs may shrink to a twentieth.
const EXPANSION: u64 = 100;
const SMALL: u64 = 1 << 20;

/// Unpacks an archive into a folder, which is made. Nothing is written outside of the folder or over a file, and no
/// more than a hundred times the archive's size.
pub(super) fn unpack(archive: &Path, folder: &Path) -> Result<(), ImportError> {
    let read = |error: io::Error| ImportError::read(archive, &error);
    let zip = |error: ZipError| ImportError::malformed(archive, one_line(&error.to_string()));
    let refuse = |reason: String| Err(ImportError::malformed(archive, reason));
    let file = File::open(archive).map_err(read)?;
    let mut left = file.metadata().map_err(read)?.len().saturating_mul(EXPANSION).max(SMALL);
    let mut entries = ZipArchive::new(io::BufReader::new(file)).map_err(zip)?;
    if entries.len() > ENTRIES {
        return refuse(format!("it has {} entries, expected at most {ENTRIES}", entries.len()));
    }
    fs::create_dir_all(folder).map_err(|error| ImportError::write(folder, &error))?;
    for number in 0..entries.len() {
        let mut entry = entries.by_index(number).map_err(zip)?;
        let name = one_line(&entry.name().map_err(zip)?);
        let Some(inside) = entry.enclosed_name().filter(|_| !entry.is_symlink()) else {
            return refuse(format!("entry `{name}` leads elsewhere, expected a file inside the archive"));
        };
        let path = folder.join(inside);
        if entry.is_dir() {
            fs::create_dir_all(&path).map_err(|error| ImportError::write(&path, &error))?;
            continue;
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| ImportError::write(parent, &error))?;
        }
        let mut out = File::create_new(&path).map_err(|error| ImportError::write(&path, &error))?;
        let copied = io::copy(&mut (&mut entry).take(left.saturating_add(1)), &mut out);
        let copied = copied.map_err(|error| {
            ImportError::malformed(archive, format!("entry `{name}`: {}", one_line(&error.to_string())))
        })?;
        let Some(rest) = left.checked_sub(copied) else {
            return refuse(format!("it unpacks to more than {EXPANSION} times its size, expected a saved model"));
        };
        left = rest;
    }
    Ok(())
}
