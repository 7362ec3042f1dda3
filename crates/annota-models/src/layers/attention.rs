use burn::module::Module;
use burn::nn::{LayerNorm, Linear};
use burn::tensor::module::attention;
use burn::tensor::ops::AttentionModuleOptions;
use burn::tensor::{Bool, Device, Tensor};

use super::{layer_norm, linear};

/// Multi-head self-attention with its output projection, residual and layer norm (post-norm, as in BERT).
#[derive(Module, Debug)]
pub struct SelfAttention {
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    norm: LayerNorm,
    #[module(skip)]
    heads: usize,
}

impl SelfAttention {
    pub fn new(hidden: usize, heads: usize, epsilon: f64, device: &Device) -> Self {
        let square = || linear(hidden, hidden, device);
        let norm = layer_norm(hidden, epsilon, device);
        SelfAttention { query: square(), key: square(), value: square(), output: square(), norm, heads }
    }

    /// Query, key, value and output.
    pub fn linears(&self) -> [&Linear; 4] {
        [&self.query, &self.key, &self.value, &self.output]
    }

    pub fn norm(&self) -> &LayerNorm {
        &self.norm
    }

    /// `x [b, s, h]`, `padding [b, heads, s, s]` true where a key is padding → `[b, s, h]`.
    pub fn forward(&self, x: Tensor<3>, padding: Option<Tensor<4, Bool>>) -> Tensor<3> {
        let [b, s, h] = x.dims();
        let split = |y: Tensor<3>| y.reshape([b, s, self.heads, h / self.heads]).swap_dims(1, 2);
        let query = split(self.query.forward(x.clone()));
        let key = split(self.key.forward(x.clone()));
        let value = split(self.value.forward(x.clone()));
        let context = attention(query, key, value, padding, None, AttentionModuleOptions::default());
        let context = context.swap_dims(1, 2).reshape([b, s, h]);
        self.norm.forward(x + self.output.forward(context))
    }
}

/// `padding [b, s]` → the mask that [`SelfAttention::forward`] takes, as a view.
pub fn mask(padding: Tensor<2, Bool>, heads: usize) -> Tensor<4, Bool> {
    let [b, s] = padding.dims();
    padding.reshape([b, 1, 1, s]).expand([b, heads, s, s])
}
