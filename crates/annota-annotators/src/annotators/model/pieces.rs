use std::sync::Arc;

use annota_text::{OffsetCursor, OffsetUnit};
use arrow::array::{ArrayRef, Int32Array, Int32Builder, StringBuilder};
use arrow::datatypes::{DataType, Field, Fields};

use super::super::OFFSETS;
use super::{Asked, MODEL, SPECIAL_PIECES};
use crate::columns::StructRows;
use crate::{Annotator, AnnotatorError, Context, Definition, Input, Inputs, Output, Settings};

/// The pieces that a model sees of a text.
pub const PIECES: Definition = Definition {
    name: "pieces",
    family: None,
    aliases: &[],
    summary: "The pieces that the model sees of a text, with the first and the last character of each; the special ones \
              around every text have none, and a piece that stands for no character ends before it begins.",
    example: "unnest(pieces(text, 'albert_tiny_en'))",
    inputs: &[Input::Text { name: "text" }],
    output: Output::Values(|| DataType::new_list(DataType::Struct(fields()), true)),
    parameters: &[MODEL, SPECIAL_PIECES, OFFSETS],
    embeds: true,
    build: |settings| Ok(Box::new(Pieces { asked: Asked::new(settings)?, unit: settings.parsed("offsets")? })),
};

/// How many pieces a model sees of a text.
pub const COUNT: Definition = Definition {
    name: "token_count",
    family: None,
    aliases: &["piece_count"],
    summary: "How many pieces the model sees of a text, the special ones included.",
    example: "token_count(text, 'albert_tiny_en')",
    inputs: &[Input::Text { name: "text" }],
    output: Output::Values(|| DataType::Int32),
    parameters: &[MODEL, SPECIAL_PIECES],
    embeds: true,
    build: |settings| Ok(Box::new(Count::new(settings)?)),
};

fn fields() -> Fields {
    Fields::from(vec![
        Field::new("id", DataType::Int32, true),
        Field::new("piece", DataType::Utf8, true),
        Field::new("begin", DataType::Int32, true),
        Field::new("end", DataType::Int32, true),
    ])
}

#[derive(Debug)]
struct Pieces {
    asked: Asked,
    unit: OffsetUnit,
}

impl Annotator for Pieces {
    fn annotate(&self, inputs: &Inputs<'_>, context: &Context<'_>) -> Result<ArrayRef, AnnotatorError> {
        let (mut ids, mut texts) = (Int32Builder::new(), StringBuilder::new());
        let (mut begins, mut ends) = (Int32Builder::new(), Int32Builder::new());
        let mut rows = StructRows::with_capacity(inputs.rows());
        for row in 0..inputs.rows() {
            if inputs.is_present(row) {
                let text = inputs.text(0, row);
                let mut offsets = OffsetCursor::new(text, self.unit);
                context.embedder.pieces(&self.asked.call(context), text, &mut |piece| {
                    ids.append_value(piece.id as i32);
                    texts.append_value(piece.text);
                    let begin = piece.span.as_ref().map(|span| offsets.offset_of(span.start) as i32);
                    begins.append_option(begin);
                    ends.append_option(piece.span.map(|span| offsets.offset_of(span.end) as i32 - 1));
                    rows.count(1);
                })?;
            }
            rows.end_row(inputs.is_present(row));
        }
        let columns: Vec<ArrayRef> =
            vec![Arc::new(ids.finish()), Arc::new(texts.finish()), Arc::new(begins.finish()), Arc::new(ends.finish())];
        Ok(rows.finish(fields(), columns))
    }
}

#[derive(Debug)]
struct Count {
    asked: Asked,
}

impl Count {
    fn new(settings: &Settings) -> Result<Self, AnnotatorError> {
        Ok(Count { asked: Asked::new(settings)? })
    }
}

impl Annotator for Count {
    fn annotate(&self, inputs: &Inputs<'_>, context: &Context<'_>) -> Result<ArrayRef, AnnotatorError> {
        let counts = (0..inputs.rows()).map(|row| {
            if !inputs.is_present(row) {
                return Ok(None);
            }
            let mut count = 0;
            context.embedder.pieces(&self.asked.call(context), inputs.text(0, row), &mut |_| count += 1)?;
            Ok(Some(count))
        });
        Ok(Arc::new(counts.collect::<Result<Int32Array, AnnotatorError>>()?))
    }
}
