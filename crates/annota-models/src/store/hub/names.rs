//! What may become a path or a part of a URL. Every name is a stranger's: the user's, or the hub's.

use std::fmt::Write;

use super::HubError;

/// `name` or `org/name`.
pub fn repository(value: &str) -> Result<(), HubError> {
    let part = |part: &str| {
        let known = part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        known && !part.is_empty() && !part.starts_with(['.', '-']) && !part.contains("..") && !part.contains("--")
    };
    if value.split('/').count() <= 2 && value.split('/').all(part) {
        return Ok(());
    }
    Err(HubError::name("repository", value, "org/name of ASCII letters, digits, `-`, `_` and `.`"))
}

/// A branch, a tag or a commit; also `refs/pr/1`.
pub fn revision(value: &str) -> Result<(), HubError> {
    if is_inside(value) {
        return Ok(());
    }
    Err(HubError::name("revision", value, "a branch, a tag or a commit"))
}

/// A file of a repository, by its path with `/`.
pub fn file(value: &str) -> Result<(), HubError> {
    if is_inside(value) {
        return Ok(());
    }
    Err(HubError::name("file", value, "a relative path without `..`, `\\`, `:` and control characters"))
}

fn is_inside(path: &str) -> bool {
    let strange = |c: char| c == '\\' || c == ':' || c.is_control();
    !path.contains(strange) && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// The commit in a listing.
pub fn is_commit(value: &str) -> bool {
    (7..=64).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_hexdigit())
}

/// An etag that can name a blob, without its quotes.
pub fn etag(header: &str) -> Option<&str> {
    let value = header.strip_prefix("W/").unwrap_or(header).trim_matches('"');
    let known = value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    (known && (1..=128).contains(&value.len())).then_some(value)
}

/// Percent-encodes all but letters, digits, `-._~` and what is in `keep`.
pub fn quote(text: &str, keep: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut quoted, byte| {
        let c = char::from(byte);
        if c.is_ascii_alphanumeric() || "-._~".contains(c) || keep.contains(c) {
            quoted.push(c);
        } else {
            let _ = write!(quoted, "%{byte:02X}");
        }
        quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        for name in ["config.json", "onnx/model.onnx", "a b/ü.txt", "..a/b..", ".gitattributes"] {
            assert!(file(name).is_ok(), "{name}");
        }
        let refused =
            ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", "./a", "a\\b", "C:/x", "C:x", "a\0", "a\nb"];
        for name in refused {
            let message = file(name).expect_err(name).to_string();
            assert!(message.contains("is refused") && !message.contains(char::is_control), "{message}");
            assert!(revision(name).is_err(), "{name}");
        }
    }

    #[test]
    fn repositories_are_known_by_their_form() {
        for name in ["gpt2", "albert/albert-base-v2", "org/na.me_2"] {
            assert!(repository(name).is_ok(), "{name}");
        }
        for name in ["", "a/", "/a", "a/b/c", "../a", "a/..", "a--b/c", "a/b?c", "a/b#c", "a b/c", "a\\b"] {
            assert!(repository(name).is_err(), "{name}");
        }
    }

    #[test]
    fn etags_lose_their_quotes() {
        assert_eq!(etag("\"ab-1_F\""), Some("ab-1_F"));
        assert_eq!(etag("W/\"0a\""), Some("0a"));
        for header in ["", "\"\"", "\"../../x\"", "a/b", "a.lock", "a b", "ü", &"a".repeat(129)] {
            assert_eq!(etag(header), None, "{header}");
        }
    }

    #[test]
    fn urls_are_quoted() {
        assert_eq!(quote("a b/ü#?%.json", "/"), "a%20b/%C3%BC%23%3F%25.json");
        assert_eq!(quote("refs/pr/1", ""), "refs%2Fpr%2F1");
    }
}
