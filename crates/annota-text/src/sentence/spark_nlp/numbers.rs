use super::marked::{Marked, first, last};
use crate::span::is_java_space;

/// Dots of numbers: before a digit, after one and before what is not white space, and after a number of one or
/// two digits at the text's start that a word or `)` follows.
pub fn hide_dots(marked: &mut Marked) {
    marked.hide_dots(|before, after| {
        let next = first(after);
        let after_digit = last(before).is_some_and(|byte| byte.is_ascii_digit());
        next.is_some_and(|byte| byte.is_ascii_digit())
            || (after_digit && next.is_some_and(|byte| !is_java_space(byte)))
            || (is_small_number(before) && starts_item(after))
    });
}

fn is_small_number(before: &[u8]) -> bool {
    matches!(before.len(), 1 | 2) && before.iter().all(u8::is_ascii_digit)
}

fn starts_item(after: &[u8]) -> bool {
    match after {
        [b')', ..] => true,
        [space, next, ..] => is_java_space(*space) && !is_java_space(*next),
        _ => false,
    }
}
