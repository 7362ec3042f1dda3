use serde::Deserialize;

use crate::ModelError;
use crate::config::{
    Wrong, absolute, activation, epsilon, heads, known_activation, layers, parse, positions, require, sizes,
};
use crate::encoder::StackShape;
use crate::layers::{Activation, LayerShape};

/// The part of `config.json` that decides what an ALBERT computes; defaults as in Hugging Face's `AlbertConfig`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default)]
pub struct AlbertConfig {
    pub vocab_size: usize,
    pub embedding_size: usize,
    pub hidden_size: usize,
    pub num_hidden_layers: usize,
    pub num_hidden_groups: usize,
    pub inner_group_num: usize,
    pub num_attention_heads: usize,
    pub intermediate_size: usize,
    pub hidden_act: String,
    pub max_position_embeddings: usize,
    pub type_vocab_size: usize,
    pub layer_norm_eps: f64,
    pub position_embedding_type: String,
}

impl Default for AlbertConfig {
    fn default() -> Self {
        AlbertConfig {
            vocab_size: 30_000,
            embedding_size: 128,
            hidden_size: 4096,
            num_hidden_layers: 12,
            num_hidden_groups: 1,
            inner_group_num: 1,
            num_attention_heads: 64,
            intermediate_size: 16_384,
            hidden_act: "gelu_new".to_owned(),
            max_position_embeddings: 512,
            type_vocab_size: 2,
            layer_norm_eps: 1e-12,
            position_embedding_type: "absolute".to_owned(),
        }
    }
}

impl AlbertConfig {
    /// Reads and checks the text of a `config.json`.
    pub fn parse(model: &str, text: &str) -> Result<Self, ModelError> {
        parse(model, text, AlbertConfig::check)
    }

    fn check(&self) -> Result<(), Wrong> {
        sizes(&[
            ("vocab_size", self.vocab_size),
            ("embedding_size", self.embedding_size),
            ("hidden_size", self.hidden_size),
            ("num_attention_heads", self.num_attention_heads),
            ("intermediate_size", self.intermediate_size),
            ("type_vocab_size", self.type_vocab_size),
        ])?;
        layers("num_hidden_layers", self.num_hidden_layers)?;
        layers("num_hidden_groups", self.num_hidden_groups)?;
        layers("inner_group_num", self.inner_group_num)?;
        positions(self.max_position_embeddings)?;
        heads("num_attention_heads", self.num_attention_heads, self.hidden_size)?;
        let groups = self.num_hidden_groups;
        let expected = format!("at most num_hidden_layers, {}", self.num_hidden_layers);
        require(groups <= self.num_hidden_layers, "num_hidden_groups", groups, expected)?;
        epsilon(self.layer_norm_eps)?;
        absolute(&self.position_embedding_type)?;
        known_activation("hidden_act", &self.hidden_act)
    }

    /// The stack that it describes; its activation has been checked to be known.
    pub fn stack(&self) -> StackShape {
        StackShape {
            vocabulary: self.vocab_size,
            positions: self.max_position_embeddings,
            types: self.type_vocab_size,
            embedding: Some(self.embedding_size),
            layer: LayerShape {
                hidden: self.hidden_size,
                heads: self.num_attention_heads,
                intermediate: self.intermediate_size,
                activation: activation(&self.hidden_act).unwrap_or(Activation::GeluNew),
                epsilon: self.layer_norm_eps,
            },
            group_layers: self.inner_group_num,
            order: (0..self.num_hidden_layers).map(|layer| self.group_of(layer)).collect(),
        }
    }

    /// Which group layer `layer` takes its weights from: `int(layer / (layers / groups))`, as Hugging Face rounds.
    fn group_of(&self, layer: usize) -> usize {
        let layers_per_group = self.num_hidden_layers as f64 / self.num_hidden_groups as f64;
        (layer as f64 / layers_per_group) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::AlbertConfig;

    #[test]
    fn layers_fall_into_groups_in_order() {
        let config = AlbertConfig { num_hidden_layers: 7, num_hidden_groups: 3, ..AlbertConfig::default() };
        let groups: Vec<_> = (0..7).map(|layer| config.group_of(layer)).collect();
        assert_eq!(groups, [0, 0, 0, 1, 1, 2, 2]);
    }

    #[test]
    fn a_bad_value_is_named() {
        let cases = [
            (r#"{"hidden_size": 0}"#, "hidden_size is `0`"),
            (r#"{"hidden_size": 100, "num_attention_heads": 3}"#, "num_attention_heads is `3`"),
            (r#"{"hidden_act": "swish"}"#, "hidden_act is `swish`"),
            (r#"{"num_hidden_layers": 1000000000}"#, "num_hidden_layers is `1000000000`"),
            (r#"{"position_embedding_type": "relative_key"}"#, "position_embedding_type is `relative_key`"),
            ("3", "the file is"),
        ];
        for (text, expected) in cases {
            let message = AlbertConfig::parse("m", text).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }
}
