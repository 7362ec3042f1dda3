//! Numbers of items, sections and figures.

use super::super::boundary::Boundary;
use super::super::markers::{Marker, is_label_of_numbers};

/// `1.`, `a.`, `2.1.` and `Figure 1.` at a sentence's begin number it.
pub fn item_number(boundary: &Boundary<'_>) -> Option<bool> {
    let is_number = boundary.before.word.starts_with(|c: char| c.is_ascii_digit())
        && boundary.before.word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let numbers = match boundary.words {
        1 => is_number || Marker::of(boundary.before.chunk).is_some(),
        2 => is_number && is_label_of_numbers(boundary.earlier),
        _ => false,
    };
    numbers.then_some(false)
}
