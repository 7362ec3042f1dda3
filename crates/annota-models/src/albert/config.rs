use std::fmt::Display;

use serde::Deserialize;

use crate::ModelError;
use crate::layers::Activation;

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

/// Largest count that any field may have. Far above every published model, far below what would exhaust memory
/// before the checkpoint's shapes are compared.
const LARGEST: usize = 1 << 20;

impl AlbertConfig {
    /// Reads and checks the text of a `config.json`.
    pub fn parse(model: &str, text: &str) -> Result<Self, ModelError> {
        let config: AlbertConfig = serde_json::from_str(text).map_err(|error| ModelError::Config {
            model: model.to_owned(),
            key: "the file".to_owned(),
            value: error.to_string(),
            expected: "a JSON object with ALBERT's settings".to_owned(),
        })?;
        config.check().map_err(|(key, value, expected)| ModelError::Config {
            model: model.to_owned(),
            key: key.to_owned(),
            value,
            expected,
        })?;
        Ok(config)
    }

    fn check(&self) -> Result<(), (&'static str, String, String)> {
        let sizes = [
            ("vocab_size", self.vocab_size),
            ("embedding_size", self.embedding_size),
            ("hidden_size", self.hidden_size),
            ("num_hidden_layers", self.num_hidden_layers),
            ("num_hidden_groups", self.num_hidden_groups),
            ("inner_group_num", self.inner_group_num),
            ("num_attention_heads", self.num_attention_heads),
            ("intermediate_size", self.intermediate_size),
            ("type_vocab_size", self.type_vocab_size),
        ];
        for (key, value) in sizes {
            require((1..=LARGEST).contains(&value), key, value, format!("1 to {LARGEST}"))?;
        }
        let (positions, heads) = (self.max_position_embeddings, self.num_attention_heads);
        require((3..=LARGEST).contains(&positions), "max_position_embeddings", positions, format!("3 to {LARGEST}"))?;
        require(
            self.hidden_size.is_multiple_of(heads),
            "num_attention_heads",
            heads,
            format!("a divisor of hidden_size, {}", self.hidden_size),
        )?;
        let groups = self.num_hidden_groups;
        require(
            groups <= self.num_hidden_layers,
            "num_hidden_groups",
            groups,
            format!("at most num_hidden_layers, {}", self.num_hidden_layers),
        )?;
        let epsilon = self.layer_norm_eps;
        require(epsilon > 0.0 && epsilon < 1.0, "layer_norm_eps", epsilon, "a number between 0 and 1".to_owned())?;
        let kind = &self.position_embedding_type;
        require(kind == "absolute", "position_embedding_type", kind, "`absolute`".to_owned())?;
        require(
            activation(&self.hidden_act).is_some(),
            "hidden_act",
            &self.hidden_act,
            "`gelu`, `gelu_new` or `relu`".to_owned(),
        )
    }

    /// The activation that [`AlbertConfig::parse`] has checked to be known.
    pub fn activation(&self) -> Activation {
        activation(&self.hidden_act).unwrap_or(Activation::GeluNew)
    }

    /// Which group layer `layer` takes its weights from: `int(layer / (layers / groups))`, as Hugging Face rounds.
    pub fn group_of(&self, layer: usize) -> usize {
        let layers_per_group = self.num_hidden_layers as f64 / self.num_hidden_groups as f64;
        (layer as f64 / layers_per_group) as usize
    }
}

fn activation(name: &str) -> Option<Activation> {
    serde_json::from_value(serde_json::Value::from(name)).ok()
}

fn require(
    holds: bool,
    key: &'static str,
    value: impl Display,
    expected: String,
) -> Result<(), (&'static str, String, String)> {
    if holds { Ok(()) } else { Err((key, value.to_string(), expected)) }
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
