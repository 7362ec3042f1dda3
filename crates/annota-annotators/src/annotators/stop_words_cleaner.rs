use annota_text::StopWords;
use arrow::array::ArrayRef;

use crate::{
    Annotator, AnnotatorError, AnnotatorType, Context, Definition, Fallback, Input, Inputs, Output, Parameter, Settings,
};

/// Spark NLP's StopWordsCleaner.
pub static DEFINITION: Definition = Definition {
    name: "remove_stop_words",
    family: None,
    aliases: &[],
    summary: "Leaves out tokens that say little; the others stay as they are.",
    example: "remove_stop_words(tokens(sentences(document(text))))",
    inputs: &[Input::Annotations { name: "tokens", kind: AnnotatorType::TOKEN }],
    output: Output::Annotations(AnnotatorType::TOKEN),
    parameters: &[
        Parameter {
            name: "stop_words",
            about: "the words; Apache Spark's list for English by default",
            fallback: Fallback::Nothing,
        },
        Parameter {
            name: "stop_words_path",
            about: "a file with a further word on every line",
            fallback: Fallback::Nothing,
        },
        Parameter {
            name: "case_sensitive",
            about: "whether small letters mean small letters only",
            fallback: Fallback::Boolean(false),
        },
    ],
    embeds: false,
    build: |settings| Ok(Box::new(StopWordsCleaner::new(settings)?)),
};

#[derive(Debug)]
struct StopWordsCleaner {
    words: StopWords,
}

impl StopWordsCleaner {
    fn new(settings: &Settings) -> Result<Self, AnnotatorError> {
        let case_sensitive = settings.flag("case_sensitive")?;
        let words = match settings.texts("stop_words")? {
            Some(words) => StopWords::new(words, case_sensitive),
            None => StopWords::english(case_sensitive),
        };
        Ok(StopWordsCleaner { words })
    }
}

impl Annotator for StopWordsCleaner {
    fn annotate(&self, inputs: &Inputs<'_>, _context: &Context<'_>) -> Result<ArrayRef, AnnotatorError> {
        inputs.annotate_rows(|row, out| {
            let kept = inputs.annotations(0, row).filter(|token| !self.words.contains(token.result));
            kept.for_each(|token| out.push(&token));
            Ok(())
        })
    }
}
