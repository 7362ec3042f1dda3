//! What every family of models is in the end: something that turns vocabulary ids into hidden states.

#[cfg(any(feature = "wgpu", feature = "cuda"))]
mod fused;
mod packed;
mod padded;
mod stack;

use padded::Padded;
pub use stack::{StackShape, open};

use std::ops::Range;

use burn::tensor::Tensor;

/// A transformer that turns vocabulary ids into hidden states. One per loaded model and device.
pub trait Encoder: Send {
    fn shape(&self) -> Shape;

    fn batching(&self) -> Batching;

    /// The last hidden states of some sequences. Ids must be below the vocabulary's size, and sequences neither empty
    /// nor longer than the positions.
    ///
    /// # Errors
    /// What the device says when it fails.
    fn forward(&self, sequences: &[&[u32]]) -> Result<States, String>;

    /// The pooler over the states of first positions, `[n, h]` → `[n, h]`; `None` if the checkpoint has none.
    fn pool(&self, first: Tensor<2>) -> Option<Tensor<2>>;
}

/// How sequences share a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Batching {
    /// One after another.
    Packed,
    /// Padded to the longest, so that they should be of near equal length.
    Padded,
    /// Padded to one of few shapes, since each is compiled and tuned. Computing goes on
    /// while the next batch is prepared.
    FewShapes,
}

/// Sequences of more positions are long: on a GPU their attention keeps no matrix of scores in memory where it can do
/// without.
const LONG: usize = 64;

/// Positions of a batch on devices that should see few shapes: multiples of 16, and of 32 for long sequences, whose
/// attention is shared by at least two planes then.
pub fn few_positions(longest: usize, max_positions: usize) -> usize {
    let step = if longest > LONG { 32 } else { 16 };
    longest.next_multiple_of(step).min(max_positions).max(longest)
}

/// The most rows that a batch of that many positions has within a budget, on devices that should see few shapes.
pub fn few_rows(tokens: usize, positions: usize) -> usize {
    1 << (tokens / positions.max(1)).max(1).ilog2()
}

/// What an encoder is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// `h`: the length of every vector.
    pub hidden_size: usize,
    /// Ids are below this.
    pub vocabulary_size: usize,
    /// The longest sequence, special pieces included.
    pub max_positions: usize,
    pub has_pooler: bool,
    pub work: Work,
}

/// Floating-point operations of an encoder's products of matrices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Work {
    /// For each piece.
    pub per_piece: u64,
    /// For each pair of pieces of a sequence: attention.
    pub per_pair: u64,
}

impl Work {
    /// For a sequence of that length.
    pub fn of(self, length: usize) -> u64 {
        let length = length as u64;
        length * (self.per_piece + length * self.per_pair)
    }
}

/// Hidden states of a batch, where the device has them.
pub enum States {
    /// Sequences as rows of one tensor, padded to the longest. What stands at padded positions is undefined.
    Padded(Tensor<3>),
    /// Sequences one after another, `[rows, h]`, on the CPU; each begins at its row in `starts`.
    Packed { hidden: Tensor<2>, starts: Vec<usize> },
}

impl States {
    /// Positions that were computed, padding included.
    pub fn computed(&self) -> usize {
        match self {
            States::Padded(hidden) => hidden.dims()[..2].iter().product(),
            States::Packed { hidden, .. } => hidden.dims()[0],
        }
    }
}

/// Which vectors of a sequence are wanted. Positions count from the first special piece.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Readout {
    /// The hidden states at these positions, in this order.
    Rows(Vec<u32>),
    /// One vector: the sum of the hidden states of a range.
    Sum(Range<u32>),
    /// One vector: the greatest value of each dimension within a range.
    Max(Range<u32>),
    /// One vector: the model's pooler over the first position.
    Pooler,
}

impl Readout {
    /// How many vectors come back.
    pub fn vectors(&self) -> usize {
        match self {
            Readout::Rows(rows) => rows.len(),
            _ => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::few_positions;

    #[test]
    fn positions_are_multiples_within_what_a_model_has() {
        let found = [1, 16, 17, 64, 65, 97, 500, 513].map(|longest| few_positions(longest, 514));
        assert_eq!(found, [16, 16, 32, 64, 96, 128, 512, 514]);
        assert_eq!(few_positions(600, 514), 600);
    }
}
