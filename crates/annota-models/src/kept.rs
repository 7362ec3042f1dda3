//! What one process leaves to the next: folders of `annota` in the user's cache folder.

use std::ffi::OsString;
use std::path::PathBuf;

/// Annota's folder in the user's cache folder, and the variable that decides where it is: `$XDG_CACHE_HOME/annota` or
/// `~/.cache/annota`; `None` where the user has no home folder.
pub fn cache_folder() -> Option<(PathBuf, &'static str)> {
    let set = |name| variable(name).map(PathBuf::from);
    let named = set("XDG_CACHE_HOME").map(|cache| (cache, "XDG_CACHE_HOME"));
    let (cache, variable) = named.or_else(|| Some((set("HOME")?.join(".cache"), "HOME")))?;
    Some((cache.join("annota"), variable))
}

/// The value of an environment variable; `None` if it is unset or empty. Without `HOME` the home folder is the one that
/// the system has for the user: services and containers often start without the variable, and Windows does not set it.
pub fn variable(name: &str) -> Option<OsString> {
    let home = || (name == "HOME").then(std::env::home_dir).flatten().map(OsString::from);
    std::env::var_os(name).or_else(home).filter(|value| !value.is_empty())
}

/// The folder `NAME` in [`cache_folder`].
pub fn folder(name: &str) -> Option<PathBuf> {
    let (cache, _) = cache_folder()?;
    Some(cache.join(name))
}
