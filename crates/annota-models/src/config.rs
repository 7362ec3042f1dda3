//! What every `config.json` must hold, whatever the family.

use std::fmt::Display;

use serde::de::DeserializeOwned;

use crate::ModelError;
use crate::layers::Activation;

/// Largest count that any field may have. Far above every published model, far below what would exhaust memory
/// before the checkpoint's shapes are compared.
pub const LARGEST: usize = 1 << 20;

/// Most layers.
pub const DEEPEST: usize = 1 << 10;

/// A value that cannot be had: the key, the value and what was expected.
pub type Wrong = (&'static str, String, String);

/// Reads the text of a `config.json` and checks it.
pub fn parse<C: DeserializeOwned>(
    model: &str,
    text: &str,
    check: impl FnOnce(&C) -> Result<(), Wrong>,
) -> Result<C, ModelError> {
    let wrong = |(key, value, expected): Wrong| ModelError::Config {
        model: model.to_owned(),
        file: "config.json".to_owned(),
        key: key.to_owned(),
        value,
        expected,
    };
    let config = serde_json::from_str(text).map_err(|error| {
        wrong(("the file", error.to_string(), "a JSON object with the model's settings".to_owned()))
    })?;
    check(&config).map_err(wrong)?;
    Ok(config)
}

pub fn require(holds: bool, key: &'static str, value: impl Display, expected: impl Into<String>) -> Result<(), Wrong> {
    if holds { Ok(()) } else { Err((key, value.to_string(), expected.into())) }
}

pub fn sizes(sizes: &[(&'static str, usize)]) -> Result<(), Wrong> {
    sizes
        .iter()
        .try_for_each(|(key, value)| require((1..=LARGEST).contains(value), key, value, format!("1 to {LARGEST}")))
}

pub fn layers(key: &'static str, layers: usize) -> Result<(), Wrong> {
    require((1..=DEEPEST).contains(&layers), key, layers, format!("1 to {DEEPEST}"))
}

/// `[CLS]`, a piece and `[SEP]` must fit.
pub fn positions(positions: usize) -> Result<(), Wrong> {
    require((3..=LARGEST).contains(&positions), "max_position_embeddings", positions, format!("3 to {LARGEST}"))
}

pub fn heads(key: &'static str, heads: usize, hidden: usize) -> Result<(), Wrong> {
    require(hidden.is_multiple_of(heads), key, heads, format!("a divisor of the hidden size, {hidden}"))
}

pub fn epsilon(epsilon: f64) -> Result<(), Wrong> {
    require(epsilon > 0.0 && epsilon < 1.0, "layer_norm_eps", epsilon, "a number between 0 and 1")
}

pub fn absolute(kind: &str) -> Result<(), Wrong> {
    require(kind == "absolute", "position_embedding_type", kind, "`absolute`")
}

pub fn known_activation(key: &'static str, name: &str) -> Result<(), Wrong> {
    require(activation(name).is_some(), key, name, "`gelu`, `gelu_new` or `relu`")
}

/// The activation of that name; `None` for one that is not known.
pub fn activation(name: &str) -> Option<Activation> {
    serde_json::from_value(serde_json::Value::from(name)).ok()
}
