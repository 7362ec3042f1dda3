use burn::nn::{LayerNorm, Linear};
use burn::tensor::module::linear;
use burn::tensor::{Bool, Tensor};

use super::after::{bias_activation, bias_heads, bias_residual_norm};
use super::attention::attention;
use crate::layers::{Activation, Layer, LayerShape, scale_and_shift, weight_and_bias};

/// A [`Layer`] whose query, key and value are one product, and whose products have their bias added by what follows.
pub struct FusedLayer {
    attention_in: Product,
    attention_out: ProductNorm,
    feed_in: Product,
    feed_out: ProductNorm,
    heads: usize,
    activation: Activation,
}

struct Product {
    weight: Tensor<2>,
    bias: Tensor<1>,
}

/// A product and the norm of its sum with what the layer's half began with.
struct ProductNorm {
    product: Product,
    scale: Tensor<1>,
    shift: Tensor<1>,
    epsilon: f32,
}

impl FusedLayer {
    pub fn new(layer: Layer, shape: LayerShape) -> Self {
        let LayerShape { heads, activation, epsilon, .. } = shape;
        let (attention, feed_forward) = layer.into_parts();
        let [query, key, value, output] = attention.linears();
        let [feed_in, feed_out] = feed_forward.linears();
        FusedLayer {
            attention_in: Product::merged([query, key, value]),
            attention_out: ProductNorm::new(output, attention.norm(), epsilon),
            feed_in: Product::merged([feed_in]),
            feed_out: ProductNorm::new(feed_out, feed_forward.norm(), epsilon),
            heads,
            activation,
        }
    }

    /// `x [b, s, h]`, `padding [b, heads, s, s]` true where a key is padding → `[b, s, h]`.
    pub fn forward(&self, x: Tensor<3>, padding: Option<Tensor<4, Bool>>) -> Tensor<3> {
        let heads = bias_heads(self.attention_in.of(x.clone()), self.attention_in.bias.clone(), self.heads);
        let part = |index| heads.clone().narrow(0, index, 1).squeeze_dim::<4>(0);
        let context = attention(part(0), part(1), part(2), padding);
        let x = self.attention_out.forward(context.swap_dims(1, 2).reshape(x.dims()), x);
        let inner = bias_activation(self.feed_in.of(x.clone()), self.feed_in.bias.clone(), self.activation);
        self.feed_out.forward(inner, x)
    }
}

impl Product {
    /// Of layers with the same input, one after another.
    fn merged<const N: usize>(linears: [&Linear; N]) -> Self {
        let (weights, biases) = linears.map(weight_and_bias).into_iter().unzip();
        Product { weight: Tensor::cat(weights, 1), bias: Tensor::cat(biases, 0) }
    }

    /// `x [b, s, i]` → `[b, s, o]`, without the bias.
    fn of(&self, x: Tensor<3>) -> Tensor<3> {
        linear(x, self.weight.clone(), None)
    }
}

impl ProductNorm {
    fn new(linear: &Linear, norm: &LayerNorm, epsilon: f64) -> Self {
        let [scale, shift] = scale_and_shift(norm);
        ProductNorm { product: Product::merged([linear]), scale, shift, epsilon: epsilon as f32 }
    }

    /// `x [b, s, i]`, `residual [b, s, o]` → `[b, s, o]`.
    fn forward(&self, x: Tensor<3>, residual: Tensor<3>) -> Tensor<3> {
        let norm = [self.scale.clone(), self.shift.clone()];
        bias_residual_norm(self.product.of(x), self.product.bias.clone(), residual, norm, self.epsilon)
    }
}
