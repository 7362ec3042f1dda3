//! The rules for boundaries behind an ender, in the order in which they are asked. The first that answers decides.

use super::boundary::Boundary;
use super::markers::{Marker, is_label_of_numbers};
use super::words::{Case, Ender, case, head, is_note};
use crate::lexicon::abbreviations::{Kind, goes_on_after_time, is_exclaiming_name, is_speech, kind};
use crate::lexicon::signs::{is_closer, is_dash, is_ender};

/// Whether a sentence ends here; `None` leaves it to the next rule.
type Rule = fn(&Boundary<'_>) -> Option<bool>;

pub const RULES: &[Rule] = &[
    no_ender,
    nothing_said,
    stray_marks,
    emoticon,
    spaced_ellipsis,
    ellipsis,
    closed,
    aside,
    spoken,
    exclamation,
    own_abbreviation,
    item_number,
    initial,
    abbreviation,
];

/// Without an ender a sentence ends behind an emoticon only, where the next begins with a capital.
fn no_ender(boundary: &Boundary<'_>) -> Option<bool> {
    let goes_on = boundary.before.ender == Ender::None && !boundary.before.is_face;
    goes_on.then_some(false)
}

/// A sentence has a word, or at least a face.
fn nothing_said(boundary: &Boundary<'_>) -> Option<bool> {
    (!boundary.has_word).then_some(false)
}

/// Enders, closing marks and notes that stand apart belong to what is before them.
fn stray_marks(boundary: &Boundary<'_>) -> Option<bool> {
    let opens = boundary.next == "\"" && !boundary.is_quoting || boundary.next.starts_with(['*', '_']);
    let stray = !opens && boundary.next.chars().all(|c| is_ender(c) || is_closer(c)) || is_note(boundary.next);
    (stray && !four_dots(boundary)).then_some(false)
}

fn emoticon(boundary: &Boundary<'_>) -> Option<bool> {
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

/// `. . .` before `I` goes on, as that is written with a capital anyway.
fn spaced_ellipsis(boundary: &Boundary<'_>) -> Option<bool> {
    let spaced = boundary.sentence.ends_with(" . . .") && !boundary.sentence.ends_with(" . . . .");
    (spaced && boundary.next_head() == "I").then_some(false)
}

/// Goes on before a small letter and a digit.
fn ellipsis(boundary: &Boundary<'_>) -> Option<bool> {
    let is_ellipsis = boundary.before.ender == Ender::Ellipsis || boundary.sentence.ends_with(". .");
    let ends = matches!(boundary.next_case(), Case::Upper | Case::Letter);
    is_ellipsis.then_some(ends || boundary.is_before_address())
}

/// `"Really?" she said`: what closes before a small letter is part of the sentence, unless all of it stood in
/// parentheses.
fn closed(boundary: &Boundary<'_>) -> Option<bool> {
    let whole = boundary.sentence.starts_with('(') && boundary.before.chunk.ends_with(')');
    (boundary.before.closed && boundary.next_case() == Case::Lower).then_some(whole)
}

/// `what was it? – a ship`: goes on behind a dash with a small letter.
fn aside(boundary: &Boundary<'_>) -> Option<bool> {
    let mut chunks = boundary.rest.split_whitespace();
    let dash = chunks.next().is_some_and(|next| next.chars().all(is_dash));
    let small = chunks.next().is_some_and(|next| case(next) == Case::Lower);
    (boundary.before.ender == Ender::Exclamation && dash && small).then_some(false)
}

/// `Really? she said`, `"Really?" Mary asked`.
fn spoken(boundary: &Boundary<'_>) -> Option<bool> {
    if boundary.before.ender != Ender::Exclamation {
        return None;
    }
    let mut words = boundary.rest.split_whitespace().map(head);
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let spoken = match case(first) {
        Case::Lower => is_speech(first) || is_speech(second),
        Case::Upper => boundary.before.closed && is_speech(second),
        _ => false,
    };
    spoken.then_some(false)
}

/// Ends a sentence, but for names such as `Yahoo!` that go on.
fn exclamation(boundary: &Boundary<'_>) -> Option<bool> {
    let goes_on = match boundary.next_case() {
        Case::Lower => is_exclaiming_name(boundary.before.word),
        Case::Upper => boundary.before.word == "Yahoo" && !boundary.is_before_starter(),
        _ => false,
    };
    (boundary.before.ender == Ender::Exclamation).then_some(!goes_on)
}

fn own_abbreviation(boundary: &Boundary<'_>) -> Option<bool> {
    let word = boundary.before.word;
    boundary.abbreviations.iter().any(|own| own.eq_ignore_ascii_case(word)).then_some(false)
}

/// `1.`, `a.`, `2.1.` and `Figure 1.` at a sentence's begin number it.
fn item_number(boundary: &Boundary<'_>) -> Option<bool> {
    let is_number = boundary.before.word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let numbers = match boundary.is_first_word() {
        true => is_number || Marker::of(boundary.before.chunk).is_some(),
        false => is_number && boundary.chunks(3) == 2 && is_label_of_numbers(boundary.earlier),
    };
    numbers.then_some(false)
}

/// `J. Smith`: one capital goes on, unless the next word begins a sentence and no name stands before.
fn initial(boundary: &Boundary<'_>) -> Option<bool> {
    let mut letters = boundary.before.word.chars();
    let (Some(letter), None) = (letters.next(), letters.next()) else { return None };
    if !letter.is_uppercase() {
        // `(b. 1950)`: short for a word in parentheses.
        return boundary.before.chunk.starts_with('(').then_some(false);
    }
    let named = case(boundary.earlier) == Case::Upper || boundary.is_first_word();
    let ends = match boundary.next_case() {
        Case::Upper if letter == 'I' => !named || boundary.is_before_starter(),
        Case::Upper => boundary.is_before_starter(),
        Case::Lower => false,
        _ => !goes_on_with_sign(boundary),
    };
    Some(ends)
}

fn abbreviation(boundary: &Boundary<'_>) -> Option<bool> {
    let kind = kind(boundary.before.word)?;
    let next = boundary.next_case();
    let ends = match (kind, next) {
        (Kind::Within, _) => false,
        (Kind::Reference, Case::Digit) => false,
        (Kind::Reference, Case::Upper) if is_label(boundary.next_parts.word) => false,
        (Kind::Reference, Case::Lower) if boundary.before.word.len() > 2 => false,
        (Kind::Reference, _) => return None,
        (_, Case::Lower) => false,
        (Kind::Last | Kind::Unknown, _) => true,
        (_, Case::Digit) => false,
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
    boundary.chunks(5) > 4 && !goes_on_after_time(boundary.next_head())
}
