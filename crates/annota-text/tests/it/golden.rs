//! The published cases of Spark NLP's own suites. They lie outside this repository (`ANNOTA_SHARED`, or
//! `../shared` beside it); where they are absent, each test says so and counts as skipped.

use std::path::PathBuf;

use annota_text::{
    BoundStrategy, CleanupMode, OffsetUnit, Profile, RegexTokenizer, RegexTokenizerSettings, SentenceDetector,
    SentenceSettings, Span, Tokenizer, TokenizerSettings,
};
use serde_json::Value;

type Found = Vec<(String, i64, i64)>;

fn cases(file: &str) -> Option<Vec<Value>> {
    let default = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared"));
    let shared = std::env::var_os("ANNOTA_SHARED").map_or(default, PathBuf::from);
    let Ok(text) = std::fs::read_to_string(shared.join("data/golden").join(file)) else {
        eprintln!("skipped: {file} is absent");
        return None;
    };
    Some(text.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect())
}

fn place(text: &str, span: Span, result: &str) -> (String, i64, i64) {
    let offset = |byte: usize| OffsetUnit::Utf16.count(&text[..byte]) as i64;
    (result.to_owned(), offset(span.start), offset(span.end) - 1)
}

fn found(text: &str, spans: &[Span]) -> Found {
    spans.iter().map(|span| place(text, *span, &text[span.range()])).collect()
}

fn expected(annotations: &Value) -> Found {
    let number = |annotation: &Value, key: &str| annotation[key].as_i64().expect("a number");
    let annotations = annotations.as_array().expect("a list").iter();
    let annotations = annotations.map(|annotation| {
        let result = annotation["result"].as_str().expect("a string").to_owned();
        (result, number(annotation, "begin"), number(annotation, "end"))
    });
    annotations.collect()
}

/// Cases that Annota answers otherwise on purpose, and why.
const BETTER: &[(&str, &str)] = &[
    ("derived/private_use", "Spark NLP's marks stand in the text"),
    ("derived/box_char", "Spark NLP's marks stand in the text"),
    ("derived/break_char", "Spark NLP's marks stand in the text"),
    ("derived/split_first_word_longer", "Spark NLP's offsets are shifted by an empty part"),
    ("derived/split_dot_unescaped", "a split character is no pattern"),
];

fn is_better(case: &Value) -> bool {
    BETTER.iter().any(|(name, _)| case["name"] == *name)
}

fn texts(params: &Value, key: &str) -> Vec<String> {
    let texts = params[key].as_array().into_iter().flatten();
    texts.map(|text| text.as_str().expect("a string").to_owned()).collect()
}

fn count(params: &Value, key: &str) -> Option<usize> {
    params[key].as_u64().map(|count| count as usize)
}

fn text(params: &Value, key: &str) -> Option<String> {
    params[key].as_str().map(str::to_owned)
}

fn flag(params: &Value, key: &str, default: bool) -> bool {
    params[key].as_bool().unwrap_or(default)
}

fn detector(params: &Value) -> Option<SentenceDetector> {
    let strategy: BoundStrategy = params["customBoundsStrategy"].as_str().unwrap_or("none").parse().ok()?;
    let settings = SentenceSettings {
        profile: Profile::SparkNlp,
        use_abbreviations: flag(params, "useAbbreviations", true),
        detect_lists: flag(params, "detectLists", true),
        custom_bounds: texts(params, "customBounds"),
        custom_bounds_strategy: strategy,
        use_custom_bounds_only: flag(params, "useCustomBoundsOnly", false),
        split_length: count(params, "splitLength"),
        min_length: count(params, "minLength").unwrap_or(0),
        max_length: count(params, "maxLength"),
        ..SentenceSettings::default()
    };
    Some(SentenceDetector::new(settings).expect("a detector"))
}

/// What is wrong with a case, as lines for people: an answer that is not Spark NLP's, or one that is where it
/// should be better.
fn compare(case: &Value, found: &Found, expected: &Found) -> Option<String> {
    let message = || format!("{}: {}\n  found    {found:?}\n  expected {expected:?}", case["name"], case["input"]);
    ((found != expected) != is_better(case)).then(message)
}

