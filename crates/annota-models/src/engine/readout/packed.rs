//! States of the CPU, one sequence after another: they are read where they lie.

use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};

use super::super::{Rows, Sequence};
use crate::encoder::{Encoder, Readout};

/// The rows that each sequence asks for, of states `[rows, h]` in which it begins at its row in `starts`.
pub fn read_out(
    encoder: &dyn Encoder,
    sequences: &[Arc<Sequence>],
    hidden: Tensor<2>,
    starts: &[usize],
) -> Result<Vec<Rows>, String> {
    let (size, device) = (hidden.dims()[1], hidden.device());
    let hidden = hidden.try_into_data().map_err(|error| error.to_string())?;
    let states = hidden.as_slice::<f32>().map_err(|error| format!("{error:?}"))?;
    let row = |row: usize| &states[row * size..(row + 1) * size];
    let first: Vec<f32> = sequences
        .iter()
        .zip(starts)
        .filter(|(sequence, _)| sequence.readout == Readout::Pooler)
        .flat_map(|(_, &start)| row(start).iter().copied())
        .collect();
    let pooled = pool(encoder, first, size, &device)?;
    let mut pooled = pooled.chunks_exact(size);
    let rows = sequences.iter().zip(starts).map(|(sequence, &start)| match &sequence.readout {
        Readout::Rows(rows) => rows.iter().flat_map(|&place| row(start + place as usize)).copied().collect(),
        Readout::Sum(range) => {
            let states = range.clone().map(|place| row(start + place as usize));
            merge(states, size, 0.0, |a, b| a + b)
        }
        Readout::Max(range) => {
            let states = range.clone().map(|place| row(start + place as usize));
            merge(states, size, f32::NEG_INFINITY, f32::max)
        }
        Readout::Pooler => pooled.next().unwrap_or_default().into(),
    });
    Ok(rows.collect())
}

fn merge<'a>(states: impl Iterator<Item = &'a [f32]>, size: usize, start: f32, join: impl Fn(f32, f32) -> f32) -> Rows {
    let mut merged = vec![start; size];
    for state in states {
        merged.iter_mut().zip(state).for_each(|(merged, value)| *merged = join(*merged, *value));
    }
    merged.into()
}

/// The pooler over the states of first positions, one after another.
fn pool(encoder: &dyn Encoder, first: Vec<f32>, size: usize, device: &Device) -> Result<Vec<f32>, String> {
    if first.is_empty() {
        return Ok(first);
    }
    let count = first.len() / size;
    let first = Tensor::<2>::from_data(TensorData::new(first, [count, size]), device);
    // The model refuses the readout beforehand when there is no pooler.
    let pooled = encoder.pool(first.clone()).unwrap_or(first);
    pooled.try_into_vec_as::<f32>().map_err(|error| error.to_string())
}
