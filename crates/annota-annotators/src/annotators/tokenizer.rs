use annota_text::{OffsetCursor, OffsetUnit, Tokenizer, TokenizerSettings};
use arrow::array::ArrayRef;

use super::{MAX_LENGTH, MIN_LENGTH, OFFSETS, PROFILE, of_sentence, place};
use crate::{
    Annotator, AnnotatorError, AnnotatorType, Context, Definition, Fallback, Input, Inputs, Output, Parameter, Settings,
};

/// Spark NLP's Tokenizer.
pub static DEFINITION: Definition = Definition {
    name: "tokens",
    family: None,
    aliases: &[],
    summary: "Cuts sentences into tokens. Patterns are in Java's dialect; any of target_pattern, prefix_pattern, \
              suffix_pattern, infix_patterns and context_chars asks for Spark NLP's way of cutting, whatever the profile.",
    example: "tokens(sentences(document(text)))",
    inputs: &[Input::Annotations { name: "sentences", kind: AnnotatorType::DOCUMENT }],
    output: Output::Annotations(AnnotatorType::TOKEN),
    parameters: &[
        PROFILE,
        OFFSETS,
        Parameter { name: "exceptions", about: "patterns of what is not cut", fallback: Fallback::Nothing },
        Parameter {
            name: "exceptions_path",
            about: "a file with a further exception on every line",
            fallback: Fallback::Nothing,
        },
        Parameter {
            name: "case_sensitive_exceptions",
            about: "whether small letters in exceptions mean small letters only",
            fallback: Fallback::Boolean(true),
        },
        Parameter {
            name: "context_chars",
            about: "characters that are taken off a word's ends; . , ; : ! ? * - ( ) \" ' by default",
            fallback: Fallback::Nothing,
        },
        Parameter {
            name: "prefix_pattern",
            about: "what is taken off a word's begin; begins with \\A",
            fallback: Fallback::Nothing,
        },
        Parameter {
            name: "suffix_pattern",
            about: "what is taken off a word's end; ends with \\z",
            fallback: Fallback::Nothing,
        },
        Parameter {
            name: "infix_patterns",
            about: "how words are cut: a token for every group of the first pattern that matches",
            fallback: Fallback::Nothing,
        },
        Parameter {
            name: "target_pattern",
            about: "what no word is broken at, as the inside of a character class; \\S+ by default",
            fallback: Fallback::Nothing,
        },
        Parameter { name: "split_pattern", about: "where tokens are cut further", fallback: Fallback::Nothing },
        Parameter {
            name: "split_chars",
            about: "characters at which tokens are cut further, where split_pattern does not",
            fallback: Fallback::Nothing,
        },
        MIN_LENGTH,
        MAX_LENGTH,
    ],
    embeds: false,
    build: |settings| Ok(Box::new(Tokens::new(settings)?)),
};

/// The tokenizer that settings ask for.
fn tokenizer(settings: &Settings) -> Result<Tokenizer, AnnotatorError> {
    let text = |name| Ok::<_, AnnotatorError>(settings.text(name)?.map(str::to_owned));
    let texts = |name| Ok::<_, AnnotatorError>(settings.texts(name)?.map(<[String]>::to_vec));
    Ok(Tokenizer::new(&TokenizerSettings {
        profile: settings.parsed("profile")?,
        target_pattern: text("target_pattern")?,
        context_chars: texts("context_chars")?,
        prefix_pattern: text("prefix_pattern")?,
        suffix_pattern: text("suffix_pattern")?,
        infix_patterns: texts("infix_patterns")?.unwrap_or_default(),
        exceptions: texts("exceptions")?.unwrap_or_default(),
        ignore_case_of_exceptions: !settings.flag("case_sensitive_exceptions")?,
        split_pattern: text("split_pattern")?,
        split_chars: texts("split_chars")?.unwrap_or_default(),
        min_length: settings.count("min_length")?.unwrap_or_default(),
        max_length: settings.count("max_length")?,
    })?)
}

#[derive(Debug)]
struct Tokens {
    tokenizer: Tokenizer,
    unit: OffsetUnit,
}

impl Tokens {
    fn new(settings: &Settings) -> Result<Self, AnnotatorError> {
        Ok(Tokens { tokenizer: tokenizer(settings)?, unit: settings.parsed("offsets")? })
    }
}

impl Annotator for Tokens {
    fn annotate(&self, inputs: &Inputs<'_>, _context: &Context<'_>) -> Result<ArrayRef, AnnotatorError> {
        inputs.annotate_rows(|row, out| {
            for sentence in inputs.annotations(0, row) {
                let metadata = of_sentence(&sentence);
                let mut offsets = OffsetCursor::new(sentence.result, self.unit);
                let tokens = self.tokenizer.tokens(sentence.result)?;
                let parts = tokens
                    .into_iter()
                    .map(|span| (place(&sentence, span, &mut offsets), sentence.result, span.range()));
                out.push_parts(AnnotatorType::TOKEN.0, &metadata, parts);
            }
            Ok(())
        })
    }
}
