//! States in a padded tensor: what is wanted of them is picked and summed on the device, and only that is read back.

use std::sync::Arc;

use burn::tensor::{Bool, DType, Device, FloatDType, Int, Tensor, TensorData};

use super::super::{Rows, Sequence};
use super::{Reading, Wanted};
use crate::encoder::{Encoder, Readout};

/// The rows that each sequence asks for, of states `[b, s, h]`; in f32, whatever the states are in.
pub fn wanted(encoder: &dyn Encoder, sequences: &[Arc<Sequence>], hidden: Tensor<3>) -> Wanted {
    let ([rows, positions, size], device) = (hidden.dims(), &hidden.device());
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
            Kind::Rows => exact(flat.clone().select(0, picked(sequences, &members, positions, device))),
            Kind::Pooler => {
                let first = flat.clone().select(0, picked(sequences, &members, positions, device));
                // The model refuses the readout beforehand when there is no pooler.
                exact(encoder.pool(first.clone()).unwrap_or(first))
            }
            Kind::Sum => {
                let weights = inside(sequences, &members, positions, device).float().unsqueeze_dim::<3>(1);
                weights.matmul(exact(chosen(&hidden, &members, device))).reshape([members.len(), size])
            }
            Kind::Max => {
                let outside = inside(sequences, &members, positions, device).bool_not().unsqueeze_dim::<3>(2);
                let states = exact(chosen(&hidden, &members, device))
                    .mask_fill(outside.expand([members.len(), positions, size]), f32::NEG_INFINITY);
                states.max_dim(1).reshape([members.len(), size])
            }
        });
    }
    if blocks.is_empty() {
        return Wanted::Here(vec![Rows::default(); sequences.len()]);
    }
    Wanted::OnDevice { vectors: Reading::of(Tensor::cat(blocks, 0)), size, rows: order }
}

fn exact<const D: usize>(states: Tensor<D>) -> Tensor<D> {
    if states.dtype() == DType::F32 { states } else { states.cast(FloatDType::F32) }
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
fn picked(sequences: &[Arc<Sequence>], members: &[usize], positions: usize, device: &Device) -> Tensor<1, Int> {
    let mut indices = Vec::new();
    for &member in members {
        let start = member * positions;
        match &sequences[member].readout {
            Readout::Rows(rows) => indices.extend(rows.iter().map(|&row| (start + row as usize) as i64)),
            _ => indices.push(start as i64),
        }
    }
    let count = indices.len();
    Tensor::from_data(TensorData::new(indices, [count]), device)
}

/// True at the positions within each member's range, `[members, s]`.
fn inside(sequences: &[Arc<Sequence>], members: &[usize], positions: usize, device: &Device) -> Tensor<2, Bool> {
    let mut mask = vec![false; members.len() * positions];
    for (row, &member) in mask.chunks_exact_mut(positions).zip(members) {
        if let Readout::Sum(range) | Readout::Max(range) = &sequences[member].readout {
            row[range.start as usize..range.end as usize].fill(true);
        }
    }
    Tensor::from_data(TensorData::new(mask, [members.len(), positions]), device)
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
