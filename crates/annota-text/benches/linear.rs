//! Time per byte while a text doubles, for prose and for texts made to be hard. `cargo bench -p annota-text` prints
//! a table: a line per text, a column per length, nanoseconds per byte for sentences and tokens together.

use std::hint::black_box;
use std::time::Instant;

use annota_text::{Profile, SentenceDetector, SentenceSettings, Tokenizer, TokenizerSettings};

/// What the texts repeat.
const TEXTS: [(&str, &str); 18] = [
    (
        "prose",
        "The U.S. team met Dr. Smith at 5 p.m. on Jan. 3rd. \"Was it late?\" she asked. It cost $3.50, i.e. too much... ",
    ),
    ("letters", "a"),
    ("dots", "."),
    ("double quotes", "\""),
    ("single quotes", "'"),
    ("brackets", "("),
    ("nested brackets", "([{"),
    ("blanks", " "),
    ("line ends", "\n"),
    ("spaced dots", " ."),
    ("question marks", "?!"),
    ("initials", "A. "),
    ("dotted", "a.B."),
    ("hyphens", "-a"),
    ("addresses", "a@b.com/"),
    ("emoji", "😀"),
    ("ideographs", "你好。"),
    ("list items", "1.) a "),
];

const LENGTHS: [usize; 5] = [1 << 20, 1 << 21, 1 << 22, 1 << 23, 1 << 24];

fn main() {
    for profile in [Profile::Annota, Profile::SparkNlp] {
        let detector = SentenceDetector::new(SentenceSettings { profile, ..SentenceSettings::default() });
        let tokenizer = Tokenizer::new(&TokenizerSettings { profile, ..TokenizerSettings::default() });
        let (Ok(detector), Ok(tokenizer)) = (detector, tokenizer) else { return };
        println!(
            "{:<18}{}   ns/byte, profile {}",
            "",
            LENGTHS.map(|n| format!("{:>8} MB", n >> 20)).concat(),
            profile.name()
        );
        for (name, unit) in TEXTS {
            let times = LENGTHS.map(|length| format!("{:>11.2}", nanoseconds(&detector, &tokenizer, unit, length)));
            println!("{name:<18}{}", times.concat());
        }
    }
}

/// Nanoseconds per byte for the sentences of a text and the tokens of each.
fn nanoseconds(detector: &SentenceDetector, tokenizer: &Tokenizer, unit: &str, length: usize) -> f64 {
    let text = unit.repeat(length / unit.len());
    let start = Instant::now();
    for sentence in detector.sentences(&text).unwrap_or_default() {
        black_box(tokenizer.tokens(&text[sentence.range()]).unwrap_or_default());
    }
    start.elapsed().as_nanos() as f64 / text.len() as f64
}
