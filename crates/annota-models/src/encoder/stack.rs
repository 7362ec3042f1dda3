use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Device, FloatDType, Int, Tensor};

#[cfg(any(feature = "wgpu", feature = "cuda"))]
use super::fused::FusedStack;
use super::packed::PackedStack;
use super::{Batching, Encoder, Padded, Shape, States, Work};
use crate::checkpoint::{Layout, Opened, Weights, load};
use crate::layers::{Embeddings, Layer, LayerShape, linear, mask};
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
    let mut stack = Stack::new(shape, &target.device.device);
    let report = load(&mut stack, model, weights, layout)?;
    if !report.has("pooler.") {
        stack.pooler = None;
    }
    let encoder: Box<dyn Encoder> = match target.device.kind {
        DeviceKind::Cpu(isa) => Box::new(PackedStack::new(stack, isa, target.precision)),
        #[cfg(any(feature = "wgpu", feature = "cuda"))]
        DeviceKind::Gpu => Box::new(FusedStack::new(stack, target.precision)),
        _ => Box::new(stack),
    };
    Ok((encoder, report))
}

/// What a device can multiply.
fn precisions(device: &OpenDevice) -> &'static [Precision] {
    match device.kind {
        DeviceKind::Cpu(_) => &[Precision::F32, Precision::Bf16, Precision::Int8],
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

impl Stack {
    fn new(shape: StackShape, device: &Device) -> Self {
        let hidden = shape.layer.hidden;
        let tables = [shape.vocabulary, shape.positions, shape.types];
        let embedding = shape.embedding.unwrap_or(hidden);
        let layer = |_| Layer::new(shape.layer, device);
        let group = |_| Group { layers: (0..shape.group_layers).map(layer).collect() };
        Stack {
            embeddings: Embeddings::new(tables, embedding, shape.layer.epsilon, device),
            projection: shape.embedding.map(|size| linear(size, hidden, device)),
            groups: (0..shape.order.iter().max().map_or(0, |last| last + 1)).map(group).collect(),
            pooler: Some(linear(hidden, hidden, device)),
            shape,
        }
    }

    /// The layers in the order in which a text passes them.
    fn layers(&self) -> impl Iterator<Item = &Layer> {
        self.shape.order.iter().flat_map(|group| &self.groups[*group].layers)
    }

    pub(super) fn device(&self) -> Device {
        self.embeddings.device()
    }

    /// `ids [b, s]` → what the first layer takes, `[b, s, h]`.
    pub(super) fn embed(&self, ids: Tensor<2, Int>) -> Tensor<3> {
        let x = self.embeddings.forward(ids);
        match &self.projection {
            Some(projection) => projection.forward(x),
            None => x,
        }
    }
}

impl Encoder for Stack {
    fn shape(&self) -> Shape {
        self.shape.of_encoder(self.pooler.as_ref())
    }

    fn batching(&self) -> Batching {
        Batching::Padded
    }

    fn forward(&self, sequences: &[&[u32]]) -> Result<States, String> {
        let batch = Padded::new(sequences, false, self.shape.positions, &self.device());
        let mask = batch.padding.map(|padding| mask(padding, self.shape.layer.heads));
        let x = self.layers().fold(self.embed(batch.ids), |x, layer| layer.forward(x, mask.clone()));
        Ok(States::Padded(x))
    }

    fn pool(&self, first: Tensor<2>) -> Option<Tensor<2>> {
        self.pooler.as_ref().map(|pooler| pooler.forward(first).tanh())
    }
}