#[test]
fn sentences() {
    let mut wrong = Vec::new();
    for (file, key) in
        [("sentence_detector.jsonl", "spark_nlp_actual"), ("sentence_detector_derived.jsonl", "expected_annotations")]
    {
        let Some(cases) = cases(file) else { return };
        for case in cases.iter().filter(|case| case[key].is_array()) {
            let text = case["input"].as_str().expect("a text");
            let Some(detector) = detector(&case["params"]) else { continue };
            let found = found(text, &detector.sentences(text).expect("few steps"));
            wrong.extend(compare(case, &found, &expected(&case[key])));
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

fn tokenizer(params: &Value) -> Tokenizer {
    let settings = TokenizerSettings {
        profile: Profile::SparkNlp,
        target_pattern: text(params, "targetPattern"),
        context_chars: params["contextChars"].is_array().then(|| texts(params, "contextChars")),
        prefix_pattern: text(params, "prefixPattern"),
        suffix_pattern: text(params, "suffixPattern"),
        infix_patterns: texts(params, "infixPatterns"),
        exceptions: texts(params, "exceptions"),
        ignore_case_of_exceptions: !flag(params, "caseSensitiveExceptions", true),
        split_pattern: text(params, "splitPattern"),
        split_chars: texts(params, "splitChars"),
        min_length: count(params, "minLength").unwrap_or(0),
        max_length: count(params, "maxLength"),
    };
    Tokenizer::new(&settings).expect("a tokenizer")
}

fn regex_tokens(params: &Value, text: &str) -> Found {
    let settings = RegexTokenizerSettings {
        pattern: params["pattern"].as_str().expect("a pattern").to_owned(),
        to_lowercase: flag(params, "toLowercase", false),
        trim_whitespace: flag(params, "trimWhitespace", false),
        preserve_position: flag(params, "preservePosition", true),
        min_length: count(params, "minLength").unwrap_or(1),
        max_length: count(params, "maxLength"),
    };
    let tokens = RegexTokenizer::new(settings).expect("a tokenizer").tokens(text).expect("few steps");
    tokens.iter().map(|(span, result)| place(text, *span, result)).collect()
}

/// The text that a case's tokenizer sees: the document after cleaning.
fn document(case: &Value) -> String {
    let mode = case["upstream_stages"]["DocumentAssembler"]["cleanupMode"].as_str().unwrap_or("disabled");
    let mode: CleanupMode = mode.parse().expect("a mode");
    mode.clean(case["input"].as_str().expect("a text")).into_owned()
}

/// The tokens of a case, sentence by sentence where its tokenizer stands behind a sentence detector.
fn tokens_of(case: &Value, text: &str) -> Found {
    let sentences = match case["input_level"].as_str() {
        Some("sentence") => {
            let params = &case["upstream_stages"]["SentenceDetector"];
            let detector = detector(params).expect("a strategy");
            detector.sentences(text).expect("few steps")
        }
        _ => vec![Span::new(0, text.len())],
    };
    let tokenizer = (case["annotator"] == "Tokenizer").then(|| tokenizer(&case["params"]));
    let tokens = sentences.into_iter().flat_map(|sentence| {
        let part = &text[sentence.range()];
        let begin = OffsetUnit::Utf16.count(&text[..sentence.start]) as i64;
        let tokens = match &tokenizer {
            Some(tokenizer) => found(part, &tokenizer.tokens(part).expect("few steps")),
            None => regex_tokens(&case["params"], part),
        };
        tokens.into_iter().map(move |(result, first, last)| (result, begin + first, begin + last))
    });
    tokens.collect()
}

#[test]
fn tokens() {
    let mut wrong = Vec::new();
    for file in ["tokenizer.jsonl", "tokenizer_derived.jsonl"] {
        let Some(cases) = cases(file) else { return };
        for case in cases.iter().filter(|case| case["annotator"] != "RecursiveTokenizer") {
            let text = document(case);
            let key = if case["spark_nlp_actual"].is_array() { "spark_nlp_actual" } else { "expected_annotations" };
            wrong.extend(compare(case, &tokens_of(case, &text), &expected(&case[key])));
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn documents() {
    let Some(cases) = cases("document_assembler.jsonl") else { return };
    let mut checked = 0;
    for case in &cases {
        let (Some(text), Some(mode)) = (case["input"].as_str(), case["params"]["cleanupMode"].as_str()) else {
            continue;
        };
        let Some([document]) = case["expected"].as_array().map(Vec::as_slice) else { continue };
        let mode: CleanupMode = mode.parse().expect("a mode");
        assert_eq!(Some(mode.clean(text).as_ref()), document["result"].as_str(), "{} {mode:?}", case["name"]);
        checked += 1;
    }
    assert!(checked > 50);
}

/// Kevin Dias' golden rules for English, in Annota's profile. Three want line ends inside a sentence changed.
#[test]
fn golden_rules() {
    let Some(cases) = cases("pragmatic_segmenter_en.jsonl") else { return };
    let rules = cases.iter().filter(|case| case["name"].as_str().is_some_and(|name| name.starts_with("golden/")));
    let detector = SentenceDetector::default();
    let wrong = rules.filter(|case| {
        let text = case["input"].as_str().expect("a text");
        let sentences = detector.sentences(text).expect("few steps");
        let found: Vec<&str> = sentences.iter().map(|span| &text[span.range()]).collect();
        found != texts(case, "expected")
    });
    let wrong: Vec<&Value> = wrong.map(|case| &case["name"]).collect();
    assert!(wrong.len() <= 3, "{wrong:?}");
}
