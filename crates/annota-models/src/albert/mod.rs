//! ALBERT (Lan et al. 2019, <https://arxiv.org/abs/1909.11942>), v1 and v2: factorised embeddings and layers
//! that share their weights in groups. Names and defaults are those of Hugging Face's `AlbertConfig`.

mod checkpoint;
mod config;
mod encoder;

pub use config::AlbertConfig;
pub use encoder::AlbertEncoder;

use crate::checkpoint::{Opened, Weights, load};
use crate::{Device, ModelError};

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
pub fn open(model: &str, config: &str, weights: Weights, device: &Device) -> Result<Opened, ModelError> {
    let config = AlbertConfig::parse(model, config)?;
    let mut encoder = AlbertEncoder::new(&config, device);
    let report = load(&mut encoder, model, &weights, &checkpoint::LAYOUT)?;
    if !report.has("pooler.") {
        encoder.drop_pooler();
    }
    Ok((Box::new(encoder), report))
}
