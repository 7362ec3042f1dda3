//! Exclamations and questions, and who speaks them.

use super::super::boundary::Boundary;
use super::super::words::{Case, Ender, case, head};
use crate::lexicon::signs::is_dash;
use crate::lexicon::speech::{is_exclaiming_name, is_speech};

/// `"Really?" she said`: what closes before a small letter is part of the sentence, unless all of it stood in
/// parentheses.
pub fn closed(boundary: &Boundary<'_>) -> Option<bool> {
    let whole = boundary.sentence.starts_with('(') && boundary.before.chunk.ends_with(')');
    (boundary.before.closed && boundary.next_case() == Case::Lower).then_some(whole)
}

/// `what was it? – a ship`: goes on behind a dash with a small letter.
pub fn aside(boundary: &Boundary<'_>) -> Option<bool> {
    let mut chunks = boundary.rest.split_whitespace();
    let dash = chunks.next().is_some_and(|next| next.chars().all(is_dash));
    let small = chunks.next().is_some_and(|next| case(next) == Case::Lower);
    (boundary.before.ender == Ender::Exclamation && dash && small).then_some(false)
}

/// `Really? she said`, `"Really?" Mary asked`.
pub fn spoken(boundary: &Boundary<'_>) -> Option<bool> {
    if boundary.before.ender != Ender::Exclamation {
        return None;
    }
    let mut words = boundary.rest.split_whitespace().map(head);
    let mut next = || words.next().unwrap_or_default();
    let (first, second, third) = (next(), next(), next());
    let spoken = match case(first) {
        Case::Lower => is_speech(first) || is_speech(second),
        // A title or a name may stand before the name.
        Case::Upper => {
            boundary.before.closed && (is_speech(second) || (case(second) == Case::Upper && is_speech(third)))
        }
        _ => false,
    };
    spoken.then_some(false)
}

/// Ends a sentence, but for names such as `Yahoo!` that go on.
pub fn exclamation(boundary: &Boundary<'_>) -> Option<bool> {
    let goes_on = match boundary.next_case() {
        Case::Lower => is_exclaiming_name(boundary.before.word),
        Case::Upper => boundary.before.word == "Yahoo" && !boundary.is_before_starter(),
        _ => false,
    };
    (boundary.before.ender == Ender::Exclamation).then_some(!goes_on)
}
