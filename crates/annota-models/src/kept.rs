//! What one process leaves to the next: folders of `annota` in the user's cache folder.

use std::path::PathBuf;

/// Annota's folder in the user's cache folder, and the variable that decides where it is: `$XDG_CACHE_HOME/annota` or
/// `~/.cache/annota`; `None` where neither `XDG_CACHE_HOME` nor `HOME` is set.
pub fn cache_folder() -> Option<(PathBuf, &'static str)> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let named = set("XDG_CACHE_HOME").map(|cache| (cache, "XDG_CACHE_HOME"));
    let (cache, variable) = named.or_else(|| Some((set("HOME")?.join(".cache"), "HOME")))?;
    Some((cache.join("annota"), variable))
}

/// The folder `NAME` in [`cache_folder`].
pub fn folder(name: &str) -> Option<PathBuf> {
    let (cache, _) = cache_folder()?;
    Some(cache.join(name))
}
