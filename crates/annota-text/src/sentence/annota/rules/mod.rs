//! The rules for boundaries behind an ender, a file for each family.

mod abbreviations;
mod ellipses;
mod marks;
mod numbers;
mod speech;

use super::boundary::Boundary;

/// Whether a sentence ends here; `None` leaves it to the next rule.
type Rule = fn(&Boundary<'_>) -> Option<bool>;

/// In the order in which they are asked. The first that answers decides; where none does, the sentence ends.
pub const RULES: &[Rule] = &[
    marks::no_ender,
    marks::nothing_said,
    marks::stray_marks,
    marks::emoticon,
    ellipses::spaced_ellipsis,
    ellipses::ellipsis,
    speech::closed,
    speech::aside,
    speech::spoken,
    speech::exclamation,
    abbreviations::own_abbreviation,
    numbers::item_number,
    abbreviations::initial,
    abbreviations::abbreviation,
];
