//! The files of one repository in Hugging Face's cache.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::HubError;

/// `models--org--name` and its locks.
pub struct Folder {
    files: PathBuf,
    locks: PathBuf,
}

impl Folder {
    pub fn new(cache: &Path, repository: &str) -> Self {
        let name = format!("models--{}", repository.replace('/', "--"));
        Folder { files: cache.join(&name), locks: cache.join(".locks").join(name) }
    }

    pub fn snapshot(&self, commit: &str) -> PathBuf {
        self.files.join("snapshots").join(commit)
    }

    /// Where a file of a commit is found.
    pub fn pointer(&self, commit: &str, file: &str) -> PathBuf {
        file.split('/').fold(self.snapshot(commit), |path, part| path.join(part))
    }

    pub fn blob(&self, etag: &str) -> PathBuf {
        self.files.join("blobs").join(etag)
    }

    pub fn partial(&self, etag: &str) -> PathBuf {
        self.files.join("blobs").join(format!("{etag}.incomplete"))
    }

    pub fn lock(&self, etag: &str) -> PathBuf {
        self.locks.join(format!("{etag}.lock"))
    }

    /// Makes `file` of `commit` the blob: by a link, or where there are none as a file of its own.
    pub fn place(&self, commit: &str, file: &str, etag: &str, is_new: bool) -> Result<(), HubError> {
        let pointer = self.pointer(commit, file);
        create_parent(&pointer)?;
        let up = (0..=file.split('/').count()).map(|_| "..");
        let target = up.chain(["blobs", etag]).collect::<PathBuf>();
        self.place_with(&pointer, &target, etag, is_new, symlink).map_err(HubError::file(&pointer))
    }

    fn place_with(
        &self,
        pointer: &Path,
        target: &Path,
        etag: &str,
        is_new: bool,
        link: fn(&Path, &Path) -> io::Result<()>,
    ) -> io::Result<()> {
        match fs::remove_file(pointer) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        if link(target, pointer).is_ok() {
            return Ok(());
        }
        if is_new {
            return fs::rename(self.blob(etag), pointer);
        }
        fs::copy(self.blob(etag), self.partial(etag))?;
        fs::rename(self.partial(etag), pointer)
    }

    /// Notes which commit a revision is. A commit by its own name needs no note.
    pub fn write_ref(&self, revision: &str, commit: &str) -> Result<(), HubError> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let path = revision.split('/').fold(self.files.join("refs"), |path, part| path.join(part));
        if revision == commit || fs::read_to_string(&path).is_ok_and(|noted| noted == commit) {
            return Ok(());
        }
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let draft = self.locks.join(format!("ref.{}.{count}", std::process::id()));
        create_parent(&draft)?;
        create_parent(&path)?;
        fs::write(&draft, commit).map_err(HubError::file(&draft))?;
        fs::rename(&draft, &path).map_err(HubError::file(&path))
    }
}

pub fn create_parent(path: &Path) -> Result<(), HubError> {
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent).map_err(HubError::file(parent))
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(windows)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(target, link)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_links_files_are_moved_or_copied() {
        let cache = tempfile::tempdir().expect("a folder");
        let folder = Folder::new(cache.path(), "org/name");
        let refuse: fn(&Path, &Path) -> io::Result<()> = |_, _| Err(io::ErrorKind::Unsupported.into());
        for is_new in [true, false] {
            let (blob, pointer) = (folder.blob("e"), folder.pointer("c", "a/b"));
            for path in [&blob, &pointer] {
                create_parent(path).expect("a folder");
            }
            fs::write(&blob, "content").expect("written");
            folder.place_with(&pointer, Path::new(""), "e", is_new, refuse).expect("placed");
            assert_eq!(fs::read_to_string(&pointer).expect("read"), "content");
            assert!(!pointer.is_symlink() && !folder.partial("e").exists());
            assert_eq!(blob.exists(), !is_new);
        }
    }
}
