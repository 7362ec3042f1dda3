//! From the hidden states of a batch to the vectors that its sequences ask for.

mod padded;

use std::sync::Arc;

use super::{Rows, Sequence};
use crate::encoder::{Encoder, States};

/// The rows that each sequence's readout asks for, in the order of the sequences.
pub fn read_out(encoder: &dyn Encoder, sequences: &[Arc<Sequence>], states: States) -> Result<Vec<Rows>, String> {
    let vectors = match states {
        States::Padded(hidden) => padded::read_out(encoder, sequences, hidden)?,
    };
    let size = encoder.shape().hidden_size;
    let mut start = 0;
    let rows = sequences.iter().map(|sequence| {
        let end = start + sequence.readout.vectors() * size;
        let rows = Arc::from(&vectors[start..end]);
        start = end;
        rows
    });
    Ok(rows.collect())
}
