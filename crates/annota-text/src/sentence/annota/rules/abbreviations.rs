//! Initials and abbreviations.

use super::super::boundary::Boundary;
use super::super::words::{Case, case};
use crate::lexicon::abbreviations::{Kind, kind};
use crate::lexicon::signs::is_dash;
use crate::lexicon::times::goes_on_after_time;

pub fn own_abbreviation(boundary: &Boundary<'_>) -> Option<bool> {
    let word = boundary.before.word;
    boundary.abbreviations.iter().any(|own| own.eq_ignore_ascii_case(word)).then_some(false)
}

/// `J. Smith`: one capital goes on, unless the next word begins a sentence and no name stands before.
pub fn initial(boundary: &Boundary<'_>) -> Option<bool> {
    let mut letters = boundary.before.word.chars();
    let (Some(letter), None) = (letters.next(), letters.next()) else { return None };
    if !letter.is_uppercase() {
        // `(b. 1950)`: short for a word in parentheses.
        return boundary.before.chunk.starts_with('(').then_some(false);
    }
    let named = case(boundary.earlier) == Case::Upper || boundary.words == 1;
    let ends = match boundary.next_case() {
        Case::Upper if letter == 'I' => !named || boundary.is_before_starter(),
        Case::Upper => boundary.is_before_starter(),
        Case::Lower => false,
        // `H. R. 1280`
        Case::Digit if boundary.earlier.chars().nth(1).is_none() => false,
        _ => !goes_on_with_sign(boundary),
    };
    Some(ends)
}

pub fn abbreviation(boundary: &Boundary<'_>) -> Option<bool> {
    let kind = kind(boundary.before.word, boundary.lists)?;
    let next = boundary.next_case();
    let ends = match (kind, next) {
        (Kind::Within, _) => false,
        (Kind::Reference, Case::Digit) => false,
        (Kind::Reference, Case::Upper) if is_label(boundary.next_parts.word) => false,
        (Kind::Reference, Case::Lower) if boundary.before.word.len() > 2 => false,
        (Kind::Reference, _) => return None,
        (_, Case::Lower) => false,
        (Kind::Last, _) => true,
        (_, Case::Digit) => false,
        (Kind::Unknown, _) => true,
        (Kind::Date, Case::Upper) if is_half_day(boundary.before.word) => ends_after_time(boundary),
        (_, Case::Upper) => boundary.is_before_starter(),
        _ => !goes_on_with_sign(boundary),
    };
    Some(ends)
}

/// Dashes, amounts and signs of calculation go on behind what may be an abbreviation.
fn goes_on_with_sign(boundary: &Boundary<'_>) -> bool {
    boundary.next.starts_with(|c| is_dash(c) || matches!(c, '$' | '£' | '€' | '&' | '%' | '/' | '(' | '[' | '<' | '>'))
}

/// `A`, `IV`, `B2`: what a reference points to.
fn is_label(word: &str) -> bool {
    let roman = word.bytes().all(|byte| b"IVXLC".contains(&byte));
    !matches!(word, "A" | "I") && (roman || word.len() == 1 || word.bytes().any(|byte| byte.is_ascii_digit()))
}

fn is_half_day(word: &str) -> bool {
    ["a.m", "p.m", "pm"].iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// `At 5 a.m. Mr. Smith` has not said anything yet.
fn ends_after_time(boundary: &Boundary<'_>) -> bool {
    boundary.is_before_starter() || (boundary.words > 4 && !goes_on_after_time(boundary.next_head()))
}
