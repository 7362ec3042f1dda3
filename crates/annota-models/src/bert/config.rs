use serde::Deserialize;

use crate::ModelError;
use crate::config::{Wrong, absolute, activation, epsilon, heads, known_activation, layers, parse, positions, sizes};
use crate::encoder::StackShape;
use crate::layers::{Activation, LayerShape};

/// The part of `config.json` that decides what a BERT computes; defaults as in Hugging Face's `BertConfig`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default)]
pub struct BertConfig {
    pub vocab_size: usize,
    pub hidden_size: usize,
    pub num_hidden_layers: usize,
    pub num_attention_heads: usize,
    pub intermediate_size: usize,
    pub hidden_act: String,
    pub max_position_embeddings: usize,
    /// 0 for models without token types.
    pub type_vocab_size: usize,
    pub layer_norm_eps: f64,
    pub position_embedding_type: String,
    pub is_decoder: bool,
}

impl Default for BertConfig {
    fn default() -> Self {
        BertConfig {
            vocab_size: 30_522,
            hidden_size: 768,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            intermediate_size: 3072,
            hidden_act: "gelu".to_owned(),
            max_position_embeddings: 512,
            type_vocab_size: 2,
            layer_norm_eps: 1e-12,
            position_embedding_type: "absolute".to_owned(),
            is_decoder: false,
        }
    }
}

impl BertConfig {
    /// Reads and checks the text of a `config.json`.
    pub fn parse(model: &str, text: &str) -> Result<Self, ModelError> {
        parse(model, text, BertConfig::check)
    }

    fn check(&self) -> Result<(), Wrong> {
        sizes(&[
            ("vocab_size", self.vocab_size),
            ("hidden_size", self.hidden_size),
            ("num_attention_heads", self.num_attention_heads),
            ("intermediate_size", self.intermediate_size),
            ("type_vocab_size", self.type_vocab_size),
        ])?;
        layers("num_hidden_layers", self.num_hidden_layers)?;
        positions(self.max_position_embeddings)?;
        heads("num_attention_heads", self.num_attention_heads, self.hidden_size)?;
        epsilon(self.layer_norm_eps)?;
        absolute(&self.position_embedding_type)?;
        crate::config::require(!self.is_decoder, "is_decoder", self.is_decoder, "false: an encoder")?;
        known_activation("hidden_act", &self.hidden_act)
    }

    /// The stack that it describes; its activation has been checked to be known.
    pub fn stack(&self) -> StackShape {
        StackShape {
            vocabulary: self.vocab_size,
            positions: self.max_position_embeddings,
            types: self.type_vocab_size,
            embedding: None,
            layer: LayerShape {
                hidden: self.hidden_size,
                heads: self.num_attention_heads,
                intermediate: self.intermediate_size,
                activation: activation(&self.hidden_act).unwrap_or(Activation::Gelu),
                epsilon: self.layer_norm_eps,
            },
            group_layers: 1,
            order: (0..self.num_hidden_layers).collect(),
        }
    }
}
