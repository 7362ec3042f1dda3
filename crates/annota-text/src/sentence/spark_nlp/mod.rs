//! Spark NLP's rules, after Kevin Dias' pragmatic segmenter: the text is rewritten with marks, rule by rule, and
//! split where breaks are left. The order of the rules and their oddities are Spark NLP's (6.0.1).

mod abbreviations;
mod between;
mod breakers;
mod ellipsis;
mod lists;
mod marked;
mod numbers;

use marked::Marked;

/// The rules in the order in which they act.
const RULES: &[fn(&mut Marked)] = &[
    lists::break_before_items,
    numbers::hide_dots,
    abbreviations::protect_dotted,
    abbreviations::hide_dots,
    breakers::break_after_exclamations,
    breakers::hide_inner_dots,
    ellipsis::break_after,
    between::protect,
    breakers::break_after_dots,
];

/// Bytes at which a new sentence begins, in order.
pub fn breaks(document: &str) -> Vec<usize> {
    let mut marked = Marked::new(document);
    for rule in RULES {
        rule(&mut marked);
    }
    marked.breaks()
}
