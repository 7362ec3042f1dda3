//! One engine per loaded model: a thread that owns the encoder and serves every caller of the process.
//!
//! Callers hand over sequences and wait. The engine merges what all of them have handed over, computes equal
//! sequences once, keeps results in a cache of bounded bytes, and fills batches to a token budget with sequences
//! of near equal length, the oldest first.

mod cache;
mod caller;
mod counters;
mod queue;
mod readout;
mod worker;

pub use caller::on_behalf_of;
pub use counters::{Counters, Snapshot};

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Weak};

use crate::ModelError;
use crate::encoder::{Encoder, Readout, Shape};

/// How fast, never what: these settings change no vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineSettings {
    /// Pieces of one batch, padding included; `None` for what suits the device.
    pub batch_tokens: Option<usize>,
    /// Bytes of results kept for repeats; 0 keeps none.
    pub cache_bytes: usize,
}

impl Default for EngineSettings {
    fn default() -> Self {
        EngineSettings { batch_tokens: None, cache_bytes: 64 << 20 }
    }
}

/// Ids with their special pieces, and what is wanted of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sequence {
    pub ids: Vec<u32>,
    pub readout: Readout,
}

/// The vectors of one sequence, one after another.
pub type Rows = Arc<[f32]>;

/// The answer to a job: the rows of its sequences in their order.
type Answer = Result<Vec<Rows>, ModelError>;

struct Job {
    sequences: Vec<Sequence>,
    settings: EngineSettings,
    reply: Sender<Answer>,
    /// Dead when the caller no longer waits.
    caller: Weak<()>,
}

/// A handle to the thread that computes. The thread ends when the last handle is dropped.
#[derive(Debug)]
pub struct Engine {
    jobs: Sender<Job>,
    shape: Shape,
    counters: Arc<Counters>,
    device: String,
}

impl Engine {
    /// Starts the thread and loads the encoder on it, for a device of that name.
    ///
    /// # Errors
    /// Whatever `load` returns.
    pub fn start<L>(device: &str, load: L) -> Result<Self, ModelError>
    where
        L: FnOnce() -> Result<Box<dyn Encoder>, ModelError> + Send + 'static,
    {
        let (jobs, inbox) = channel();
        let (loaded, wait) = channel();
        let counters = Arc::new(Counters::default());
        let name = device.to_owned();
        let thread = std::thread::Builder::new().name("annota-engine".to_owned());
        let run = {
            let counters = counters.clone();
            let name = name.clone();
            move || worker::run(name, load, &loaded, &inbox, &counters)
        };
        thread.spawn(run).map_err(|error| died(&name, &error.to_string()))?;
        let shape = wait.recv().map_err(|_| died(&name, "the engine's thread ended while loading"))??;
        Ok(Engine { jobs, shape, counters, device: name })
    }

    /// Computes the rows of `sequences`, waiting for them. Ids must be below the vocabulary's size and sequences
    /// no longer than the positions.
    pub fn run(&self, sequences: Vec<Sequence>, settings: EngineSettings) -> Answer {
        let (reply, answer) = channel();
        let waiting = Arc::new(());
        let gone = || died(&self.device, "the engine's thread has ended");
        let job = Job { sequences, settings, reply, caller: caller::current(&waiting) };
        self.jobs.send(job).map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?
    }

    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The device's own name.
    pub fn device(&self) -> &str {
        &self.device
    }
}

fn died(device: &str, reason: &str) -> ModelError {
    ModelError::Compute { device: device.to_owned(), reason: reason.to_owned() }
}
