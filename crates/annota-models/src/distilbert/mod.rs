//! DistilBERT (Sanh et al. 2019, <https://arxiv.org/abs/1910.01108>): BERT without token types and pooler. Names and
//! defaults are those of Hugging Face's `DistilBertConfig`.

mod checkpoint;
mod config;

pub use config::DistilBertConfig;

use crate::checkpoint::{Opened, Weights};
use crate::{ModelError, Target, encoder};

/// The hidden size that a `config.json` gives.
///
/// # Errors
/// [`ModelError::Config`] for a configuration that describes no encoder.
pub fn dimension(model: &str, config: &str) -> Result<usize, ModelError> {
    Ok(DistilBertConfig::parse(model, config)?.dim)
}

/// Builds the encoder that `config` (the text of `config.json`) describes and fills it from `weights`.
///
/// # Errors
/// [`ModelError::Config`] for a configuration that describes no encoder, [`ModelError::Checkpoint`] for tensors
/// that are missing, unknown or misshapen.
pub fn open(model: &str, config: &str, weights: &Weights, target: &Target) -> Result<Opened, ModelError> {
    let config = DistilBertConfig::parse(model, config)?;
    encoder::open(model, config.as_bert().stack(), weights, &checkpoint::LAYOUT, target)
}
