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

use super::SentenceSettings;
use super::bounds::Cut;

/// The rules that act behind lists, numbers and abbreviations, in order.
const RULES: &[fn(&mut Marked)] = &[
    breakers::break_after_exclamations,
    breakers::hide_inner_dots,
    ellipsis::break_after,
    between::protect,
    breakers::break_after_dots,
];

/// Where sentences end, given where custom bounds cut.
pub fn cuts(document: &str, settings: &SentenceSettings, custom: &[Cut]) -> Vec<Cut> {
    let mut marked = Marked::new(document, custom);
    if settings.detect_lists {
        lists::break_before_items(&mut marked);
    }
    // With custom bounds Spark NLP changes the order of these two.
    if settings.custom_bounds.is_empty() {
        numbers::hide_dots(&mut marked);
        abbreviations::hide_dots(&mut marked, settings);
    } else {
        abbreviations::hide_dots(&mut marked, settings);
        numbers::hide_dots(&mut marked);
    }
    for rule in RULES {
        rule(&mut marked);
    }
    marked.cuts()
}
