//! Words behind times of day.

/// Follows a time of day without ending its sentence.
const AFTER_TIMES: &str = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June \
    July August September October November December EST EDT ET CST CDT CT MST MDT MT PST PDT PT GMT UTC BST CET Eastern \
    Central Mountain Pacific Greenwich Mon Tue Tues Wed Thu Thurs Fri Sat Sun Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct \
    Nov Dec Local";

/// Whether a capitalised word goes on after a time of day (`at 5 p.m. Friday`).
pub fn goes_on_after_time(word: &str) -> bool {
    AFTER_TIMES.split_whitespace().any(|known| known == word)
}
