//! Sentences are parts of the text in order, whatever the text and the settings; without custom bounds and lengths
//! nothing but white space is lost.
#![no_main]

use annota_text::{Paragraphs, Profile, SentenceDetector, SentenceSettings};
use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
struct Case {
    text: String,
    bound: Option<String>,
    abbreviation: String,
    spark_nlp: bool,
    lists: bool,
    lines: bool,
    length: Option<u8>,
}

fuzz_target!(|case: Case| {
    let settings = SentenceSettings {
        profile: if case.spark_nlp { Profile::SparkNlp } else { Profile::Annota },
        paragraphs: if case.lines { Paragraphs::Line } else { Paragraphs::BlankLine },
        detect_lists: case.lists,
        abbreviations: vec![case.abbreviation],
        custom_bounds: case.bound.clone().into_iter().collect(),
        split_length: case.length.map(|length| usize::from(length) + 1),
        ..SentenceSettings::default()
    };
    let Ok(detector) = SentenceDetector::new(settings) else { return };
    let Ok(sentences) = detector.sentences(&case.text) else { return };
    let mut end = 0;
    let mut kept = String::new();
    for span in sentences {
        assert!(span.start >= end && span.start < span.end);
        kept.push_str(&case.text[span.range()]);
        end = span.end;
    }
    if case.bound.is_none() {
        let squeezed = |text: &str| text.chars().filter(|c| *c > ' ' && !c.is_whitespace()).collect::<String>();
        assert_eq!(squeezed(&kept), squeezed(&case.text));
    }
});
