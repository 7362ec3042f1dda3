//! From the hidden states of a batch to the vectors that its sequences ask for.

mod packed;
mod padded;

use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use burn::tensor::{ExecutionError, Tensor, TensorData};

use super::{Rows, Sequence};
use crate::encoder::{Encoder, States};

/// What the sequences of a batch ask for, in their order. A device may still be at work on it.
pub enum Wanted {
    Here(Vec<Rows>),
    /// `[n, h]`, of which each sequence has some rows, on its way.
    OnDevice {
        vectors: Reading,
        size: usize,
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
            Wanted::OnDevice { vectors, size, rows } => {
                let values = vectors.wait()?;
                Ok(rows.into_iter().map(|rows| values[rows.start * size..rows.end * size].into()).collect())
            }
        }
    }
}

/// A tensor that is being read back. A device does what it is asked in order, so the copy is asked for before the next
/// batch: read when that is under way, it would come after it.
pub struct Reading(Pin<Box<dyn Future<Output = Result<TensorData, ExecutionError>>>>);

impl Reading {
    pub fn of(vectors: Tensor<2>) -> Self {
        let mut reading: Pin<Box<dyn Future<Output = _>>> = Box::pin(vectors.into_data_async());
        // Asks for the copy; what is there already is kept for later.
        match reading.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(data) => Reading(Box::pin(std::future::ready(data))),
            Poll::Pending => Reading(reading),
        }
    }

    fn wait(self) -> Result<Vec<f32>, String> {
        let data = futures::executor::block_on(self.0).map_err(|error| error.to_string())?;
        data.try_into_vec_as::<f32>().map_err(|error| format!("{error:?}"))
    }
}
