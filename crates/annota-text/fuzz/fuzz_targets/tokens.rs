//! Tokens are parts of the sentence in order, whatever the sentence and the settings; without patterns nothing but
//! white space is lost.
#![no_main]

use annota_text::{Profile, Tokenizer, TokenizerSettings};
use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
struct Case {
    text: String,
    exception: Option<String>,
    infix: Option<String>,
    split: Option<String>,
    spark_nlp: bool,
}

fuzz_target!(|case: Case| {
    let has_patterns = case.exception.is_some() || case.infix.is_some() || case.split.is_some();
    let settings = TokenizerSettings {
        profile: if case.spark_nlp { Profile::SparkNlp } else { Profile::Annota },
        exceptions: case.exception.into_iter().collect(),
        infix_patterns: case.infix.into_iter().collect(),
        split_pattern: case.split,
        ..TokenizerSettings::default()
    };
    let Ok(tokenizer) = Tokenizer::new(&settings) else { return };
    let Ok(tokens) = tokenizer.tokens(&case.text) else { return };
    let mut end = 0;
    let mut kept = String::new();
    for span in tokens {
        assert!(span.start >= end && span.start < span.end);
        kept.push_str(&case.text[span.range()]);
        end = span.end;
    }
    if !has_patterns {
        let squeezed = |text: &str| text.chars().filter(|c| *c > ' ' && !c.is_whitespace()).collect::<String>();
        assert_eq!(squeezed(&kept), squeezed(&case.text));
    }
});
