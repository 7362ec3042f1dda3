use std::ops::Range;

use super::marked::{Marked, last};
use crate::span::is_java_space;

/// `... A` is one ellipsis that ends a sentence; in `.... A` the first three dots are. Other ellipses fall apart
/// into their dots.
pub fn break_after(marked: &mut Marked) {
    for follows in [capital_behind_space as fn(&[u8], &[u8]) -> bool, dot_and_capital] {
        let found = ellipses(marked.bytes(), follows);
        marked.hide_within(&found);
        marked.break_after(&found);
    }
}

fn ellipses(bytes: &[u8], follows: fn(&[u8], &[u8]) -> bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(dot) = bytes[from..].iter().position(|&byte| byte == b'.').map(|dot| from + dot) {
        let is_ellipsis = bytes[dot..].starts_with(b"...") && follows(&bytes[..dot], &bytes[dot + 3..]);
        if is_ellipsis {
            found.push(dot..dot + 3);
        }
        from = if is_ellipsis { dot + 3 } else { dot + 1 };
    }
    found
}

fn capital_behind_space(_before: &[u8], after: &[u8]) -> bool {
    matches!(after, [space, letter, ..] if is_java_space(*space) && letter.is_ascii_uppercase())
}

fn dot_and_capital(before: &[u8], after: &[u8]) -> bool {
    last(before).is_some_and(|byte| !is_java_space(byte))
        && matches!(after, [b'.', space, letter, ..] if is_java_space(*space) && letter.is_ascii_uppercase())
}
