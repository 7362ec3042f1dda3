//! The encoder layers of ALBERT, BERT and DistilBERT on the CPU.
//!
//! Weights are packed once; a sequence's hidden states go through all layers on one thread without meeting another,
//! unless there are fewer sequences than threads; no row is padding, but for one that completes a pair where that saves
//! work ([`Method::Strassen`]). What comes out for a sequence is the same, bit for bit, whatever sequences it is computed
//! with and on however many threads: every sum over the columns of a row is taken in one order.
//!
//! ```
//! use annota_kernels::{LinearWeights, PackedLinear, Packing, Precision};
//!
//! let weights = LinearWeights { weight: &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], bias: &[0.5, 0.0], input: 3, output: 2 };
//! let linear = PackedLinear::pack(&weights, Packing::best_for(Precision::F32));
//! let mut out = [0.0; 2];
//! linear.apply(&[1.0, 0.0, -1.0], &mut out);
//! assert_eq!(out, [-3.5, -4.0]);
//! ```

#![deny(unsafe_op_in_unsafe_fn)]

mod attention;
mod embed;
mod finish;
mod grid;
mod isa;
mod layer;
mod layout;
mod linear;
mod math;
mod norm;
mod operand;
mod pack;
mod peak;
mod plan;
mod quarters;
mod rows;
mod sides;
mod simd;
mod split;
mod stack;
mod strip;
mod thirds;
mod tile;
mod words;

pub use embed::Tables;
pub use isa::{Isa, UnknownIsa};
pub use layer::{Layer, LayerWeights};
pub use linear::{LinearWeights, PackedLinear};
pub use norm::NormWeights;
pub use peak::peak;
pub use stack::Stack;

/// The activation between the two halves of a feed-forward network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Activation {
    /// `x · Φ(x)`
    Gelu,
    /// The tanh approximation of [`Activation::Gelu`].
    GeluTanh,
    /// `max(x, 0)`
    Relu,
}

/// How a layer multiplies in [`Precision::F32`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    Plain,
    /// By Strassen's method where matrices are large enough: an eighth fewer products, weights take 2¼ times the memory. A
    /// sequence of an odd number of rows gets one more; short ones are multiplied plainly.
    Strassen,
    /// By six products of bf16, of which every f32 is the sum of three: as exact, with [`Isa::Amx`] more exact, and faster
    /// there, where products of bf16 are several times as fast as those of f32. Weights take 1½ times the memory. Where bf16
    /// are not multiplied as such: plainly. Values from 3.39e38 on have no such sum.
    Thirds,
}

/// How weights are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Packing {
    pub precision: Precision,
    pub isa: Isa,
    pub method: Method,
}

impl Packing {
    /// For the fastest instruction set that this processor has, plain.
    pub fn best_for(precision: Precision) -> Packing {
        Packing { precision, isa: Isa::best_for(precision), method: Method::Plain }
    }
}

/// What linear layers multiply. All else, and every sum, is f32 (of bytes: exact).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Precision {
    /// f32
    F32,
    /// Weights and activations rounded to bf16.
    Bf16,
    /// Weights rounded to i8 by output column, activations by row.
    Int8,
}
