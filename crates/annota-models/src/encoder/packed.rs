//! A [`Stack`] on the CPU's kernels: weights packed once, no position padded.

use std::sync::Arc;

use annota_kernels as kernels;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, Flex, backend_extension};
use burn::nn::{LayerNorm, Linear};
use burn::tensor::{Tensor, TensorData};
use burn_flex::FlexTensor;

use super::stack::Stack;
use super::{Batching, Encoder, Shape, StackShape, States};
use crate::Precision;
use crate::layers::{Activation, Embeddings, Layer, LayerShape, scale_and_shift, weight_and_bias};

/// Bytes of weights in f32 that may take 2¼ times their memory: those of ALBERT up to xlarge, not of BERT.
const MOST_IN_QUARTERS: usize = 256 << 20;

/// The layers of a [`Stack`] in the form that the kernels want; its tables and its pooler as they were.
pub struct PackedStack {
    embeddings: Embeddings,
    pooler: Option<Linear>,
    layers: Arc<kernels::Stack>,
    shape: StackShape,
}

impl PackedStack {
    /// With the instruction set that is asked for, else with the best.
    pub fn new(stack: Stack, isa: Option<kernels::Isa>, precision: Precision) -> Self {
        let precision = precision.into();
        let isa = isa.unwrap_or_else(|| kernels::Isa::best_for(precision));
        let method = method(&stack, isa);
        let pack = Pack { packing: kernels::Packing { precision, isa, method }, shape: stack.shape.layer };
        let places = places(&stack);
        let before = norms_before(&stack, &places);
        let layers = stack.groups.into_iter().flat_map(|group| group.layers);
        let packed: Vec<Arc<kernels::Layer>> =
            layers.zip(&before).map(|(layer, before)| Arc::new(pack.layer(layer, before.as_ref()))).collect();
        let layers = places.into_iter().map(|place| packed[place].clone()).collect();
        let projection = stack.projection.map(|projection| pack.linear(projection));
        PackedStack {
            embeddings: stack.embeddings,
            pooler: stack.pooler,
            layers: Arc::new(kernels::Stack::new(projection, layers)),
            shape: stack.shape,
        }
    }
}

/// Thirds where bf16 are multiplied by tiles, else Strassen's, unless its memory would be too much for a tenth of the time.
fn method(stack: &Stack, isa: kernels::Isa) -> kernels::Method {
    if isa == kernels::Isa::Amx {
        return kernels::Method::Thirds;
    }
    let layers: usize = stack.groups.iter().map(|group| group.layers.len()).sum();
    let bytes = layers * stack.shape.layer.weights() * size_of::<f32>();
    if bytes > MOST_IN_QUARTERS { kernels::Method::Plain } else { kernels::Method::Strassen }
}

/// The layers, counted through all groups, in the order in which a text passes them.
fn places(stack: &Stack) -> Vec<usize> {
    let size = stack.shape.group_layers;
    stack.shape.order.iter().flat_map(|group| group * size..(group + 1) * size).collect()
}

/// The layer norm that each layer's rows come out of, at the last of its places; `None` behind a map to the hidden size.
fn norms_before(stack: &Stack, places: &[usize]) -> Vec<Option<NormValues>> {
    let layers: Vec<&Layer> = stack.groups.iter().flat_map(|group| &group.layers).collect();
    let before = |layer: usize| match places.iter().rposition(|place| *place == layer) {
        Some(0) if stack.projection.is_some() => None,
        Some(0) | None => Some(NormValues::of(stack.embeddings.norm())),
        Some(at) => Some(NormValues::of(layers[places[at - 1]].output_norm())),
    };
    (0..layers.len()).map(before).collect()
}

impl Encoder for PackedStack {
    fn shape(&self) -> Shape {
        self.shape.of_encoder(self.pooler.as_ref())
    }

    fn batching(&self) -> Batching {
        Batching::Packed
    }

    fn forward(&self, sequences: &[&[u32]]) -> Result<States, String> {
        let mut starts = Vec::with_capacity(sequences.len());
        let mut rows = 0;
        for ids in sequences {
            starts.push(rows);
            rows += ids.len();
        }
        let sequences = sequences.iter().map(|ids| ids.to_vec()).collect();
        let call = Arc::new(Call { layers: self.layers.clone(), sequences, epsilon: self.shape.layer.epsilon as f32 });
        let [word, position] = self.embeddings.tables().map(Tensor::into_dispatch);
        let kind = self.embeddings.first_type().into_dispatch();
        let [scale, shift] = scale_and_shift(self.embeddings.norm()).map(Tensor::into_dispatch);
        let hidden = <Dispatch as EncodePacked>::encode_packed(word, position, kind, scale, shift, call);
        Ok(States::Packed { hidden: Tensor::from_dispatch(hidden), starts })
    }

    fn pool(&self, first: Tensor<2>) -> Option<Tensor<2>> {
        self.pooler.as_ref().map(|pooler| pooler.forward(first).tanh())
    }
}

