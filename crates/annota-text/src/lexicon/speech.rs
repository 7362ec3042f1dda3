//! Words of speaking, and names that exclaim.

/// Tells who spoke what stands before.
const SPEECH: &str = "said says say asked asks ask started howled replied replies cried shouted whispered exclaimed answered muttered \
    demanded inquired enquired called laughed continued thought wondered added began repeated returned observed \
    remarked murmured screamed yelled snapped sighed gasped growled roared bellowed hissed breathed sobbed";

pub fn is_speech(word: &str) -> bool {
    SPEECH.split_whitespace().any(|known| known == word)
}

/// Names that are written with an exclamation or question mark.
const EXCLAIMING_NAMES: &[&str] = &[
    "Yahoo", "Jeopardy", "Joomla", "Wham", "Panic", "Oliver", "Oklahoma", "Mamma", "Airplane", "Yum", "Chips", "Guess",
];

pub fn is_exclaiming_name(word: &str) -> bool {
    EXCLAIMING_NAMES.contains(&word)
}
