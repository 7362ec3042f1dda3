//! Hugging Face's cache: `models--org--name/{refs,snapshots}` under `$HF_HUB_CACHE` or `$HF_HOME/hub`.

use std::env;
use std::path::PathBuf;

/// The folder that holds the cached repositories.
pub fn folder() -> PathBuf {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("HF_HUB_CACHE").unwrap_or_else(|| {
        let home = set("HF_HOME").unwrap_or_else(|| {
            let cache = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
            cache.unwrap_or_default().join("huggingface")
        });
        home.join("hub")
    })
}

/// Whether a name has the form `org/name[@revision]`.
pub fn is_repository(name: &str) -> bool {
    let (repository, revision) = split(name);
    let part = |part: &str| {
        let mut chars = part.chars();
        !part.is_empty() && !part.starts_with('.') && chars.all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    repository.split('/').count() == 2 && repository.split('/').all(part) && part(revision)
}

fn split(name: &str) -> (&str, &str) {
    name.split_once('@').unwrap_or((name, "main"))
}

/// The folder with the files of `org/name[@revision]`, if it is in the cache.
pub fn snapshot(name: &str) -> Option<PathBuf> {
    if !is_repository(name) {
        return None;
    }
    let (repository, revision) = split(name);
    let repository = folder().join(format!("models--{}", repository.replace('/', "--")));
    let commit = std::fs::read_to_string(repository.join("refs").join(revision)).ok();
    let commit = commit.as_deref().map_or(revision, str::trim);
    Some(repository.join("snapshots").join(commit)).filter(|folder| folder.is_dir())
}

#[cfg(test)]
mod tests {
    use super::is_repository;

    #[test]
    fn repositories_are_told_from_paths() {
        for name in ["albert/albert-base-v2", "org/na.me_2@1f3a", "a/b@main"] {
            assert!(is_repository(name), "{name}");
        }
        for name in ["albert_base_uncased", "/a/b", "../x", "a/../b", "a/b/c", "a/", "a/b@"] {
            assert!(!is_repository(name), "{name}");
        }
    }
}
