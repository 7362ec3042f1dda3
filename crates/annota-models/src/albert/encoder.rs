use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor};

use super::AlbertConfig;
use crate::encoder::{Encoder, PaddedBatch};
use crate::layers::{Embeddings, Layer, linear};

/// The encoder: embeddings of size `e` mapped to `h`, then every layer with the weights of its group.
#[derive(Module, Debug)]
pub struct AlbertEncoder {
    embeddings: Embeddings,
    projection: Linear,
    groups: Vec<Group>,
    pooler: Option<Linear>,
    #[module(skip)]
    config: AlbertConfig,
}

/// The inner layers that follow each other whenever the group is used.
#[derive(Module, Debug)]
pub struct Group {
    layers: Vec<Layer>,
}

impl AlbertEncoder {
    pub fn new(config: &AlbertConfig, device: &Device) -> Self {
        let (hidden, epsilon) = (config.hidden_size, config.layer_norm_eps);
        let layer = |_| Layer::new(config.layer_shape(), device);
        let group = || Group { layers: (0..config.inner_group_num).map(layer).collect() };
        let tables = [config.vocab_size, config.max_position_embeddings, config.type_vocab_size];
        AlbertEncoder {
            embeddings: Embeddings::new(tables, config.embedding_size, epsilon, device),
            projection: linear(config.embedding_size, hidden, device),
            groups: (0..config.num_hidden_groups).map(|_| group()).collect(),
            pooler: Some(linear(hidden, hidden, device)),
            config: config.clone(),
        }
    }

    /// For checkpoints that were saved without one.
    pub fn drop_pooler(&mut self) {
        self.pooler = None;
    }

    /// The inner layers in the order in which a text passes them.
    fn layers(&self) -> impl Iterator<Item = &Layer> {
        (0..self.config.num_hidden_layers).flat_map(|layer| &self.groups[self.config.group_of(layer)].layers)
    }
}

impl Encoder for AlbertEncoder {
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
        let mut x = self.projection.forward(self.embeddings.forward(batch.ids));
        let mask = batch.padding.zip(self.layers().next()).map(|(padding, layer)| layer.mask(padding));
        for layer in self.layers() {
            x = layer.forward(x, mask.clone());
        }
        x
    }

    fn pool(&self, first: Tensor<2>) -> Option<Tensor<2>> {
        self.pooler.as_ref().map(|pooler| pooler.forward(first).tanh())
    }
}
