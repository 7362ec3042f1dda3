use std::ops::Range;

use burn::tensor::{Bool, Int, Tensor};

/// A transformer that turns vocabulary ids into hidden states. One per loaded model.
pub trait Encoder: Send {
    /// `h`: the length of every vector.
    fn hidden_size(&self) -> usize;

    /// Ids are below this.
    fn vocabulary_size(&self) -> usize;

    /// The longest sequence, special pieces included.
    fn max_positions(&self) -> usize;

    /// The last hidden states, `[b, s, h]`. What stands at padded positions is undefined.
    fn forward(&self, batch: PaddedBatch) -> Tensor<3>;

    /// The pooler over the states of the first position, `[n, h]` → `[n, h]`; `None` if the checkpoint has none.
    fn pool(&self, first: Tensor<2>) -> Option<Tensor<2>>;
}

/// Sequences of one batch, padded to the longest.
pub struct PaddedBatch {
    /// `[b, s]`.
    pub ids: Tensor<2, Int>,
    /// `[b, s]`, true where there is no piece; `None` when all sequences are equally long.
    pub padding: Option<Tensor<2, Bool>>,
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
