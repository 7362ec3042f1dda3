//! ALBERT on candle, as candle-transformers writes its BERT: separate projections, an explicit softmax.

use candle_core::{D, Result, Tensor};
use candle_nn::{Embedding, LayerNorm, Linear, Module, VarBuilder, embedding, layer_norm, linear, ops::softmax};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Config {
    vocab_size: usize,
    embedding_size: usize,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    max_position_embeddings: usize,
    type_vocab_size: usize,
    layer_norm_eps: f64,
}

struct Embeddings {
    words: Embedding,
    positions: Embedding,
    types: Embedding,
    norm: LayerNorm,
}

impl Embeddings {
    fn load(vb: VarBuilder, config: &Config) -> Result<Self> {
        let size = config.embedding_size;
        Ok(Embeddings {
            words: embedding(config.vocab_size, size, vb.pp("word_embeddings"))?,
            positions: embedding(config.max_position_embeddings, size, vb.pp("position_embeddings"))?,
            types: embedding(config.type_vocab_size, size, vb.pp("token_type_embeddings"))?,
            norm: layer_norm(size, config.layer_norm_eps, vb.pp("LayerNorm"))?,
        })
    }

    fn forward(&self, ids: &Tensor) -> Result<Tensor> {
        let positions = Tensor::arange(0, ids.dim(1)? as u32, ids.device())?;
        let states = (self.words.forward(ids)? + self.types.forward(&ids.zeros_like()?)?)?;
        self.norm.forward(&states.broadcast_add(&self.positions.forward(&positions)?)?)
    }
}

struct Attention {
    query: Linear,
    key: Linear,
    value: Linear,
    dense: Linear,
    norm: LayerNorm,
    heads: usize,
}

impl Attention {
    fn load(vb: VarBuilder, config: &Config) -> Result<Self> {
        let size = config.hidden_size;
        let project = |name| linear(size, size, vb.pp(name));
        Ok(Attention {
            query: project("query")?,
            key: project("key")?,
            value: project("value")?,
            dense: project("dense")?,
            norm: layer_norm(size, config.layer_norm_eps, vb.pp("LayerNorm"))?,
            heads: config.num_attention_heads,
        })
    }

    fn by_head(&self, states: &Tensor) -> Result<Tensor> {
        let (batch, length, size) = states.dims3()?;
        states.reshape((batch, length, self.heads, size / self.heads))?.transpose(1, 2)?.contiguous()
    }

    fn forward(&self, states: &Tensor, mask: Option<&Tensor>) -> Result<Tensor> {
        let [query, key, value] = [&self.query, &self.key, &self.value]
            .map(|projection| projection.forward(states).and_then(|projected| self.by_head(&projected)));
        let (query, key, value) = (query?, key?, value?);
        let scores = (query.matmul(&key.t()?)? / (query.dim(D::Minus1)? as f64).sqrt())?;
        let scores = match mask {
            Some(mask) => scores.broadcast_add(mask)?,
            None => scores,
        };
        let mixed = softmax(&scores, D::Minus1)?.matmul(&value)?;
        let mixed = mixed.transpose(1, 2)?.contiguous()?.flatten_from(D::Minus2)?;
        self.norm.forward(&(self.dense.forward(&mixed)? + states)?)
    }
}

struct Layer {
    attention: Attention,
    ffn: Linear,
    ffn_output: Linear,
    norm: LayerNorm,
}

impl Layer {
    fn load(vb: VarBuilder, config: &Config) -> Result<Self> {
        let (size, inner) = (config.hidden_size, config.intermediate_size);
        Ok(Layer {
            attention: Attention::load(vb.pp("attention"), config)?,
            ffn: linear(size, inner, vb.pp("ffn"))?,
            ffn_output: linear(inner, size, vb.pp("ffn_output"))?,
            norm: layer_norm(size, config.layer_norm_eps, vb.pp("full_layer_layer_norm"))?,
        })
    }

    fn forward(&self, states: &Tensor, mask: Option<&Tensor>) -> Result<Tensor> {
        let states = self.attention.forward(states, mask)?;
        let inner = self.ffn_output.forward(&self.ffn.forward(&states)?.gelu()?)?;
        self.norm.forward(&(inner + states)?)
    }
}

pub struct Albert {
    embeddings: Embeddings,
    projection: Linear,
    /// The one that all layers share.
    layer: Layer,
    layers: usize,
}

impl Albert {
    pub fn load(vb: VarBuilder, config: &Config) -> Result<Self> {
        let encoder = vb.pp("encoder");
        let (from, to) = (config.embedding_size, config.hidden_size);
        Ok(Albert {
            embeddings: Embeddings::load(vb.pp("embeddings"), config)?,
            projection: linear(from, to, encoder.pp("embedding_hidden_mapping_in"))?,
            layer: Layer::load(encoder.pp("albert_layer_groups.0.albert_layers.0"), config)?,
            layers: config.num_hidden_layers,
        })
    }

    /// The last layer's states; `mask` is 1 where a piece is and 0 where padding is.
    pub fn forward(&self, ids: &Tensor, mask: Option<&Tensor>) -> Result<Tensor> {
        let hidden = |mask: &Tensor| ((1.0 - mask)? * f64::from(f32::MIN))?.unsqueeze(1)?.unsqueeze(1);
        let mask = mask.map(hidden).transpose()?;
        let mut states = self.projection.forward(&self.embeddings.forward(ids)?)?;
        for _ in 0..self.layers {
            states = self.layer.forward(&states, mask.as_ref())?;
        }
        Ok(states)
    }
}
