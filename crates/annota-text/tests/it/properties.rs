//! What must hold for every text.

use annota_text::{
    Normalizer, NormalizerSettings, OffsetCursor, OffsetUnit, Profile, RegexTokenizer, RegexTokenizerSettings,
    SentenceDetector, SentenceSettings, Span, Tokenizer, TokenizerSettings,
};
use proptest::prelude::*;

const PROFILES: [Profile; 2] = [Profile::Annota, Profile::SparkNlp];

fn detector(profile: Profile) -> SentenceDetector {
    SentenceDetector::new(SentenceSettings { profile, ..SentenceSettings::default() }).expect("a detector")
}

fn tokenizer(profile: Profile) -> Tokenizer {
    Tokenizer::new(&TokenizerSettings { profile, ..TokenizerSettings::default() }).expect("a tokenizer")
}

/// In bounds, on characters, in order, apart, and not empty.
fn check(text: &str, spans: &[Span]) -> Result<(), TestCaseError> {
    let mut end = 0;
    for span in spans {
        prop_assert!(span.start >= end && span.start < span.end && span.end <= text.len(), "{:?}", spans);
        prop_assert!(text.is_char_boundary(span.start) && text.is_char_boundary(span.end), "{:?}", spans);
        end = span.end;
    }
    Ok(())
}

/// Places in a unit lead back to the same part of the text.
fn check_offsets(text: &str, spans: &[Span]) -> Result<(), TestCaseError> {
    for unit in [OffsetUnit::Utf16, OffsetUnit::Codepoint, OffsetUnit::Byte] {
        let (mut forth, mut back) = (OffsetCursor::new(text, unit), OffsetCursor::new(text, unit));
        for span in spans {
            let (begin, end) = (forth.offset_of(span.start), forth.offset_of(span.end));
            let found = &text[back.byte_of(begin)..back.byte_of(end)];
            prop_assert_eq!(found, &text[span.range()]);
        }
    }
    Ok(())
}

/// Texts of what the rules look at.
fn marks() -> impl Strategy<Value = String> {
    let parts = [
        "[a-cA-C0-9 .!?;'\"()\\[\\]\n°é😀-]",
        "e\\.g\\.|\\.\\.\\.| \\. | 1\\. | Dr\\. |\r\n|\n\n| a\\. | 2\\) |•",
        "U\\.S\\. |p\\.m\\.|etc\\.|No\\. |I\\. |“|”|’|«|…|—|:\\)|#|\\$|%|/|@|www\\.|http://",
        "。|！|你好|かな|।|नमस्ते|؟|\u{a0}|\u{3000}|\u{2029}|\u{301}|\u{200d}|👨\u{200d}👩\u{200d}👧",
    ];
    proptest::string::string_regex(&format!("({}){{0,40}}", parts.join("|"))).expect("a pattern")
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), marks()]
}

/// A text without any white space.
fn squeezed(text: &str) -> String {
    text.chars().filter(|c| *c > ' ' && !c.is_whitespace()).collect()
}

proptest! {
    #[test]
    fn sentences_and_tokens_are_parts_of_the_text(text in texts()) {
        for profile in PROFILES {
            let sentences = detector(profile).sentences(&text).expect("no patterns");
            check(&text, &sentences)?;
            check_offsets(&text, &sentences)?;
            for sentence in &sentences {
                let sentence = &text[sentence.range()];
                prop_assert!(!sentence.starts_with(' ') && !sentence.ends_with(' '));
                let tokens = tokenizer(profile).tokens(sentence).expect("no patterns");
                check(sentence, &tokens)?;
                check_offsets(sentence, &tokens)?;
            }
        }
    }

    #[test]
    fn nothing_but_white_space_is_lost(text in texts()) {
        for profile in PROFILES {
            let sentences = detector(profile).sentences(&text).expect("no patterns");
            let kept: String = sentences.iter().map(|span| &text[span.range()]).collect();
            prop_assert_eq!(squeezed(&kept), squeezed(&text));
            let tokens = tokenizer(profile).tokens(&text).expect("no patterns");
            let kept: String = tokens.iter().map(|span| &text[span.range()]).collect();
            prop_assert_eq!(squeezed(&kept), squeezed(&text));
        }
    }

    #[test]
    fn settings_keep_parts_parts_of_the_text(
        text in texts(),
        bound in prop_oneof!["[a-c.;\\n ]", "\\(\\?=A\\)", "\\\\s\\+"],
        strategy in prop_oneof!["none", "prepend", "append"],
        only: bool, profile in prop::sample::select(&PROFILES[..]), length in prop::option::of(1..20_usize),
    ) {
        let settings = SentenceSettings {
            profile,
            custom_bounds: vec![bound.clone()],
            custom_bounds_strategy: strategy.parse().expect("a strategy"),
            use_custom_bounds_only: only,
            split_length: length,
            ..SentenceSettings::default()
        };
        check(&text, &SentenceDetector::new(settings).expect("a detector").sentences(&text).expect("few steps"))?;
        let settings = TokenizerSettings {
            profile,
            exceptions: vec![bound.clone(), "a b".to_owned()],
            split_pattern: Some(bound),
            split_chars: vec![".".to_owned()],
            ..TokenizerSettings::default()
        };
        check(&text, &Tokenizer::new(&settings).expect("a tokenizer").tokens(&text).expect("few steps"))?;
    }

    /// Whatever a pattern is, it is refused or used, and neither panics.
    #[test]
    fn patterns_are_refused_or_used(pattern in "[a-c.*+?|(){}\\[\\]^$\\\\pPLwsdDbZQE,0-9&-]{0,12}", text in marks()) {
        let settings = TokenizerSettings {
            exceptions: vec![pattern.clone()],
            infix_patterns: vec![format!("({pattern})")],
            split_pattern: Some(pattern.clone()),
            target_pattern: Some(pattern),
            ..TokenizerSettings::default()
        };
        if let Ok(Ok(tokens)) = Tokenizer::new(&settings).map(|tokenizer| tokenizer.tokens(&text)) {
            check(&text, &tokens)?;
        }
    }

    #[test]
    fn words_are_normalized_without_panic(text in texts()) {
        let normalized = Normalizer::new(NormalizerSettings::default()).expect("a normalizer").normalize(&text).expect("few steps");
        prop_assert!(normalized.concat().chars().all(|c| c.is_alphabetic() || c == '+'));
        let tokens = RegexTokenizer::new(RegexTokenizerSettings::default()).expect("a tokenizer").tokens(&text).expect("few steps");
        check(&text, &tokens.iter().map(|(span, _)| *span).collect::<Vec<_>>())?;
    }
}

