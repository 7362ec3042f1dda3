use burn::module::Module;
use burn::nn::{LayerNorm, Linear};
use burn::tensor::{Device, Tensor};

use super::{Activation, layer_norm, linear};

/// `norm(x + output(activation(input(x))))`.
#[derive(Module, Debug)]
pub struct FeedForward {
    input: Linear,
    output: Linear,
    norm: LayerNorm,
    #[module(skip)]
    activation: Activation,
}

impl FeedForward {
    pub fn new(hidden: usize, intermediate: usize, activation: Activation, epsilon: f64, device: &Device) -> Self {
        FeedForward {
            input: linear(hidden, intermediate, device),
            output: linear(intermediate, hidden, device),
            norm: layer_norm(hidden, epsilon, device),
            activation,
        }
    }

    /// The first, `h` → `i`, and the second, `i` → `h`.
    pub fn linears(&self) -> [&Linear; 2] {
        [&self.input, &self.output]
    }

    pub fn norm(&self) -> &LayerNorm {
        &self.norm
    }

    /// `[b, s, h]` → `[b, s, h]`.
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let inner = self.activation.forward(self.input.forward(x.clone()));
        self.norm.forward(self.output.forward(inner) + x)
    }
}