/// What is computed, beside the tensors.
#[derive(Clone)]
pub struct Call {
    layers: Arc<kernels::Stack>,
    sequences: Vec<Vec<u32>>,
    epsilon: f32,
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").field("sequences", &self.sequences.len()).finish_non_exhaustive()
    }
}

/// The kernels as an operation of burn.
#[backend_extension(Flex)]
pub trait EncodePacked: Backend {
    /// `word [v, e]`, `position [p, e]`, `kind [1, e]`, `scale [e]`, `shift [e]` → the hidden states of the call's
    /// sequences one after another, `[rows, h]`.
    fn encode_packed(
        word: FloatTensor<Self>,
        position: FloatTensor<Self>,
        kind: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        call: Arc<Call>,
    ) -> FloatTensor<Self>;
}

impl EncodePacked for Flex {
    fn encode_packed(
        word: FlexTensor,
        position: FlexTensor,
        kind: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        call: Arc<Call>,
    ) -> FlexTensor {
        let [word, position, kind, scale, shift] =
            [word, position, kind, scale, shift].map(|table| table.to_contiguous());
        let scale = scale.storage::<f32>();
        let tables = kernels::Tables {
            word: word.storage(),
            position: position.storage(),
            token_type: Some(kind.storage()),
            norm: kernels::NormWeights { scale, shift: shift.storage(), epsilon: call.epsilon },
            size: scale.len(),
        };
        let sequences: Vec<&[u32]> = call.sequences.iter().map(Vec::as_slice).collect();
        let rows: usize = sequences.iter().map(|ids| ids.len()).sum();
        let mut hidden = vec![0.0; rows * call.layers.hidden()];
        call.layers.forward(&tables, &sequences, &mut hidden);
        FlexTensor::from_data(TensorData::new(hidden, [rows, call.layers.hidden()]))
    }
}

/// How the tensors of layers are packed.
#[derive(Clone, Copy)]
struct Pack {
    packing: kernels::Packing,
    shape: LayerShape,
}

impl Pack {
    fn layer(self, layer: Layer, before: Option<&NormValues>) -> kernels::Layer {
        let (attention, feed_forward) = layer.into_parts();
        let [query, key, value, output] = attention.linears().map(Values::of);
        let [feed_in, feed_out] = feed_forward.linears().map(Values::of);
        let [attention_norm, feed_norm] = [attention.norm(), feed_forward.norm()].map(NormValues::of);
        let epsilon = self.shape.epsilon as f32;
        let weights = kernels::LayerWeights {
            before: before.map(|norm| norm.weights(epsilon)),
            query: query.weights(),
            key: key.weights(),
            value: value.weights(),
            output: output.weights(),
            attention_norm: attention_norm.weights(epsilon),
            feed_in: feed_in.weights(),
            feed_out: feed_out.weights(),
            feed_norm: feed_norm.weights(epsilon),
        };
        kernels::Layer::pack(&weights, self.shape.heads, self.shape.activation.into(), self.packing)
    }

    fn linear(self, linear: Linear) -> kernels::PackedLinear {
        kernels::PackedLinear::pack(&Values::of(&linear).weights(), self.packing)
    }
}

/// The numbers of a linear layer.
struct Values {
    weight: Vec<f32>,
    bias: Vec<f32>,
    shape: [usize; 2],
}

impl Values {
    fn of(linear: &Linear) -> Self {
        let (weight, bias) = weight_and_bias(linear);
        let shape = weight.dims();
        Values { weight: numbers(weight), bias: numbers(bias), shape }
    }

    fn weights(&self) -> kernels::LinearWeights<'_> {
        let [input, output] = self.shape;
        kernels::LinearWeights { weight: &self.weight, bias: &self.bias, input, output }
    }
}

struct NormValues([Vec<f32>; 2]);

impl NormValues {
    fn of(layer: &LayerNorm) -> Self {
        NormValues(scale_and_shift(layer).map(numbers))
    }

    fn weights(&self, epsilon: f32) -> kernels::NormWeights<'_> {
        kernels::NormWeights { scale: &self.0[0], shift: &self.0[1], epsilon }
    }
}

/// Modules are loaded as f32 ([`crate::checkpoint::load`]), so these are always theirs.
fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().unwrap_or_default()
}

impl From<Precision> for kernels::Precision {
    fn from(precision: Precision) -> Self {
        match precision {
            // A GPU's; refused before it comes here.
            Precision::F32 | Precision::F16 => kernels::Precision::F32,
            Precision::Bf16 => kernels::Precision::Bf16,
            Precision::Int8 => kernels::Precision::Int8,
        }
    }
}

impl From<Activation> for kernels::Activation {
    fn from(activation: Activation) -> Self {
        match activation {
            Activation::Gelu => kernels::Activation::Gelu,
            Activation::GeluNew => kernels::Activation::GeluTanh,
            Activation::Relu => kernels::Activation::Relu,
        }
    }
}
