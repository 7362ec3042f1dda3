//! Words with which sentences begin.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

/// Words that begin sentences and hardly ever go on after an abbreviation with a capital.
const STARTERS: &str = "A About According Actually After All Also Although An And Another Any Anyway Are As At Because \
    Before Both But By Can Could Despite Did Do Does During Each Either Even Every Everyone Few Finally For From \
    Furthermore Had Has Have He Hence Her Here His How However I I'd I'll I'm I've If In Indeed Instead Is It It's Its Just \
    Last Later Let Let's Like Many Maybe Meanwhile More Moreover Most Much My Neither Never Nevertheless Next No \
    Nobody Nor Not Nothing Now Of Often On Once One Only Or Other Others Otherwise Our Over Perhaps Please Several \
    She Should Similarly Since So Some Someone Sometimes Soon Still Such Surely Thank Thanks That That's The Their \
    Then There There's Therefore These They They're This Those Though Through Throughout Thus To Today Together \
    Tomorrow Too Two Under Unfortunately Unless Unlike Until Up Upon Very Was We We're Were What What's When Where \
    Whether Which While Who Whose Why Will With Within Without Would Yes Yet You You're Your";

static STARTER: LazyLock<FxHashSet<&'static str>> = LazyLock::new(|| STARTERS.split_whitespace().collect());

/// Whether a word as it is written begins a sentence rather than goes on.
pub fn is_starter(word: &str) -> bool {
    STARTER.contains(word)
}

/// Begins sentences in small letters too, where people write without capitals; no end of a site's or a file's name.
const SMALL_STARTERS: &str = "I i im ive we he she they the this that these those but and then there when where why who \
    which because however although also our their his her if its";

pub fn is_small_starter(word: &str) -> bool {
    SMALL_STARTERS.split_whitespace().any(|known| known == word)
}
