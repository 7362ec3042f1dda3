use burn::tensor::{Tensor, activation};
use serde::Deserialize;

/// The activation between the two halves of a feed-forward layer, by the name that `config.json` gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// `x · Φ(x)` with the error function (ALBERT v1, BERT).
    Gelu,
    /// The tanh approximation of [`Activation::Gelu`] (ALBERT v2).
    #[serde(alias = "gelu_pytorch_tanh")]
    GeluNew,
    Relu,
}

impl Activation {
    pub fn forward<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Activation::Gelu => activation::gelu(x),
            Activation::GeluNew => activation::gelu_approximate(x),
            Activation::Relu => activation::relu(x),
        }
    }
}
