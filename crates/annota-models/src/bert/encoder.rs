use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor};

use super::BertConfig;
use crate::encoder::{Encoder, PaddedBatch};
use crate::layers::{Embeddings, Layer, linear};

/// The encoder: embeddings of the hidden size, then every layer with weights of its own.
#[derive(Module, Debug)]
pub struct BertEncoder {
    embeddings: Embeddings,
    layers: Vec<Layer>,
    pooler: Option<Linear>,
    #[module(skip)]
    config: BertConfig,
}

impl BertEncoder {
    pub fn new(config: &BertConfig, device: &Device) -> Self {
        let (hidden, shape) = (config.hidden_size, config.layer_shape());
        let tables = [config.vocab_size, config.max_position_embeddings, config.type_vocab_size];
        BertEncoder {
            embeddings: Embeddings::new(tables, hidden, config.layer_norm_eps, device),
            layers: (0..config.num_hidden_layers).map(|_| Layer::new(shape, device)).collect(),
            pooler: Some(linear(hidden, hidden, device)),
            config: config.clone(),
        }
    }

    /// For checkpoints that were saved without one.
    pub fn drop_pooler(&mut self) {
        self.pooler = None;
    }
}

impl Encoder for BertEncoder {
    fn hidden_size(&self) -> usize {
        self.config.hidden_size
    }

    fn vocabulary_size(&self) -> usize {
        self.config.vocab_size
    }

    fn max_positions(&self) -> usize {
        self.config.max_position_embeddings
    }

    fn forward(&self, batch: PaddedBatch) -> Tensor<3> {
        let mut x = self.embeddings.forward(batch.ids);
        let mask = batch.padding.zip(self.layers.first()).map(|(padding, layer)| layer.mask(padding));
        for layer in &self.layers {
            x = layer.forward(x, mask.clone());
        }
        x
    }

    fn pool(&self, first: Tensor<2>) -> Option<Tensor<2>> {
        self.pooler.as_ref().map(|pooler| pooler.forward(first).tanh())
    }
}
