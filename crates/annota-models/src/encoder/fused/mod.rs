//! A [`Stack`] on a GPU: products of matrices by burn, which tunes them, all that stands between them by kernels that
//! read and write the states once, and attention by one kernel where that is faster.

mod after;
mod attention;
mod kernels;
mod layer;
#[cfg(test)]
mod tests;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{FloatDType, Tensor};
use layer::FusedLayer;

use super::stack::Stack;
use super::{Batching, Encoder, Padded, Shape, States};
use crate::Precision;
use crate::layers::mask;

/// The layers of a [`Stack`] with their products merged; the rest of it as it was.
pub struct FusedStack {
    groups: Vec<Vec<FusedLayer>>,
    /// Without layers.
    rest: Stack,
}

impl FusedStack {
    pub fn new(stack: Stack, precision: Precision) -> Self {
        let mut rest = if precision == Precision::F16 { stack.map(&mut ToHalf) } else { stack };
        let shape = rest.shape.layer;
        let fused = |layer| FusedLayer::new(layer, shape);
        let groups = std::mem::take(&mut rest.groups);
        let groups = groups.into_iter().map(|group| group.layers.into_iter().map(fused).collect()).collect();
        FusedStack { groups, rest }
    }

    /// The layers in the order in which a text passes them.
    fn layers(&self) -> impl Iterator<Item = &FusedLayer> {
        self.rest.shape.order.iter().flat_map(|group| &self.groups[*group])
    }
}

impl Encoder for FusedStack {
    fn shape(&self) -> Shape {
        self.rest.shape()
    }

    fn batching(&self) -> Batching {
        Batching::FewShapes
    }

    fn forward(&self, sequences: &[&[u32]]) -> Result<States, String> {
        let shape = &self.rest.shape;
        let batch = Padded::new(sequences, true, shape.positions, &self.rest.device());
        let mask = batch.padding.map(|padding| mask(padding, shape.layer.heads));
        let x = self.layers().fold(self.rest.embed(batch.ids), |x, layer| layer.forward(x, mask.clone()));
        Ok(States::Padded(x))
    }

    fn pool(&self, first: Tensor<2>) -> Option<Tensor<2>> {
        self.rest.pool(first)
    }
}

/// Turns every parameter into f16.
struct ToHalf;

impl ModuleMapper for ToHalf {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| tensor.cast(FloatDType::F16))
    }
}
