//! As much of URLs as redirects need.

/// Scheme, host and port, as they stand.
pub fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |colon| colon + 3);
    let end = url.get(host..).and_then(|rest| rest.find(['/', '?', '#'])).map_or(url.len(), |length| host + length);
    url.get(..end).unwrap_or(url)
}

/// Whether a `Location` names no host.
pub fn is_relative(location: &str) -> bool {
    !["//", "http://", "https://"].iter().any(|start| location.starts_with(start))
}

/// The URL of a `Location`, as seen from `base`.
pub fn join(base: &str, location: &str) -> Option<String> {
    if location.starts_with("http://") || location.starts_with("https://") {
        return Some(location.to_owned());
    }
    if let Some(host) = location.strip_prefix("//") {
        let scheme = base.split("//").next()?;
        return Some(format!("{scheme}//{host}"));
    }
    location.starts_with('/').then(|| format!("{}{location}", origin(base)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_end_before_the_path() {
        for url in ["https://hub:80", "https://hub:80/a", "https://hub:80?a", "https://hub:80#a"] {
            assert_eq!(origin(url), "https://hub:80");
        }
        assert_eq!(origin("https://hub@other/a"), "https://hub@other");
        assert_eq!(origin("https://hub\\@other/a"), "https://hub\\@other");
        assert_eq!(origin("//hub/a"), "");
    }

    #[test]
    fn locations_are_joined() {
        let join = |location| join("https://hub/a/b?c", location);
        assert_eq!(join("/x?u=http://y").as_deref(), Some("https://hub/x?u=http://y"));
        assert_eq!(join("//cdn/x").as_deref(), Some("https://cdn/x"));
        assert_eq!(join("http://cdn/x").as_deref(), Some("http://cdn/x"));
        assert_eq!((join("x"), join("file:///x"), join("")), (None, None, None));
    }

    #[test]
    fn relative_locations_name_no_host() {
        assert!(is_relative("/a?u=https://b"));
        assert!(!is_relative("//b/a") && !is_relative("https://b"));
    }
}
