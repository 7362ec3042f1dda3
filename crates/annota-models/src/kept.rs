//! What one process leaves to the next: folders of `annota` in the user's cache folder.

use std::path::PathBuf;

/// `$XDG_CACHE_HOME/annota/NAME` or `~/.cache/annota/NAME`; `None` without a home.
pub fn folder(name: &str) -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")))?;
    Some(cache.join("annota").join(name))
}
