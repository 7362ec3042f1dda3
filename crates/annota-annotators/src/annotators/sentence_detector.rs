use annota_text::{OffsetCursor, OffsetUnit, SentenceDetector, SentenceSettings};
use arrow::array::ArrayRef;

use super::{MAX_LENGTH, MIN_LENGTH, OFFSETS, PROFILE, place};
use crate::columns::AnnotationsBuilder;
use crate::{
    AnnotationView, Annotator, AnnotatorError, AnnotatorType, Context, Definition, Fallback, Input, Inputs, Output,
    Parameter, Settings,
};

/// Spark NLP's SentenceDetector.
pub static DEFINITION: Definition = Definition {
    name: "sentences",
    family: None,
    aliases: &[],
    summary: "Finds the sentences of documents. They are numbered anew in every document; where a row has several, the \
              metadata keep the document's index.",
    example: "sentences(document(text))",
    inputs: &[Input::Annotations { name: "document", kind: AnnotatorType::DOCUMENT }],
    output: Output::Annotations(AnnotatorType::DOCUMENT),
    parameters: &[
        PROFILE,
        OFFSETS,
        Parameter {
            name: "paragraphs",
            about: "which line ends end a sentence in the profile annota: blank_line, line (or true), none (or false)",
            fallback: Fallback::Text("blank_line"),
        },
        Parameter {
            name: "use_abbreviations",
            about: "whether the lists of abbreviations count",
            fallback: Fallback::Boolean(true),
        },
        Parameter {
            name: "abbreviations",
            about: "words, without their last dot, that never end a sentence",
            fallback: Fallback::Nothing,
        },
        Parameter {
            name: "abbreviations_path",
            about: "a file with a further abbreviation on every line",
            fallback: Fallback::Nothing,
        },
        Parameter {
            name: "detect_lists",
            about: "whether items of lists begin sentences",
            fallback: Fallback::Boolean(true),
        },
        Parameter {
            name: "custom_bounds",
            about: "patterns, in Java's dialect, at whose matches sentences end",
            fallback: Fallback::Nothing,
        },
        Parameter {
            name: "custom_bounds_strategy",
            about: "what becomes of the match of a custom bound: none takes it out, prepend begins the next sentence \
                    with it, append ends the sentence with it",
            fallback: Fallback::Text("none"),
        },
        Parameter {
            name: "use_custom_bounds_only",
            about: "whether nothing but custom bounds ends a sentence",
            fallback: Fallback::Boolean(false),
        },
        Parameter {
            name: "split_length",
            about: "wraps longer sentences between words; lengths are in UTF-16 units",
            fallback: Fallback::Nothing,
        },
        MIN_LENGTH,
        MAX_LENGTH,
    ],
    embeds: false,
    build: |settings| Ok(Box::new(Sentences::new(settings)?)),
};

/// The detector that settings ask for.
fn detector(settings: &Settings) -> Result<SentenceDetector, AnnotatorError> {
    Ok(SentenceDetector::new(SentenceSettings {
        profile: settings.parsed("profile")?,
        paragraphs: settings.parsed("paragraphs")?,
        use_abbreviations: settings.flag("use_abbreviations")?,
        abbreviations: settings.texts("abbreviations")?.unwrap_or_default().to_vec(),
        detect_lists: settings.flag("detect_lists")?,
        custom_bounds: settings.texts("custom_bounds")?.unwrap_or_default().to_vec(),
        custom_bounds_strategy: settings.parsed("custom_bounds_strategy")?,
        use_custom_bounds_only: settings.flag("use_custom_bounds_only")?,
        split_length: settings.count("split_length")?,
        min_length: settings.count("min_length")?.unwrap_or_default(),
        max_length: settings.count("max_length")?,
    })?)
}

#[derive(Debug)]
struct Sentences {
    detector: SentenceDetector,
    unit: OffsetUnit,
}

impl Sentences {
    fn new(settings: &Settings) -> Result<Self, AnnotatorError> {
        Ok(Sentences { detector: detector(settings)?, unit: settings.parsed("offsets")? })
    }

    /// Adds the sentences of a document, which has an index where there are several.
    fn detect(
        &self,
        document: &AnnotationView<'_>,
        index: Option<&str>,
        out: &mut AnnotationsBuilder,
    ) -> Result<(), AnnotatorError> {
        let mut offsets = OffsetCursor::new(document.result, self.unit);
        for (number, span) in self.detector.sentences(document.result)?.into_iter().enumerate() {
            let number = number.to_string();
            let metadata = [("sentence", number.as_str()), ("document", index.unwrap_or_default())];
            let part = (place(document, span, &mut offsets), document.result, span.range());
            let metadata = &metadata[..1 + usize::from(index.is_some())];
            out.push_parts(AnnotatorType::DOCUMENT.0, metadata, std::iter::once(part));
        }
        Ok(())
    }
}

impl Annotator for Sentences {
    fn annotate(&self, inputs: &Inputs<'_>, _context: &Context<'_>) -> Result<ArrayRef, AnnotatorError> {
        inputs.annotate_rows(|row, out| {
            let several = inputs.annotations(0, row).nth(1).is_some();
            for (place, document) in inputs.annotations(0, row).enumerate() {
                let place = place.to_string();
                let index = several.then(|| document.meta("sentence").unwrap_or(&place));
                self.detect(&document, index, out)?;
            }
            Ok(())
        })
    }
}
