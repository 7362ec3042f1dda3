//! Web and mail addresses.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// `https://…`, `www.…`, `name@site.org`, `site.com/page`: up to what is not part of it.
static ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let domain = r"(?:[\w-]+\.)+";
    let known = "com|org|net|edu|gov|mil|info|biz|io|co|uk|us|de|fr|eu|ca|au|tv|me|ai|app|dev";
    let rest = "[^\\s<>\"“”]";
    let pattern = format!(
        r"(?i)(?:[a-z][a-z0-9+.]+://|www\.){rest}+|[\w.+-]+@{domain}[a-z]{{2,24}}|{domain}(?:{known})(?:/{rest}*|\b)"
    );
    Regex::new(&pattern).ok()
});

/// Where the first address stands in a chunk, without the punctuation behind it.
pub fn find(chunk: &str) -> Option<Range<usize>> {
    // Every address has a dot or a colon with something behind it.
    let inside = chunk.trim_end_matches(|c: char| c.is_ascii_punctuation());
    if !inside.bytes().any(|byte| matches!(byte, b'.' | b':')) {
        return None;
    }
    let found = ADDRESS.as_ref()?.find(chunk)?;
    let address = found.as_str();
    let bare = address.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '’', ')', ']', '}', '*']);
    // A bracket that the address opens is its own.
    let closed = address[bare.len()..].starts_with(')') && bare.contains('(');
    let length = bare.len() + usize::from(closed);
    (length > 0).then(|| found.start()..found.start() + length)
}

#[cfg(test)]
mod tests {
    #[test]
    fn addresses_are_found_whole() {
        for (chunk, address) in [
            ("http://example.com/a", "http://example.com/a"),
            ("(https://x.org/b_(c)).", "https://x.org/b_(c)"),
            ("www.xx.com/abc-def?x=1,", "www.xx.com/abc-def?x=1"),
            ("<bob-smith@x-y.co.uk>", "bob-smith@x-y.co.uk"),
            ("example.com", "example.com"),
        ] {
            assert_eq!(super::find(chunk).map(|place| &chunk[place]), Some(address), "{chunk}");
        }
        assert!(["end.", "e.g.", "3.5", "a.b", "10:30", "word.word"].iter().all(|chunk| super::find(chunk).is_none()));
    }
}
