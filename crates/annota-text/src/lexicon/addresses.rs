//! Web and mail addresses.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// `https://…`, `www.…`, `name@site.org`, `site.com/page`: up to what is not part of it.
static ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let domain = r"(?:[\w-]{1,63}\.){1,8}";
    let known = "com|org|net|edu|gov|mil|info|biz|io|co|uk|us|de|fr|eu|ca|au|tv|me|ai|app|dev";
    let pattern = format!(
        "(?i)(?:[a-z][a-z0-9+.]{{1,20}}://|www\\.)[^\\s<>\"“”]+|[\\w.+-]{{1,64}}@{domain}[a-z]{{2,24}}|{domain}(?:{known})(?:/[^\\s<>\"“”]*|\\b)"
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
