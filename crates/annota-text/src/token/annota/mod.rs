//! Annota's own rules: words without the punctuation at their ends, cut where Universal Dependencies' English
//! treebanks cut; abbreviations, numbers, addresses and faces stay whole. Contractions are one token.

mod chunk;
mod inner;
mod peel;

use super::exceptions::Exceptions;
use super::splits::Splits;
use crate::chunks::Chunks;
use crate::{Span, StepLimit};

use chunk::Cutter;

/// The tokens of a sentence, in order.
pub fn tokens(sentence: &str, exceptions: Option<&Exceptions>, splits: &Splits) -> Result<Vec<Span>, StepLimit> {
    let mut cutter = Cutter::new(sentence);
    let mut start = 0;
    for place in exceptions.map(|exceptions| exceptions.places(sentence)).transpose()?.unwrap_or_default() {
        if stands_alone(sentence, place.start, place.end) {
            cut_between(&mut cutter, Span::new(start, place.start));
            cutter.push_exception(Span::new(place.start, place.end));
            start = place.end;
        }
    }
    cut_between(&mut cutter, Span::new(start, sentence.len()));
    let (tokens, exceptions) = cutter.finish();
    if splits.is_empty() {
        return Ok(tokens);
    }
    let mut parts = Vec::with_capacity(tokens.len());
    for token in tokens {
        if exceptions.binary_search(&token).is_ok() {
            parts.push(token);
        } else {
            splits.cut(sentence, token, &mut parts)?;
        }
    }
    Ok(parts)
}

/// Whether no letter or digit touches a place that begins and ends in some.
fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let joined = |left: Option<char>, right: Option<char>| {
        left.is_some_and(char::is_alphanumeric) && right.is_some_and(char::is_alphanumeric)
    };
    let inside = text[start..end].chars();
    !joined(text[..start].chars().next_back(), inside.clone().next())
        && !joined(inside.clone().next_back(), text[end..].chars().next())
}

/// Cuts what stands between exceptions.
fn cut_between(cutter: &mut Cutter<'_>, part: Span) {
    let text = cutter.text();
    let mut chunks = Chunks::new(&text[part.range()]).peekable();
    while let Some(chunk) = chunks.next() {
        let span = Span::new(part.start + chunk.span.start, part.start + chunk.span.end);
        let is_last = chunks.peek().is_none() && part.end == text.len();
        if chunk.made_of.letters() {
            cutter.push(span);
        } else {
            cutter.cut(span, is_last);
        }
    }
}
