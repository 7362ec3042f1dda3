use annota_text::{OffsetCursor, OffsetUnit, RegexTokenizer, RegexTokenizerSettings};
use arrow::array::ArrayRef;

use super::{MAX_LENGTH, OFFSETS, of_sentence, place};
use crate::{
    Annotator, AnnotatorError, AnnotatorType, Context, Definition, Fallback, Input, Inputs, Output, Parameter, Settings,
};

/// Spark NLP's RegexTokenizer.
pub static DEFINITION: Definition = Definition {
    name: "regex_tokens",
    family: None,
    aliases: &[],
    summary: "Cuts sentences at the matches of a pattern, as Java's split does.",
    example: "regex_tokens(sentences(document(text)), '[,;]\\s*')",
    inputs: &[Input::Annotations { name: "sentences", kind: AnnotatorType::DOCUMENT }],
    output: Output::Annotations(AnnotatorType::TOKEN),
    parameters: &[
        Parameter {
            name: "pattern",
            about: "what stands between tokens, in Java's dialect",
            fallback: Fallback::Text("\\s+"),
        },
        OFFSETS,
        Parameter {
            name: "to_lowercase",
            about: "whether tokens are written in small letters",
            fallback: Fallback::Boolean(false),
        },
        Parameter {
            name: "trim_whitespace",
            about: "whether all white space is taken out of tokens",
            fallback: Fallback::Boolean(false),
        },
        Parameter {
            name: "preserve_position",
            about: "whether trimmed tokens keep the place of the white space at their ends",
            fallback: Fallback::Boolean(true),
        },
        Parameter {
            name: "min_length",
            about: "leaves out what is shorter; lengths are in UTF-16 units",
            fallback: Fallback::Integer(1),
        },
        MAX_LENGTH,
    ],
    embeds: false,
    build: |settings| Ok(Box::new(RegexTokens::new(settings)?)),
};

#[derive(Debug)]
struct RegexTokens {
    tokenizer: RegexTokenizer,
    unit: OffsetUnit,
}

impl RegexTokens {
    fn new(settings: &Settings) -> Result<Self, AnnotatorError> {
        let defaults = RegexTokenizerSettings::default();
        let tokenizer = RegexTokenizer::new(RegexTokenizerSettings {
            pattern: settings.text("pattern")?.map_or(defaults.pattern, str::to_owned),
            to_lowercase: settings.flag("to_lowercase")?,
            trim_whitespace: settings.flag("trim_whitespace")?,
            preserve_position: settings.flag("preserve_position")?,
            min_length: settings.count("min_length")?.unwrap_or(defaults.min_length),
            max_length: settings.count("max_length")?,
        })?;
        Ok(RegexTokens { tokenizer, unit: settings.parsed("offsets")? })
    }
}

impl Annotator for RegexTokens {
    fn annotate(&self, inputs: &Inputs<'_>, _context: &Context<'_>) -> Result<ArrayRef, AnnotatorError> {
        inputs.annotate_rows(|row, out| {
            for sentence in inputs.annotations(0, row) {
                let metadata = of_sentence(&sentence);
                let mut offsets = OffsetCursor::new(sentence.result, self.unit);
                let tokens = self.tokenizer.tokens(sentence.result)?;
                let parts = tokens
                    .iter()
                    .map(|(span, text)| (place(&sentence, *span, &mut offsets), text.as_ref(), 0..text.len()));
                out.push_parts(AnnotatorType::TOKEN.0, &metadata, parts);
            }
            Ok(())
        })
    }
}
