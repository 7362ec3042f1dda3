use std::cell::RefCell;
use std::str::FromStr;
use std::sync::Arc;

use annota_text::{SettingError, Tokenizer, TokenizerSettings, named};
use arrow::array::{ArrayRef, Float32Builder};

use super::super::PROFILE;
use super::{Asked, LONG, MODEL, NORMALIZE, ON_ERROR, POOL_OVER, POOLING, PRECISION, SPECIAL_PIECES};
use crate::columns::VectorsBuilder;
use crate::{
    Annotator, AnnotatorError, Context, Definition, EmbedError, Input, Inputs, Output, PoolOver, Pooling, Settings,
    TextMaking, TokenMaking, TokenizedText, vector_type,
};

/// One vector per text.
pub const DEFINITION: Definition = Definition {
    name: "embed",
    family: None,
    aliases: &[],
    summary: "One vector per text, pooled over all its pieces or tokens; of a text longer than the model sees, over \
              windows in which every piece counts once.",
    example: "embed(text, 'albert_tiny_en', pooling => 'mean')",
    inputs: &[Input::Text { name: "text" }],
    output: Output::Values(vector_type),
    parameters: &[MODEL, POOLING, ON_ERROR, NORMALIZE, POOL_OVER, LONG, SPECIAL_PIECES, PROFILE, PRECISION],
    embeds: true,
    build: |settings| {
        Ok(Box::new(Texts { vectors: TextVectors::new(settings)?, on_error: settings.parsed("on_error")? }))
    },
};

/// What a text that cannot be embedded does.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum OnError {
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
    pub fn embed<T>(
        self,
        items: &[T],
        mut embed: impl FnMut(&[T]) -> Result<(), AnnotatorError>,
        mut fault: impl FnMut(&T),
    ) -> Result<(), AnnotatorError> {
        match embed(items) {
            Err(AnnotatorError::Embed(EmbedError::Text(_))) if self == OnError::Null => {}
            done => return done,
        }
        for item in items {
            match embed(std::slice::from_ref(item)) {
                Err(AnnotatorError::Embed(EmbedError::Text(_))) => fault(item),
                done => done?,
            }
        }
        Ok(())
    }
}

/// Makes one vector of each text.
#[derive(Debug)]
pub struct TextVectors {
    asked: Asked,
    making: TextMaking,
    /// Cuts texts whose tokens are pooled.
    tokenizer: Option<Tokenizer>,
}

impl TextVectors {
    pub fn new(settings: &Settings) -> Result<Self, AnnotatorError> {
        let making = TextMaking { pooling: settings.chosen("pooling")?, normalize: settings.boolean("normalize")? };
        let over_tokens = settings.parsed::<PoolOver>("pool_over")? == PoolOver::Tokens;
        if let Some(pooling @ (Pooling::Cls | Pooling::Pooler)) = making.pooling.filter(|_| over_tokens) {
            let value = format!("{pooling:?}").to_lowercase();
            return Err(SettingError::new("pooling", value, "mean, max or sum, since pool_over is `tokens`").into());
        }
        let tokenizer = TokenizerSettings { profile: settings.parsed("profile")?, ..TokenizerSettings::default() };
        let tokenizer = if over_tokens { Some(Tokenizer::new(&tokenizer)?) } else { None };
        Ok(TextVectors { asked: Asked::new(settings)?, making, tokenizer })
    }

    /// Hands `sink` one vector per text, in order.
    pub fn embed(
        &self,
        texts: &[&str],
        context: &Context<'_>,
        sink: &mut dyn FnMut(&[f32]),
    ) -> Result<(), AnnotatorError> {
        let call = self.asked.call(context);
        let Some(tokenizer) = &self.tokenizer else {
            return Ok(context.embedder.embed_texts(&call, self.making, texts, sink)?);
        };
        let mut cut = Vec::with_capacity(texts.len());
        for text in texts {
            let tokens = tokenizer.tokens(text)?.into_iter().map(|token| token.range()).collect();
            cut.push(TokenizedText { text, tokens });
        }
        let mut vectors: Vec<Option<Vec<f32>>> = Vec::new();
        context.embedder.embed_tokens(&call, TokenMaking::default(), &cut, &mut |found| {
            vectors.push(found.map(|found| found.vector.to_vec()));
        })?;
        let mut vectors = vectors.into_iter();
        for text in &cut {
            let own = vectors.by_ref().take(text.tokens.len()).flatten();
            sink(&self.making.pooled(own));
        }
        Ok(())
    }
}

impl TextMaking {
    /// One vector of those of tokens; none of none.
    fn pooled(self, vectors: impl Iterator<Item = Vec<f32>>) -> Vec<f32> {
        let mut count = 0.0;
        let merge = |a: f32, b: f32| if self.pooling == Some(Pooling::Max) { a.max(b) } else { a + b };
        let merged = vectors.inspect(|_| count += 1.0).reduce(|mut sum, vector| {
            sum.iter_mut().zip(vector).for_each(|(sum, value)| *sum = merge(*sum, value));
            sum
        });
        let mut pooled = merged.unwrap_or_default();
        if self.pooling.unwrap_or_default() == Pooling::Mean {
            pooled.iter_mut().for_each(|value| *value /= count);
        }
        let length = pooled.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
        if self.normalize == Some(true) && length > 0.0 {
            pooled.iter_mut().for_each(|value| *value = (f64::from(*value) / length) as f32);
        }
        pooled
    }
}

#[derive(Debug)]
struct Texts {
    vectors: TextVectors,
    on_error: OnError,
}

impl Annotator for Texts {
    /// A text of nothing but white space gives an empty list.
    fn annotate(&self, inputs: &Inputs<'_>, context: &Context<'_>) -> Result<ArrayRef, AnnotatorError> {
        let has_text = |row: &usize| inputs.is_present(*row) && !inputs.text(0, *row).trim().is_empty();
        let rows: Vec<usize> = (0..inputs.rows()).filter(has_text).collect();
        let vectors = RefCell::new(Vec::with_capacity(rows.len()));
        let embed = |rows: &[usize]| {
            let texts: Vec<&str> = rows.iter().map(|row| inputs.text(0, *row)).collect();
            self.vectors.embed(&texts, context, &mut |vector| vectors.borrow_mut().push(Some(vector.to_vec())))
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
