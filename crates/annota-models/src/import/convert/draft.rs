use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::import::ImportError;

/// A folder beside the target, which becomes the target when all is well and else goes away.
pub(super) struct Draft {
    folder: PathBuf,
    to: PathBuf,
}

static COUNT: AtomicUsize = AtomicUsize::new(0);

impl Draft {
    pub fn new(to: &Path) -> Result<Self, ImportError> {
        let refuse = |reason: &str| Err(ImportError::Write { path: to.to_owned(), reason: reason.to_owned() });
        let entries = fs::read_dir(to).map(|mut entries| entries.next().is_some());
        match entries {
            Ok(false) => {}
            Ok(true) => return refuse("it is not empty, expected a folder that is new or empty"),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(ImportError::write(to, &error)),
        }
        let to = std::path::absolute(to).map_err(|error| ImportError::write(to, &error))?;
        // Where the target's own folder is made with it: nothing is left of it either if the import fails.
        let home = to.ancestors().skip(1).find(|folder| folder.is_dir());
        let (Some(home), Some(name)) = (home, to.file_name()) else {
            return refuse("it is no name of a folder");
        };
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!(".{}.draft.{}.{count}", name.to_string_lossy(), std::process::id());
        let draft = Draft { folder: home.join(name), to };
        // That of a process which was killed, and had this number too.
        let _ = fs::remove_dir_all(&draft.folder);
        for folder in [draft.files(), draft.scratch()] {
            fs::create_dir_all(&folder).map_err(|error| ImportError::write(&folder, &error))?;
        }
        Ok(draft)
    }

    /// What becomes the target.
    pub fn files(&self) -> PathBuf {
        self.folder.join("files")
    }

    /// A folder for what is not needed for long.
    pub fn scratch(&self) -> PathBuf {
        self.folder.join("scratch")
    }

    pub fn finish(self) -> Result<(), ImportError> {
        let place = || {
            if let Some(parent) = self.to.parent() {
                fs::create_dir_all(parent)?;
            }
            if self.to.is_dir() {
                fs::remove_dir(&self.to)?;
            }
            fs::rename(self.files(), &self.to)
        };
        place().map_err(|error| ImportError::write(&self.to, &error))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
