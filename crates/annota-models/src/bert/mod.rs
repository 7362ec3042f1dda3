//! BERT (Devlin et al. 2018, <https://arxiv.org/abs/1810.04805>), and models of its architecture: MiniLM and most of
//! sentence-transformers. Names and defaults are those of Hugging Face's `BertConfig`.

mod checkpoint;
mod config;
mod encoder;

pub use config::BertConfig;
pub use encoder::BertEncoder;

use crate::checkpoint::{Layout, Opened, Weights, load};
use crate::{Device, ModelError};

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
pub fn open(model: &str, config: &str, weights: Weights, device: &Device) -> Result<Opened, ModelError> {
    fill(model, &BertConfig::parse(model, config)?, &weights, &checkpoint::LAYOUT, device)
}

/// Builds an encoder and fills it from a checkpoint of the given names.
pub(crate) fn fill(
    model: &str,
    config: &BertConfig,
    weights: &Weights,
    layout: &Layout,
    device: &Device,
) -> Result<Opened, ModelError> {
    let mut encoder = BertEncoder::new(config, device);
    let report = load(&mut encoder, model, weights, layout)?;
    if !report.has("pooler.") {
        encoder.drop_pooler();
    }
    Ok((Box::new(encoder), report))
}
