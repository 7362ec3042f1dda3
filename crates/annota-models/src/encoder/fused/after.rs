//! What follows the products of a layer, as operations of burn.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;

use crate::layers::Activation;

/// Operations that GPUs have a kernel for. Those that keep the shape of `x` write to its buffer if nothing else
/// holds it.
#[backend_extension(Cube)]
pub trait AfterProduct: Backend {
    /// `x [b, s, 3h]` + `bias [3h]` → `[3, b, heads, s, h / heads]`.
    fn bias_heads(x: FloatTensor<Self>, bias: FloatTensor<Self>, heads: usize) -> FloatTensor<Self>;

    /// `activation(x [b, s, i] + bias [i])`.
    fn bias_activation(x: FloatTensor<Self>, bias: FloatTensor<Self>, activation: Activation) -> FloatTensor<Self>;

    /// The layer norm, by `scale [h]` and `shift [h]`, of `x [b, s, h]` + `bias [h]` + `residual [b, s, h]`.
    fn bias_residual_norm(
        x: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        epsilon: f32,
    ) -> FloatTensor<Self>;
}

/// [`AfterProduct::bias_heads`]: query, key and value by heads.
pub fn bias_heads(x: Tensor<3>, bias: Tensor<1>, heads: usize) -> Tensor<5> {
    let [x, bias] = [x.into_dispatch(), bias.into_dispatch()];
    Tensor::from_dispatch(<Dispatch as AfterProduct>::bias_heads(x, bias, heads))
}

/// [`AfterProduct::bias_activation`].
pub fn bias_activation(x: Tensor<3>, bias: Tensor<1>, activation: Activation) -> Tensor<3> {
    let [x, bias] = [x.into_dispatch(), bias.into_dispatch()];
    Tensor::from_dispatch(<Dispatch as AfterProduct>::bias_activation(x, bias, activation))
}

/// [`AfterProduct::bias_residual_norm`], by scale and shift.
pub fn bias_residual_norm(
    x: Tensor<3>,
    bias: Tensor<1>,
    residual: Tensor<3>,
    norm: [Tensor<1>; 2],
    epsilon: f32,
) -> Tensor<3> {
    let [x, residual] = [x, residual].map(Tensor::into_dispatch);
    let (bias, [scale, shift]) = (bias.into_dispatch(), norm.map(Tensor::into_dispatch));
    Tensor::from_dispatch(<Dispatch as AfterProduct>::bias_residual_norm(x, bias, residual, scale, shift, epsilon))
}
