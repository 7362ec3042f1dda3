//! BERT (Devlin et al. 2018, <https://arxiv.org/abs/1810.04805>), and models of its architecture: MiniLM and most of
//! sentence-transformers. Names and defaults are those of Hugging Face's `BertConfig`.

mod checkpoint;
mod config;

pub use config::BertConfig;

use crate::checkpoint::{Opened, Weights};
use crate::{ModelError, Target, encoder};

/// The hidden size that a `config.json` gives.
///
/// # Errors
/// [`ModelError::Config`] for a configuration that describes no encoder.
pub fn dimension(model: &str, config: &str) -> Result<usize, ModelError> {
    Ok(BertConfig::parse(model, config)?.hidden_size)
}

/// Builds the encoder that `config` (the text of `config.json`) describes and fills it from `weights`.
///
/// # Errors
/// [`ModelError::Config`] for a configuration that describes no encoder, [`ModelError::Checkpoint`] for tensors
/// that are missing, unknown or misshapen.
pub fn open(model: &str, config: &str, weights: &Weights, target: &Target) -> Result<Opened, ModelError> {
    let config = BertConfig::parse(model, config)?;
    encoder::open(model, config.stack(), weights, &checkpoint::LAYOUT, target)
}
