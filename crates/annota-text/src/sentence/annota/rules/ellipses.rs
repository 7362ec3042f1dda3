//! Omissions.

use super::super::boundary::Boundary;
use super::super::words::{Case, Ender};

/// `. . .` before `I` goes on, as that is written with a capital anyway.
pub fn spaced_ellipsis(boundary: &Boundary<'_>) -> Option<bool> {
    let spaced = boundary.sentence.ends_with(" . . .") && !boundary.sentence.ends_with(" . . . .");
    (spaced && boundary.next_head() == "I").then_some(false)
}

/// Goes on before a small letter and a digit.
pub fn ellipsis(boundary: &Boundary<'_>) -> Option<bool> {
    let is_ellipsis = boundary.before.ender == Ender::Ellipsis || boundary.sentence.ends_with(". .");
    let ends = matches!(boundary.next_case(), Case::Upper | Case::Letter);
    is_ellipsis.then_some(ends || boundary.is_before_address())
}
