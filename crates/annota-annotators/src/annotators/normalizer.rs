use annota_text::{Normalizer, NormalizerSettings, OffsetUnit};
use arrow::array::ArrayRef;

use super::{MAX_LENGTH, MIN_LENGTH, OFFSETS};
use crate::{
    AnnotationView, Annotator, AnnotatorError, AnnotatorType, Context, Definition, Fallback, Input, Inputs, Output,
    Parameter, Settings,
};

/// Spark NLP's Normalizer.
pub static DEFINITION: Definition = Definition {
    name: "normalize_tokens",
    family: None,
    aliases: &[],
    summary: "Takes characters out of tokens and puts words in the place of slang. A token of which nothing is left is \
              left out; the others begin where they began and are as long as what is left.",
    example: "normalize_tokens(tokens(sentences(document(text))), lowercase => true)",
    inputs: &[Input::Annotations { name: "tokens", kind: AnnotatorType::TOKEN }],
    output: Output::Annotations(AnnotatorType::TOKEN),
    parameters: &[
        Parameter {
            name: "cleanup_patterns",
            about: "patterns, in Java's dialect, of what is taken out; [^\\pL+] by default",
            fallback: Fallback::Nothing,
        },
        Parameter {
            name: "lowercase",
            about: "whether tokens are written in small letters",
            fallback: Fallback::Boolean(false),
        },
        Parameter {
            name: "slang_dictionary",
            about: "words and what is put in their place, with a comma between: ['gr8,great']",
            fallback: Fallback::Nothing,
        },
        Parameter {
            name: "slang_dictionary_path",
            about: "a file with a further entry on every line",
            fallback: Fallback::Nothing,
        },
        Parameter {
            name: "slang_match_case",
            about: "whether small letters in the dictionary mean small letters only",
            fallback: Fallback::Boolean(false),
        },
        MIN_LENGTH,
        MAX_LENGTH,
        OFFSETS,
    ],
    embeds: false,
    build: |settings| Ok(Box::new(NormalizedTokens::new(settings)?)),
};

#[derive(Debug)]
struct NormalizedTokens {
    normalizer: Normalizer,
    unit: OffsetUnit,
}

impl NormalizedTokens {
    fn new(settings: &Settings) -> Result<Self, AnnotatorError> {
        let defaults = NormalizerSettings::default();
        let patterns = settings.texts("cleanup_patterns")?.map(<[String]>::to_vec);
        let normalizer = Normalizer::new(NormalizerSettings {
            cleanup_patterns: patterns.unwrap_or(defaults.cleanup_patterns),
            lowercase: settings.flag("lowercase")?,
            slang_dictionary: settings.texts("slang_dictionary")?.unwrap_or_default().to_vec(),
            slang_match_case: settings.flag("slang_match_case")?,
            min_length: settings.count("min_length")?.unwrap_or_default(),
            max_length: settings.count("max_length")?,
        })?;
        Ok(NormalizedTokens { normalizer, unit: settings.parsed("offsets")? })
    }
}

impl Annotator for NormalizedTokens {
    fn annotate(&self, inputs: &Inputs<'_>, _context: &Context<'_>) -> Result<ArrayRef, AnnotatorError> {
        inputs.annotate_rows(|row, out| {
            for token in inputs.annotations(0, row) {
                for text in self.normalizer.normalize(token.result)? {
                    let end = token.begin + self.unit.count(&text) as i32 - 1;
                    out.push(&AnnotationView { end, result: &text, ..token.clone() });
                }
            }
            Ok(())
        })
    }
}
