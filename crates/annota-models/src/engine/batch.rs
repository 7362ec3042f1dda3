//! One batch through the encoder: pad, compute, read out.

use std::sync::Arc;

use burn::tensor::{Bool, Device, Int, Tensor, TensorData};

use super::{Rows, Sequence};
use crate::encoder::{Encoder, PaddedBatch, Readout};

/// How a batch is laid out on the device.
pub struct Layout {
    /// Rows of the tensor; those beyond the sequences repeat the first.
    rows: usize,
    pub positions: usize,
}

impl Layout {
    /// On a GPU every new shape is compiled and tuned, so there positions are rounded up to multiples of 16 and
    /// rows to powers of two.
    pub fn of(sequences: &[Arc<Sequence>], few_shapes: bool, max_positions: usize) -> Self {
        let longest = sequences.iter().map(|sequence| sequence.ids.len()).max().unwrap_or(0);
        if few_shapes {
            let positions = longest.next_multiple_of(16).min(max_positions).max(longest);
            Layout { rows: sequences.len().next_power_of_two(), positions }
        } else {
            Layout { rows: sequences.len(), positions: longest }
        }
    }

    /// Positions computed, padding included.
    pub fn size(&self) -> usize {
        self.rows * self.positions
    }

    fn pad(&self, sequences: &[Arc<Sequence>], device: &Device) -> PaddedBatch {
        let shape = [self.rows, self.positions];
        let row = |row: usize| &sequences[if row < sequences.len() { row } else { 0 }].ids;
        let mut ids = vec![0_i64; self.size()];
        let mut padding = vec![true; self.size()];
        for index in 0..self.rows {
            let start = index * self.positions;
            for (offset, &id) in row(index).iter().enumerate() {
                ids[start + offset] = i64::from(id);
                padding[start + offset] = false;
            }
        }
        let padded = padding.contains(&true);
        PaddedBatch {
            ids: Tensor::<2, Int>::from_data(TensorData::new(ids, shape), device),
            padding: padded.then(|| Tensor::<2, Bool>::from_data(TensorData::new(padding, shape), device)),
        }
    }
}

/// The rows that each sequence's readout asks for, in the order of the sequences.
pub fn compute(
    encoder: &dyn Encoder,
    sequences: &[Arc<Sequence>],
    layout: &Layout,
    device: &Device,
) -> Result<Vec<Rows>, String> {
    let hidden = encoder.forward(layout.pad(sequences, device));
    let vectors = read_out(encoder, sequences, layout, hidden, device)?;
    let size = encoder.hidden_size();
    let mut start = 0;
    let rows = sequences.iter().map(|sequence| {
        let end = start + sequence.readout.vectors() * size;
        let rows = Arc::from(&vectors[start..end]);
        start = end;
        rows
    });
    Ok(rows.collect())
}

/// All wanted vectors, sequence by sequence. Only they leave the device.
fn read_out(
    encoder: &dyn Encoder,
    sequences: &[Arc<Sequence>],
    layout: &Layout,
    hidden: Tensor<3>,
    device: &Device,
) -> Result<Vec<f32>, String> {
    let [rows, positions, size] = hidden.dims();
    let flat = hidden.clone().reshape([rows * positions, size]);
    // Each kind of readout becomes one block of vectors; `order` says where each sequence's vectors lie in them.
    let mut blocks: Vec<Tensor<2>> = Vec::new();
    let mut order = vec![0..0; sequences.len()];
    let mut filled = 0;
    for kind in [Kind::Rows, Kind::Sum, Kind::Max, Kind::Pooler] {
        let members: Vec<usize> = (0..sequences.len()).filter(|&i| Kind::of(&sequences[i].readout) == kind).collect();
        if members.is_empty() {
            continue;
        }
        for &member in &members {
            let count = sequences[member].readout.vectors();
            order[member] = filled..filled + count;
            filled += count;
        }
        blocks.push(match kind {
            Kind::Rows => flat.clone().select(0, picked(sequences, &members, layout, device)),
            Kind::Pooler => {
                let first = flat.clone().select(0, picked(sequences, &members, layout, device));
                // The model refuses the readout beforehand when there is no pooler.
                encoder.pool(first.clone()).unwrap_or(first)
            }
            Kind::Sum => {
                let weights = inside(sequences, &members, layout, device).float().unsqueeze_dim::<3>(1);
                weights.matmul(chosen(&hidden, &members, device)).reshape([members.len(), size])
            }
            Kind::Max => {
                let outside = inside(sequences, &members, layout, device).bool_not().unsqueeze_dim::<3>(2);
                let states = chosen(&hidden, &members, device)
                    .mask_fill(outside.expand([members.len(), positions, size]), f32::NEG_INFINITY);
                states.max_dim(1).reshape([members.len(), size])
            }
        });
    }
    if blocks.is_empty() {
        return Ok(Vec::new());
    }
    let vectors = Tensor::cat(blocks, 0).try_into_vec_as::<f32>().map_err(|error| error.to_string())?;
    Ok(order.into_iter().flat_map(|range| vectors[range.start * size..range.end * size].to_vec()).collect())
}

#[derive(PartialEq, Clone, Copy)]
enum Kind {
    Rows,
    Sum,
    Max,
    Pooler,
}

impl Kind {
    fn of(readout: &Readout) -> Self {
        match readout {
            Readout::Rows(_) => Kind::Rows,
            Readout::Sum(_) => Kind::Sum,
            Readout::Max(_) => Kind::Max,
            Readout::Pooler => Kind::Pooler,
        }
    }
}

/// Indices into the flattened states, `[n]`.
fn picked(sequences: &[Arc<Sequence>], members: &[usize], layout: &Layout, device: &Device) -> Tensor<1, Int> {
    let mut indices = Vec::new();
    for &member in members {
        let start = member * layout.positions;
        match &sequences[member].readout {
            Readout::Rows(rows) => indices.extend(rows.iter().map(|&row| (start + row as usize) as i64)),
            _ => indices.push(start as i64),
        }
    }
    let count = indices.len();
    Tensor::from_data(TensorData::new(indices, [count]), device)
}

/// True at the positions within each member's range, `[members, s]`.
fn inside(sequences: &[Arc<Sequence>], members: &[usize], layout: &Layout, device: &Device) -> Tensor<2, Bool> {
    let mut mask = vec![false; members.len() * layout.positions];
    for (row, &member) in mask.chunks_exact_mut(layout.positions).zip(members) {
        if let Readout::Sum(range) | Readout::Max(range) = &sequences[member].readout {
            row[range.start as usize..range.end as usize].fill(true);
        }
    }
    Tensor::from_data(TensorData::new(mask, [members.len(), layout.positions]), device)
}

/// The states of some rows, `[members, s, h]`.
fn chosen(hidden: &Tensor<3>, members: &[usize], device: &Device) -> Tensor<3> {
    if members.len() == hidden.dims()[0] {
        return hidden.clone();
    }
    let indices: Vec<i64> = members.iter().map(|&member| member as i64).collect();
    let count = indices.len();
    hidden.clone().select(0, Tensor::from_data(TensorData::new(indices, [count]), device))
}
