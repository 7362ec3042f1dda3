use annota_text::{OffsetCursor, OffsetUnit};
use arrow::array::ArrayRef;

use super::membership::Sentences;
use super::{OFFSETS, of_sentence};
use crate::{
    AnnotationView, Annotator, AnnotatorError, AnnotatorType, Context, Definition, Fallback, Input, Inputs, Output,
    Parameter, Settings,
};

/// Spark NLP's TokenAssembler.
pub static DEFINITION: Definition = Definition {
    name: "assemble_tokens",
    family: None,
    aliases: &[],
    summary: "Puts the tokens of every sentence together again, with a blank where something stood between them. A \
              sentence begins where it began and is as long as what it has become.",
    example: "assemble_tokens(sentences, normalize_tokens(tokens))",
    inputs: &[
        Input::Annotations { name: "sentences", kind: AnnotatorType::DOCUMENT },
        Input::Annotations { name: "tokens", kind: AnnotatorType::TOKEN },
    ],
    output: Output::Annotations(AnnotatorType::DOCUMENT),
    parameters: &[
        Parameter {
            name: "preserve_position",
            about: "whether the white space that stood between two tokens is put there, not one blank",
            fallback: Fallback::Boolean(false),
        },
        OFFSETS,
    ],
    embeds: false,
    build: |settings| Ok(Box::new(TokenAssembler::new(settings)?)),
};

#[derive(Debug)]
struct TokenAssembler {
    preserve_position: bool,
    unit: OffsetUnit,
}

impl TokenAssembler {
    fn new(settings: &Settings) -> Result<Self, AnnotatorError> {
        Ok(TokenAssembler { preserve_position: settings.flag("preserve_position")?, unit: settings.parsed("offsets")? })
    }

    fn assemble(&self, sentence: &AnnotationView<'_>, tokens: &[AnnotationView<'_>]) -> String {
        let mut cursor = OffsetCursor::new(sentence.result, self.unit);
        let mut text = String::with_capacity(sentence.result.len());
        let mut last_end = None;
        for token in tokens {
            if let Some(last_end) = last_end.filter(|end| token.begin - end != 1) {
                let gap = last_end + 1 - sentence.begin..token.begin - sentence.begin;
                text.push_str(if self.preserve_position { "" } else { " " });
                if self.preserve_position {
                    push_white_space(&mut cursor, sentence.result, gap, &mut text);
                }
            }
            text.push_str(token.result);
            last_end = Some(token.end);
        }
        text
    }
}

/// Adds the white space that stands in a gap, a blank if there is none.
fn push_white_space(cursor: &mut OffsetCursor<'_>, sentence: &str, gap: std::ops::Range<i32>, text: &mut String) {
    let before = text.len();
    let (start, end) = (cursor.byte_of(gap.start.max(0) as usize), cursor.byte_of(gap.end.max(0) as usize));
    let gap = sentence.get(start..end).unwrap_or_default();
    text.extend(gap.chars().filter(|character| matches!(character, '\r' | '\t' | '\u{c}' | '\u{b}' | '\n' | ' ')));
    if text.len() == before {
        text.push(' ');
    }
}

impl Annotator for TokenAssembler {
    fn annotate(&self, inputs: &Inputs<'_>, _context: &Context<'_>) -> Result<ArrayRef, AnnotatorError> {
        inputs.annotate_rows(|row, out| {
            let sentences = Sentences::new(inputs.annotations(0, row).collect());
            let tokens = sentences.with_their(inputs.annotations(1, row));
            for (sentence, tokens) in sentences.iter().zip(tokens) {
                let text = self.assemble(sentence, &tokens);
                out.push(&AnnotationView {
                    annotator_type: AnnotatorType::DOCUMENT.0,
                    begin: sentence.begin,
                    end: sentence.begin + self.unit.count(&text) as i32 - 1,
                    result: &text,
                    metadata: of_sentence(sentence),
                    embeddings: &[],
                });
            }
            Ok(())
        })
    }
}
