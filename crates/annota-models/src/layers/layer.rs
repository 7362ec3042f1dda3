use burn::module::Module;
use burn::nn::LayerNorm;
use burn::tensor::{Bool, Device, Tensor};

use super::{Activation, FeedForward, SelfAttention};

/// Self-attention and feed-forward network, each with residual and layer norm: a layer of BERT and of its kin.
#[derive(Module, Debug)]
pub struct Layer {
    attention: SelfAttention,
    feed_forward: FeedForward,
}

/// What the layers of an encoder have in common.
#[derive(Debug, Clone, Copy)]
pub struct LayerShape {
    /// `h`
    pub hidden: usize,
    pub heads: usize,
    /// `i`
    pub intermediate: usize,
    pub activation: Activation,
    /// Of the layer norms.
    pub epsilon: f64,
}

impl LayerShape {
    /// Numbers in the matrices of a layer.
    pub fn weights(&self) -> usize {
        4 * self.hidden * self.hidden + 2 * self.hidden * self.intermediate
    }
}

impl Layer {
    pub fn new(shape: LayerShape, device: &Device) -> Self {
        let LayerShape { hidden, heads, intermediate, activation, epsilon } = shape;
        Layer {
            attention: SelfAttention::new(hidden, heads, epsilon, device),
            feed_forward: FeedForward::new(hidden, intermediate, activation, epsilon, device),
        }
    }

    /// The norm that the layer's output comes out of.
    pub fn output_norm(&self) -> &LayerNorm {
        self.feed_forward.norm()
    }

    pub fn into_parts(self) -> (SelfAttention, FeedForward) {
        (self.attention, self.feed_forward)
    }

    /// `x [b, s, h]`, `padding [b, heads, s, s]` true where a key is padding → `[b, s, h]`.
    pub fn forward(&self, x: Tensor<3>, padding: Option<Tensor<4, Bool>>) -> Tensor<3> {
        self.feed_forward.forward(self.attention.forward(x, padding))
    }
}
