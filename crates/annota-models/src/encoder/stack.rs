use burn::module::{Module, ModuleMapper, Param};
use burn::nn::Linear;
use burn::tensor::{Device, FloatDType, Tensor};

use super::packed::PackedStack;
use super::{Batching, Encoder, Padded, Shape, States, Work};
use crate::checkpoint::{Layout, Opened, Weights, load};
use crate::layers::{Embeddings, Layer, LayerShape, linear};
use crate::{DeviceKind, ModelError, OpenDevice, Precision, Target};

/// Embeddings, a map to the hidden size where they are smaller, layers in groups that share their weights, and a
/// pooler: BERT and its kin. Families give it a shape and their names of its tensors.
#[derive(Module, Debug)]
pub struct Stack {
    pub(super) embeddings: Embeddings,
    pub(super) projection: Option<Linear>,
    pub(super) groups: Vec<Group>,
    pub(super) pooler: Option<Linear>,
    #[module(skip)]
    pub(super) shape: StackShape,
    #[module(skip)]
    few_shapes: bool,
}

/// The layers that follow each other whenever the group is used.
#[derive(Module, Debug)]
pub(super) struct Group {
    pub(super) layers: Vec<Layer>,
}

/// The part of a configuration that decides what a [`Stack`] computes.
#[derive(Debug, Clone)]
pub struct StackShape {
    pub vocabulary: usize,
    pub positions: usize,
    /// Token types; 0 for models without.
    pub types: usize,
    /// `e` of models that map their embeddings to the hidden size.
    pub embedding: Option<usize>,
    pub layer: LayerShape,
    /// How many layers a group has.
    pub group_layers: usize,
    /// The groups in the order in which a text passes them, those of number 0, 1, … all occurring.
    pub order: Vec<usize>,
}

impl StackShape {
    pub(super) fn of_encoder(&self, pooler: Option<&Linear>) -> Shape {
        Shape {
            hidden_size: self.layer.hidden,
            vocabulary_size: self.vocabulary,
            max_positions: self.positions,
            has_pooler: pooler.is_some(),
            work: self.work(),
        }
    }

    /// An operation is an addition or a multiplication.
    fn work(&self) -> Work {
        let LayerShape { hidden, intermediate, .. } = self.layer;
        let layers = self.group_layers * self.order.len();
        let layer = 2 * (4 * hidden * hidden + 2 * hidden * intermediate);
        let projection = self.embedding.map_or(0, |embedding| 2 * embedding * hidden);
        Work { per_piece: (projection + layers * layer) as u64, per_pair: (layers * 4 * hidden) as u64 }
    }
}

/// Builds the stack of a shape and fills it from a checkpoint whose tensors are named as `layout` says.
///
/// # Errors
/// [`ModelError::Checkpoint`] for tensors that are missing, unknown or misshapen, [`ModelError::Unsupported`] for a
/// precision that the device has not.
pub fn open(
    model: &str,
    shape: StackShape,
    weights: &Weights,
    layout: &Layout,
    target: &Target,
) -> Result<Opened, ModelError> {
    let possible = precisions(&target.device);
    if !possible.contains(&target.precision) {
        let (precision, name) = (target.precision, &target.device.name);
        let reason = format!("precision `{precision}` is not possible on `{name}`: expected {}", listed(possible));
        return Err(ModelError::Unsupported { model: model.to_owned(), reason });
    }
    let mut stack = Stack::new(shape, &target.device);
    let report = load(&mut stack, model, weights, layout)?;
    if !report.has("pooler.") {
        stack.pooler = None;
    }
    let encoder: Box<dyn Encoder> = match (target.device.kind, target.precision) {
        (DeviceKind::Cpu, precision) => Box::new(PackedStack::new(stack, precision)),
        (_, Precision::F16) => Box::new(stack.map(&mut ToHalf)),
        _ => Box::new(stack),
    };
    Ok((encoder, report))
}

/// What a device can multiply.
fn precisions(device: &OpenDevice) -> &'static [Precision] {
    match device.kind {
        DeviceKind::Cpu => &[Precision::F32, Precision::Bf16, Precision::Int8],
        DeviceKind::Gpu if device.device.supports_dtype(FloatDType::F16) => &[Precision::F32, Precision::F16],
        DeviceKind::Gpu | DeviceKind::CpuReference => &[Precision::F32],
    }
}

/// `f32, bf16 or int8`
fn listed(precisions: &[Precision]) -> String {
    let names: Vec<String> = precisions.iter().map(Precision::to_string).collect();
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => names.concat(),
    }
}

/// Turns every parameter into f16.
struct ToHalf;

impl ModuleMapper for ToHalf {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| tensor.cast(FloatDType::F16))
    }
}

impl Stack {
    fn new(shape: StackShape, open: &OpenDevice) -> Self {
        let (device, hidden) = (&open.device, shape.layer.hidden);
        let tables = [shape.vocabulary, shape.positions, shape.types];
        let embedding = shape.embedding.unwrap_or(hidden);
        let layer = |_| Layer::new(shape.layer, device);
        let group = |_| Group { layers: (0..shape.group_layers).map(layer).collect() };
        Stack {
            embeddings: Embeddings::new(tables, embedding, shape.layer.epsilon, device),
            projection: shape.embedding.map(|size| linear(size, hidden, device)),
            groups: (0..shape.order.iter().max().map_or(0, |last| last + 1)).map(group).collect(),
            pooler: Some(linear(hidden, hidden, device)),
            few_shapes: open.kind == DeviceKind::Gpu,
            shape,
        }
    }

    /// The layers in the order in which a text passes them.
    fn layers(&self) -> impl Iterator<Item = &Layer> {
        self.shape.order.iter().flat_map(|group| &self.groups[*group].layers)
    }

    fn device(&self) -> Device {
        self.embeddings.device()
    }
}

impl Encoder for Stack {
    fn shape(&self) -> Shape {
        self.shape.of_encoder(self.pooler.as_ref())
    }

    fn batching(&self) -> Batching {
        if self.few_shapes { Batching::FewShapes } else { Batching::Padded }
    }

    fn forward(&self, sequences: &[&[u32]]) -> Result<States, String> {
        let batch = Padded::new(sequences, self.few_shapes, self.shape.positions, &self.device());
        let mut x = self.embeddings.forward(batch.ids);
        if let Some(projection) = &self.projection {
            x = projection.forward(x);
        }
        let mask = batch.padding.zip(self.layers().next()).map(|(padding, layer)| layer.mask(padding));
        for layer in self.layers() {
            x = layer.forward(x, mask.clone());
        }
        Ok(States::Padded(x))
    }

    fn pool(&self, first: Tensor<2>) -> Option<Tensor<2>> {
        self.pooler.as_ref().map(|pooler| pooler.forward(first).tanh())
    }
}
