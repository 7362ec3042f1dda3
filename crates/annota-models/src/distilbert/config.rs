use serde::Deserialize;

use crate::ModelError;
use crate::bert::BertConfig;
use crate::config::{Wrong, heads, known_activation, layers, parse, positions, sizes};

/// The part of `config.json` that decides what a DistilBERT computes; defaults as in Hugging Face's
/// `DistilBertConfig`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default)]
pub struct DistilBertConfig {
    pub vocab_size: usize,
    pub dim: usize,
    pub n_layers: usize,
    pub n_heads: usize,
    pub hidden_dim: usize,
    pub activation: String,
    pub max_position_embeddings: usize,
}

impl Default for DistilBertConfig {
    fn default() -> Self {
        DistilBertConfig {
            vocab_size: 30_522,
            dim: 768,
            n_layers: 6,
            n_heads: 12,
            hidden_dim: 3072,
            activation: "gelu".to_owned(),
            max_position_embeddings: 512,
        }
    }
}

impl DistilBertConfig {
    /// Reads and checks the text of a `config.json`.
    pub fn parse(model: &str, text: &str) -> Result<Self, ModelError> {
        parse(model, text, DistilBertConfig::check)
    }

    fn check(&self) -> Result<(), Wrong> {
        sizes(&[
            ("vocab_size", self.vocab_size),
            ("dim", self.dim),
            ("n_heads", self.n_heads),
            ("hidden_dim", self.hidden_dim),
        ])?;
        layers("n_layers", self.n_layers)?;
        positions(self.max_position_embeddings)?;
        heads("n_heads", self.n_heads, self.dim)?;
        known_activation("activation", &self.activation)
    }

    /// The BERT that computes the same.
    pub fn as_bert(&self) -> BertConfig {
        BertConfig {
            vocab_size: self.vocab_size,
            hidden_size: self.dim,
            num_hidden_layers: self.n_layers,
            num_attention_heads: self.n_heads,
            intermediate_size: self.hidden_dim,
            hidden_act: self.activation.clone(),
            max_position_embeddings: self.max_position_embeddings,
            type_vocab_size: 0,
            ..BertConfig::default()
        }
    }
}
