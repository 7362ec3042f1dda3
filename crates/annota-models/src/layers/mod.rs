//! The bricks that encoder families are made of. Every layer documents its shapes:
//! `b` sequences, `s` positions, `e` embedding size, `h` hidden size, `i` intermediate size.

mod activation;
mod attention;
mod embeddings;
mod feed_forward;
mod layer;

pub use activation::Activation;
pub use attention::SelfAttention;
pub use embeddings::Embeddings;
pub use feed_forward::FeedForward;
pub use layer::{Layer, LayerShape};

use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::Device;

pub(crate) fn linear(input: usize, output: usize, device: &Device) -> Linear {
    LinearConfig::new(input, output).init(device)
}

pub(crate) fn layer_norm(size: usize, epsilon: f64, device: &Device) -> LayerNorm {
    LayerNormConfig::new(size).with_epsilon(epsilon).init(device)
}
