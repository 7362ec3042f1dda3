use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::marked::Marked;

/// `(a)` anywhere and `a)` at the text's start; `1.`, `1.)` and `-1.` between blanks; some more at the text's
/// start. `s-1.)` with the letter is a slip of Spark NLP's.
static ITEMS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let letters = r"(?-u)\([a-z]+\)|^[a-z]+\)";
    let numbers = concat!(
        r"(?-u)\s\d{1,2}\.\s|^\d{1,2}\.\s|\s\d{1,2}\.\)|^\d{1,2}\.\)|",
        r"\s-\d{1,2}\.\s|^-\d{1,2}\.\s|s-\d{1,2}\.\)|^-\d{1,2}.\)"
    );
    [letters, numbers].into_iter().filter_map(|pattern| Regex::new(pattern).ok()).collect()
});

/// Every list item begins a sentence, and its own dot ends none.
pub fn break_before_items(marked: &mut Marked) {
    for pattern in ITEMS.iter() {
        let items: Vec<Range<usize>> = pattern.find_iter(marked.bytes()).map(|item| item.range()).collect();
        marked.break_before_and_protect(&items);
    }
}
