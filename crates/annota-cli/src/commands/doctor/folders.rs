use std::env;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf, absolute};
use std::time::Duration;

use annota::models::cache_folder;
use annota::models::store::hub::Settings;
use serde::Serialize;
use sysinfo::Disks;

use super::patience::within;

/// A folder that Annota writes to.
#[derive(Debug, Clone, Serialize)]
pub struct Folder {
    pub name: &'static str,
    pub path: String,
    /// The environment variable that decides the path; `None` for the default.
    pub variable: Option<&'static str>,
    /// True if the path depends on the folder in which the command is started.
    pub is_relative: bool,
    pub exists: bool,
    /// True if files can be created in it or, if it does not exist, in the closest folder above it that exists.
    pub is_writable: bool,
    /// Free bytes of its disk.
    pub free: Option<u64>,
    /// The variable that changes the path.
    pub moved_by: &'static str,
}

/// The time limit for reading the free space of disks.
const DISK_LIMIT: Duration = Duration::from_secs(3);

/// The folders of models, of Annota's cache and of temporary files.
pub fn look() -> Vec<Folder> {
    let disks = within(DISK_LIMIT, Disks::new_with_refreshed_list);
    let folder = |name, (path, variable): (PathBuf, _), moved_by| {
        let (root, exists) = closest(&path);
        Folder {
            name,
            path: path.display().to_string(),
            variable,
            is_relative: path.is_relative(),
            exists,
            is_writable: is_writable(&root),
            free: disks.as_ref().and_then(|disks| free(disks, &root)),
            moved_by,
        }
    };
    // While the variable with the highest precedence is set, other variables have no effect.
    let above = |variable: Option<_>, name, otherwise| if variable == Some(name) { name } else { otherwise };
    let hub = Settings::from_env().ok().map(|settings| (settings.cache, settings.cache_from));
    let hub = hub.map(|place| {
        let moved_by = above(place.1, "HF_HUB_CACHE", "HF_HOME");
        folder("hub cache", place, moved_by)
    });
    let cache = cache_folder().map(|(path, variable)| (path, Some(variable)));
    let cache = cache.map(|place| folder("Annota cache", place, "XDG_CACHE_HOME"));
    let work = work_folder();
    let moved_by = above(work.1, "ANNOTA_WORK_DIR", "TMPDIR");
    let work = folder("work folder", work, moved_by);
    hub.into_iter().chain(cache).chain([work]).collect()
}

/// The folder where an executor keeps results between stages, and the variable that decides it.
fn work_folder() -> (PathBuf, Option<&'static str>) {
    let is_set = |name: &&str| env::var_os(name).is_some_and(|value| !value.is_empty());
    match env::var_os("ANNOTA_WORK_DIR").filter(|value| !value.is_empty()) {
        Some(folder) => (folder.into(), Some("ANNOTA_WORK_DIR")),
        None => (env::temp_dir(), ["TMPDIR", "TMP", "TEMP"].into_iter().find(is_set)),
    }
}

/// The closest folder at or above `path` that exists, and true if it is `path` itself.
fn closest(path: &Path) -> (PathBuf, bool) {
    let path = absolute(path).unwrap_or_else(|_| path.to_owned());
    let closest = path.ancestors().find(|folder| folder.exists()).unwrap_or(&path);
    (closest.to_owned(), closest == path && path.is_dir())
}

/// Permissions do not show that a disk is read-only or full, so this function creates a file and removes it.
fn is_writable(folder: &Path) -> bool {
    let file = folder.join(format!(".annota-doctor-{}", std::process::id()));
    OpenOptions::new().write(true).create_new(true).open(&file).is_ok() && fs::remove_file(&file).is_ok()
}

/// The free space of the disk that is mounted closest above.
fn free(disks: &Disks, folder: &Path) -> Option<u64> {
    let folder = folder.canonicalize().ok()?;
    let disks = disks.list().iter().filter(|disk| folder.starts_with(disk.mount_point()));
    let disk = disks.max_by_key(|disk| disk.mount_point().components().count())?;
    Some(disk.available_space())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_does_not_exist_is_as_writable_as_the_one_above() {
        let there = tempfile::tempdir().expect("a folder");
        assert_eq!(closest(there.path()), (there.path().to_owned(), true));
        let (above, exists) = closest(&there.path().join("a/b"));
        assert_eq!((above.as_path(), exists), (there.path(), false));
        assert!(is_writable(&above));
        assert_eq!(fs::read_dir(&above).expect("a folder").count(), 0, "the file is removed");
        let file = there.path().join("file");
        fs::write(&file, "").expect("written");
        let (above, exists) = closest(&file.join("a"));
        assert_eq!((above.as_path(), exists, is_writable(&above)), (file.as_path(), false, false));
    }

    #[test]
    fn the_work_folder_is_always_there() {
        let folders = look();
        let work = folders.last().expect("a folder");
        assert_eq!((work.name, work.exists, work.is_writable), ("work folder", true, true));
    }
}
