use std::str::FromStr;
use std::sync::Arc;

use annota_text::{SettingError, named};
use arrow::array::{ArrayRef, Float32Builder};

use super::{MODEL, ON_ERROR, POOLING};
use crate::columns::VectorsBuilder;
use crate::{
    Annotator, AnnotatorError, Context, Definition, EmbedError, Input, Inputs, Output, Pooling, Settings, vector_type,
};

/// One vector per text.
pub static DEFINITION: Definition = Definition {
    name: "albert_embed",
    aliases: &["embed"],
    summary: "One vector per text, pooled over all its pieces; a text longer than the model sees is windowed.",
    example: "albert_embed(text, 'albert_tiny_en', pooling => 'mean')",
    inputs: &[Input::Text { name: "text" }],
    output: Output::Values(vector_type),
    parameters: &[MODEL, POOLING, ON_ERROR],
    embeds: true,
    build: |settings| Ok(Box::new(TextEmbeddings::new(settings)?)),
};

/// What a text that cannot be embedded does.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) enum OnError {
    #[default]
    Fail,
    Null,
}

impl FromStr for OnError {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        named("on_error", &[("fail", OnError::Fail), ("null", OnError::Null)], text)
    }
}

impl OnError {
    /// Calls `embed` with all items at once. Where one text's fault fails them all and faults are to be null, it
    /// is called again item by item, and `fault` for those that fail.
    pub(super) fn embed<T>(
        self,
        items: &[T],
        mut embed: impl FnMut(&[T]) -> Result<(), EmbedError>,
        mut fault: impl FnMut(&T),
    ) -> Result<(), EmbedError> {
        match embed(items) {
            Err(EmbedError::Text(_)) if self == OnError::Null => {}
            done => return done,
        }
        for item in items {
            match embed(std::slice::from_ref(item)) {
                Err(EmbedError::Text(_)) => fault(item),
                done => done?,
            }
        }
        Ok(())
    }
}

#[derive(Debug)]
struct TextEmbeddings {
    model: String,
    pooling: Pooling,
    on_error: OnError,
}

impl TextEmbeddings {
    fn new(settings: &Settings) -> Result<Self, AnnotatorError> {
        Ok(TextEmbeddings {
            model: settings.text("model")?.unwrap_or_default().to_owned(),
            pooling: settings.parsed("pooling")?,
            on_error: settings.parsed("on_error")?,
        })
    }
}

impl Annotator for TextEmbeddings {
    /// A text of nothing but white space gives an empty list.
    fn annotate(&self, inputs: &Inputs<'_>, context: &Context<'_>) -> Result<ArrayRef, AnnotatorError> {
        let has_text = |row: &usize| inputs.is_present(*row) && !inputs.text(0, *row).trim().is_empty();
        let rows: Vec<usize> = (0..inputs.rows()).filter(has_text).collect();
        let vectors = std::cell::RefCell::new(Vec::with_capacity(rows.len()));
        let embed = |rows: &[usize]| {
            let texts: Vec<&str> = rows.iter().map(|row| inputs.text(0, *row)).collect();
            let mut sink = |vector: &[f32]| vectors.borrow_mut().push(Some(vector.to_vec()));
            context.embedder.embed_texts(&self.model, &texts, self.pooling, context.hints, &mut sink)
        };
        self.on_error.embed(&rows, embed, |_| vectors.borrow_mut().push(None))?;
        let mut found = rows.into_iter().zip(vectors.into_inner()).peekable();
        let mut out = VectorsBuilder::new(Float32Builder::new());
        for row in 0..inputs.rows() {
            match found.next_if(|(embedded, _)| *embedded == row) {
                Some((_, Some(vector))) => {
                    out.values().append_slice(&vector);
                    out.append(true);
                }
                Some((_, None)) => out.append(false),
                None => out.append(inputs.is_present(row)),
            }
        }
        Ok(Arc::new(out.finish()))
    }
}
