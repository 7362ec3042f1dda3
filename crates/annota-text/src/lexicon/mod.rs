//! What rules know of words and signs: lists, each in its own file.

pub mod abbreviations;
pub mod addresses;
pub mod affixes;
pub mod emoticons;
pub mod signs;
pub mod speech;
pub mod starters;
pub mod times;
