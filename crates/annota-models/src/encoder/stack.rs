use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor};

use super::{Encoder, Padded, Shape, States};
use crate::ModelError;
use crate::checkpoint::{Layout, Opened, Weights, load};
use crate::device::OpenDevice;
use crate::layers::{Embeddings, Layer, LayerShape, linear};

/// Embeddings, a map to the hidden size where they are smaller, layers in groups that share their weights, and a
/// pooler: BERT and its kin. Families give it a shape and their names of its tensors.
#[derive(Module, Debug)]
pub struct Stack {
    embeddings: Embeddings,
    projection: Option<Linear>,
    groups: Vec<Group>,
    pooler: Option<Linear>,
    #[module(skip)]
    shape: StackShape,
    #[module(skip)]
    few_shapes: bool,
}

/// The layers that follow each other whenever the group is used.
#[derive(Module, Debug)]
struct Group {
    layers: Vec<Layer>,
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

/// Builds the stack of a shape and fills it from a checkpoint whose tensors are named as `layout` says.
///
/// # Errors
/// [`ModelError::Checkpoint`] for tensors that are missing, unknown or misshapen.
pub fn open(
    model: &str,
    shape: StackShape,
    weights: &Weights,
    layout: &Layout,
    device: &OpenDevice,
) -> Result<Opened, ModelError> {
    let mut stack = Stack::new(shape, device);
    let report = load(&mut stack, model, weights, layout)?;
    if !report.has("pooler.") {
        stack.pooler = None;
    }
    Ok((Box::new(stack), report))
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
            few_shapes: open.is_gpu,
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
        Shape {
            hidden_size: self.shape.layer.hidden,
            vocabulary_size: self.shape.vocabulary,
            max_positions: self.shape.positions,
            has_pooler: self.pooler.is_some(),
        }
    }

    fn pads(&self) -> bool {
        true
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
