//! Marks and faces that stand apart, and sentences that say nothing.

use super::super::boundary::Boundary;
use super::super::words::{Case, Ender, case, is_note};
use crate::lexicon::signs::{is_closer, is_ender};

/// Without an ender a sentence ends behind an emoticon only, where the next begins with a capital.
pub fn no_ender(boundary: &Boundary<'_>) -> Option<bool> {
    let goes_on = boundary.before.ender == Ender::None && !boundary.before.is_face;
    goes_on.then_some(false)
}

/// A sentence has a word, or at least a face.
pub fn nothing_said(boundary: &Boundary<'_>) -> Option<bool> {
    (boundary.words == 0).then_some(false)
}

/// Enders, closing marks and notes that stand apart belong to what is before them.
pub fn stray_marks(boundary: &Boundary<'_>) -> Option<bool> {
    let opens = boundary.next == "\"" && !boundary.is_quoting || boundary.next.starts_with(['*', '_']);
    let stray = !opens && boundary.next.chars().all(|c| is_ender(c) || is_closer(c)) || is_note(boundary.next);
    (stray && !four_dots(boundary)).then_some(false)
}

pub fn emoticon(boundary: &Boundary<'_>) -> Option<bool> {
    if boundary.next_parts.is_face {
        return Some(false);
    }
    (boundary.before.ender == Ender::None).then(|| boundary.next_case() == Case::Upper)
}

/// `end. . . . Next`: the full stop and an omission before the next sentence.
fn four_dots(boundary: &Boundary<'_>) -> bool {
    let mut chunks = boundary.rest.split_whitespace();
    let omission = (0..3).all(|_| chunks.next() == Some("."));
    let full_stop = boundary.before.ender == Ender::Dot && boundary.before.chunk != ".";
    omission && full_stop && chunks.next().is_some_and(|next| case(next) == Case::Upper)
}
