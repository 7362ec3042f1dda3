//! The bricks that encoder families are made of. Every layer documents its shapes:
//! `b` sequences, `s` positions, `e` embedding size, `h` hidden size, `i` intermediate size.

mod activation;
mod attention;
mod embeddings;
mod feed_forward;
mod layer;

pub use activation::Activation;
pub use attention::{SelfAttention, mask};
pub use embeddings::Embeddings;
pub use feed_forward::FeedForward;
pub use layer::{Layer, LayerShape};

use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};

pub(crate) fn linear(input: usize, output: usize, device: &Device) -> Linear {
    LinearConfig::new(input, output).init(device)
}

pub(crate) fn layer_norm(size: usize, epsilon: f64, device: &Device) -> LayerNorm {
    LayerNormConfig::new(size).with_epsilon(epsilon).init(device)
}

/// What a layer norm multiplies by and adds, `[h]` each.
pub(crate) fn scale_and_shift(norm: &LayerNorm) -> [Tensor<1>; 2] {
    let scale = norm.gamma.val();
    let shift = norm.beta.as_ref().map_or_else(|| scale.zeros_like(), |beta| beta.val());
    [scale, shift]
}

/// The numbers of a linear layer, `[input, output]` and `[output]`.
pub(crate) fn weight_and_bias(linear: &Linear) -> (Tensor<2>, Tensor<1>) {
    let weight = linear.weight.val();
    let none = || Tensor::zeros([weight.dims()[1]], (&weight.device(), weight.dtype()));
    let bias = linear.bias.as_ref().map_or_else(none, |bias| bias.val());
    (weight, bias)
}
