//! From the hidden states of a batch to the vectors that its sequences ask for.

mod packed;
mod padded;

use std::ops::Range;
use std::sync::Arc;

use burn::tensor::Tensor;

use super::{Rows, Sequence};
use crate::encoder::{Encoder, States};

/// What the sequences of a batch ask for, in their order. A device may still be at work on it.
pub enum Wanted {
    Here(Vec<Rows>),
    /// `[n, h]`, of which each sequence has some rows.
    OnDevice {
        vectors: Box<Tensor<2>>,
        rows: Vec<Range<usize>>,
    },
}

impl Wanted {
    /// Asks for it; does not wait for a device.
    pub fn of(encoder: &dyn Encoder, sequences: &[Arc<Sequence>], states: States) -> Result<Self, String> {
        match states {
            States::Padded(hidden) => Ok(padded::wanted(encoder, sequences, hidden)),
            States::Packed { hidden, starts } => {
                packed::read_out(encoder, sequences, hidden, &starts).map(Wanted::Here)
            }
        }
    }

    /// Waits for the device and reads back.
    pub fn read(self) -> Result<Vec<Rows>, String> {
        match self {
            Wanted::Here(rows) => Ok(rows),
            Wanted::OnDevice { vectors, rows } => {
                let size = vectors.dims()[1];
                let values = vectors.try_into_vec_as::<f32>().map_err(|error| error.to_string())?;
                Ok(rows.into_iter().map(|rows| values[rows.start * size..rows.end * size].into()).collect())
            }
        }
    }
}
