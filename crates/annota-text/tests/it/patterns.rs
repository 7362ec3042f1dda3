//! Patterns in Java's dialect: what they match, and what is wrong with those that are refused.

use annota_text::{Pattern, SettingError};

fn matches(pattern: &str, text: &str) -> Vec<(usize, usize)> {
    let pattern = Pattern::java("pattern", pattern).unwrap();
    let mut places = Vec::new();
    pattern.each_match(text, |place| places.push((place.start, place.end))).unwrap();
    places
}

#[test]
fn matches_of_no_length_follow_others_as_in_java() {
    for pattern in ["x*", "x*+", "(?>x*)"] {
        assert_eq!(matches(pattern, "axb"), [(0, 0), (1, 2), (2, 2), (3, 3)], "{pattern}");
    }
    assert_eq!(matches("(?=é)", "aéé"), [(1, 1), (3, 3)]);
}

#[test]
fn what_stands_before_the_search_is_seen() {
    assert_eq!(matches("(?<=a)a", "aaa"), [(1, 2), (2, 3)]);
    assert_eq!(matches(r"\bb++", "ab bb"), [(3, 5)]);
    assert_eq!(matches("b$", "b\nb\n"), [(2, 3)]);
    assert_eq!(matches(r"\Ga", "aaba"), [(0, 1), (1, 2)]);
    assert_eq!(matches(r"(a)b\1", "abaaba"), [(0, 3), (3, 6)]);
}

#[test]
fn every_fault_has_a_place() {
    let cases = [
        ("x{3,2}", "a repeat from more to less at character 2"),
        ("x{,3}", "`{` that begins no repeat, as `{2,3}` is one at character 2"),
        ("x{2", "`{` that begins no repeat, as `{2,3}` is one at character 2"),
        ("{2}", "nothing to repeat at character 1"),
        ("a[z-a]", "a range from more to less at character 5"),
        (r"\p{IsL", "`{` is not closed at character 1"),
        ("a(b", "`(` is not closed at character 2"),
        ("a[b", "`[` is not closed at character 2"),
        ("ab)", "unmatched `)` at character 3"),
    ];
    for (pattern, reason) in cases {
        let expected = SettingError::new("pattern", pattern, format!("a regular expression ({reason})"));
        assert_eq!(Pattern::java("pattern", pattern).unwrap_err(), expected);
    }
}
