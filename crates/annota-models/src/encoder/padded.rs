use burn::tensor::{Bool, Device, Int, Tensor, TensorData};

use super::few_positions;

/// Sequences of one batch as the rows of a tensor, padded to the longest.
pub struct Padded {
    /// `[b, s]`.
    pub ids: Tensor<2, Int>,
    /// `[b, s]`, true where there is no piece; `None` when all sequences are equally long.
    pub padding: Option<Tensor<2, Bool>>,
}

impl Padded {
    /// On a GPU every new shape is compiled and tuned: with `few_shapes` positions are rounded up by [`few_positions`],
    /// up to `max_positions`, and rows to powers of two, which repeat the first sequence.
    pub fn new(sequences: &[&[u32]], few_shapes: bool, max_positions: usize, device: &Device) -> Self {
        let longest = sequences.iter().map(|ids| ids.len()).max().unwrap_or(0);
        let (rows, positions) = if few_shapes {
            let positions = few_positions(longest, max_positions);
            (sequences.len().next_power_of_two(), positions)
        } else {
            (sequences.len(), longest)
        };
        let shape = [rows, positions];
        let mut ids = vec![0_i64; rows * positions];
        let mut padding = vec![true; rows * positions];
        for index in 0..rows {
            let start = index * positions;
            for (offset, &id) in sequences[if index < sequences.len() { index } else { 0 }].iter().enumerate() {
                ids[start + offset] = i64::from(id);
                padding[start + offset] = false;
            }
        }
        let padded = padding.contains(&true);
        Padded {
            ids: Tensor::<2, Int>::from_data(TensorData::new(ids, shape), device),
            padding: padded.then(|| Tensor::<2, Bool>::from_data(TensorData::new(padding, shape), device)),
        }
    }
}
