use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::marked::Marked;

/// Quotes, brackets and parentheses whose content is words and plain punctuation. A single quote opens behind
/// white space only, and what follows its end belongs to it.
static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let patterns = [
        r"(?-u)(?:^|\s)('[\w\s?!.,|']+'\W)",
        r#"(?-u)("[\w\s?!.,]+")"#,
        r"(?-u)(\[[\w\s?!.,]+\])",
        r"(?-u)(\([\w\s?!.,]+\))",
    ];
    patterns.into_iter().filter_map(|pattern| Regex::new(pattern).ok()).collect()
});

/// Lets no sentence end within quotes and brackets.
pub fn protect(marked: &mut Marked) {
    for pattern in PATTERNS.iter() {
        let groups = pattern.captures_iter(marked.bytes()).filter_map(|captures| captures.get(1));
        let places: Vec<Range<usize>> = groups.map(|group| group.range()).collect();
        marked.protect(&places);
    }
}
