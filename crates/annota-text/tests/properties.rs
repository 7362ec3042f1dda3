//! What must hold for every text.

use annota_text::{SentenceDetector, Span, Tokenizer};
use proptest::prelude::*;

fn check(text: &str, spans: &[Span]) -> Result<(), TestCaseError> {
    let mut end = 0;
    for span in spans {
        prop_assert!(span.start >= end && span.start < span.end && span.end <= text.len(), "{:?}", spans);
        prop_assert!(text.is_char_boundary(span.start) && text.is_char_boundary(span.end), "{:?}", spans);
        end = span.end;
    }
    Ok(())
}

/// Texts of what the rules look at.
fn marks() -> impl Strategy<Value = String> {
    proptest::string::string_regex("([a-cA-C0-9 .!?;'\"()\\[\\]\n°é😀-]|e\\.g\\.|\\.\\.\\.| 1\\. | Dr\\. ){0,40}")
        .expect("a pattern")
}

proptest! {
    #[test]
    fn spans_are_ordered_and_apart(text in prop_oneof![any::<String>(), marks()]) {
        let sentences = SentenceDetector::default().sentences(&text);
        check(&text, &sentences)?;
        for sentence in &sentences {
            let sentence = &text[sentence.range()];
            prop_assert!(!sentence.starts_with(' ') && !sentence.ends_with(' '));
            check(sentence, &Tokenizer::default().tokens(sentence))?;
        }
    }

    #[test]
    fn sentences_cover_all_but_white_space(text in marks()) {
        let kept: String = SentenceDetector::default().sentences(&text).iter().map(|span| &text[span.range()]).collect();
        let squeeze = |text: &str| text.chars().filter(|&c| c > ' ').collect::<String>();
        prop_assert_eq!(squeeze(&kept), squeeze(&text));
    }
}

#[test]
fn a_megabyte_of_anything_is_done() {
    for unit in [".", "\"", "(", "'", " ", "a", "a.b", "!?", "é", "😀", "no. ", "Mr. A. ", "'a' ", "N°. ", "1."] {
        let text = unit.repeat((1 << 20) / unit.len());
        let sentences = SentenceDetector::default().sentences(&text);
        let tokens: usize = sentences.iter().map(|span| Tokenizer::default().tokens(&text[span.range()]).len()).sum();
        assert!(tokens >= sentences.len(), "{unit}");
    }
}
