//! ALBERT (Lan et al. 2019, <https://arxiv.org/abs/1909.11942>), v1 and v2: factorised embeddings and layers
//! that share their weights in groups. Names and defaults are those of Hugging Face's `AlbertConfig`.

mod checkpoint;
mod config;

pub use config::AlbertConfig;

use crate::checkpoint::{Opened, Weights};
use crate::{ModelError, Target, encoder};

/// The hidden size that a `config.json` gives.
///
/// # Errors
/// [`ModelError::Config`] for a configuration that describes no encoder.
pub fn dimension(model: &str, config: &str) -> Result<usize, ModelError> {
    Ok(AlbertConfig::parse(model, config)?.hidden_size)
}

/// Builds the encoder that `config` (the text of `config.json`) describes and fills it from `weights`.
///
/// # Errors
/// [`ModelError::Config`] for a configuration that describes no encoder, [`ModelError::Checkpoint`] for tensors
/// that are missing, unknown or misshapen.
pub fn open(model: &str, config: &str, weights: &Weights, target: &Target) -> Result<Opened, ModelError> {
    let config = AlbertConfig::parse(model, config)?;
    encoder::open(model, config.stack(), weights, &checkpoint::LAYOUT, target)
}