#[test]
fn a_megabyte_of_anything_is_done() {
    let units = [
        ".", "\"", "(", "'", " ", "a", "a.b", "!?", "é", "😀", "no. ", "Mr. A. ", "'a' ", "N°. ", "1.", " .", "\" . ",
        "A.a", "-a", "a/", "a@", "/.", "\n", "你", "。", "'s", "1a", ":)", "a. ", "* ", "2) ", "+", "x+", "(\"",
        "\u{301}",
    ];
    for unit in units {
        let text = unit.repeat((1 << 20) / unit.len());
        for profile in PROFILES {
            let tokenizer = tokenizer(profile);
            let sentences = detector(profile).sentences(&text).expect("no patterns");
            let tokens = |span: &Span| tokenizer.tokens(&text[span.range()]).expect("no patterns").len();
            let tokens: usize = sentences.iter().map(tokens).sum();
            assert!(tokens >= sentences.len(), "{unit}");
            tokenizer.tokens(&text).expect("no patterns");
        }
    }
}

#[test]
fn places_in_ten_megabytes_are_right() {
    let unit = "É😀 a\r\nb\u{301}. ";
    let text = unit.repeat((10 << 20) / unit.len());
    let sentences = detector(Profile::Annota).sentences(&text).expect("no patterns");
    let last = *sentences.last().expect("a sentence");
    assert_eq!(&text[last.range()], "É😀 a\r\nb\u{301}.");
    let before = &text[..last.start];
    let counts = [
        (OffsetUnit::Utf16, before.encode_utf16().count()),
        (OffsetUnit::Codepoint, before.chars().count()),
        (OffsetUnit::Byte, last.start),
    ];
    for (unit, expected) in counts {
        let mut cursor = OffsetCursor::new(&text, unit);
        let places: Vec<usize> = sentences.iter().map(|span| cursor.offset_of(span.start)).collect();
        assert_eq!(places.last(), Some(&expected), "{unit:?}");
    }
}

#[test]
fn a_pattern_that_explodes_is_given_up() {
    let settings =
        TokenizerSettings { exceptions: vec!["(?=a)(a+)+(?!a)b".to_owned()], ..TokenizerSettings::default() };
    let error = Tokenizer::new(&settings).expect("a tokenizer").tokens(&"a".repeat(64)).expect_err("too many steps");
    assert!(error.to_string().contains("(?=a)(a+)+(?!a)b"), "{error}");
}

#[test]
fn wrong_patterns_name_the_place() {
    for (pattern, expected) in [
        ("a(b", "`(` is not closed at character 2"),
        ("a)b", "unmatched `)` at character 2"),
        ("[a", "`[` is not closed at character 1"),
        (r"a\", "`\\` with nothing behind it at character 2"),
        (r"ab\y", "`\\y` is no escape at character 3"),
        (r"a\p{Nonsense}", "property `Nonsense` is not known at character 2"),
        ("*a", "nothing to repeat at character 1"),
    ] {
        let settings = TokenizerSettings { exceptions: vec![pattern.to_owned()], ..TokenizerSettings::default() };
        let error = Tokenizer::new(&settings).expect_err("a fault").to_string();
        assert!(error.contains(expected) && error.contains("exceptions"), "{error}");
    }
}
