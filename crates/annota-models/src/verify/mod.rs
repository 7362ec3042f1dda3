//! Values that others have published for real checkpoints, against what a model gives here.

use serde::Deserialize;

use crate::{Model, ModelError, Pooling, TextSettings, TokenSettings, TokenizedText};

/// A published value: for a text, how a vector of it begins, or those of its tokens.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Fact {
    /// The name of the model in [`crate::store::MODELS`].
    pub model: String,
    pub what: String,
    /// Who has published it.
    pub source: String,
    pub text: String,
    /// `mean` or `sum`, for values of the whole text.
    #[serde(default)]
    pub pooling: String,
    #[serde(default)]
    pub begins: Vec<f32>,
    #[serde(default)]
    pub tokens: Vec<TokenFact>,
    /// The largest difference that rounding and another framework explain.
    pub tolerance: f32,
}

/// How the vector of a token begins.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct TokenFact {
    pub token: String,
    pub begins: Vec<f32>,
}

/// A published value and what came out here.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// The text, or the token of it.
    pub of: String,
    pub what: String,
    pub source: String,
    pub expected: Vec<f32>,
    pub got: Vec<f32>,
    pub tolerance: f32,
}

impl Check {
    /// The largest difference of two numbers.
    pub fn difference(&self) -> f32 {
        if self.expected.len() != self.got.len() {
            return f32::INFINITY;
        }
        self.expected.iter().zip(&self.got).map(|(expected, got)| (expected - got).abs()).fold(0.0, f32::max)
    }

    pub fn holds(&self) -> bool {
        self.difference() <= self.tolerance
    }
}

/// What has been published for a model of that name.
///
/// # Errors
/// [`ModelError::Unsupported`] for a model of which nothing is known.
pub fn published(name: &str) -> Result<Vec<Fact>, ModelError> {
    let unknown = |reason: String| ModelError::Unsupported { model: name.to_owned(), reason };
    let all: Vec<Fact> =
        serde_json::from_str(include_str!("published.json")).map_err(|error| unknown(error.to_string()))?;
    let mut known: Vec<&str> = all.iter().map(|fact| fact.model.as_str()).collect();
    known.dedup();
    let expected = format!("nothing is published for it here: expected {}", known.join(", "));
    let facts: Vec<Fact> = all.into_iter().filter(|fact| fact.model == name).collect();
    if facts.is_empty() { Err(unknown(expected)) } else { Ok(facts) }
}

/// Asks a model for what the facts say.
///
/// # Errors
/// Those of [`Model::embed_texts`], and [`ModelError::Unsupported`] for a fact that is none.
pub fn checks(model: &Model, facts: &[Fact]) -> Result<Vec<Check>, ModelError> {
    let mut checks = Vec::new();
    for fact in facts {
        let check = |of: &str, expected: &[f32], vector: Option<&[f32]>| Check {
            of: of.to_owned(),
            what: fact.what.clone(),
            source: fact.source.clone(),
            expected: expected.to_vec(),
            got: vector.unwrap_or_default().iter().copied().take(expected.len()).collect(),
            tolerance: fact.tolerance,
        };
        if fact.tokens.is_empty() {
            let pooling = if fact.pooling == "sum" { Pooling::Sum } else { Pooling::Mean };
            let settings = TextSettings { pooling: Some(pooling), normalize: Some(false), ..TextSettings::default() };
            let vectors = model.embed_texts(&[&fact.text], settings)?;
            checks.push(check(&fact.text, &fact.begins, vectors.get(0)));
            continue;
        }
        let mut at = 0;
        let mut tokens = Vec::new();
        for TokenFact { token, .. } in &fact.tokens {
            let reason = || format!("token `{token}` of a published value is not in its text");
            let start = at + fact.text[at..].find(token.as_str()).ok_or_else(|| model.unsupported(reason()))?;
            at = start + token.len();
            tokens.push(start..at);
        }
        let text = TokenizedText { text: &fact.text, tokens };
        let found = model.embed_tokens(&[text], TokenSettings::default())?;
        let vectors = fact.tokens.iter().zip(found.vectors.iter());
        checks.extend(vectors.map(|(token, vector)| check(&token.token, &token.begins, vector)));
    }
    Ok(checks)
}
