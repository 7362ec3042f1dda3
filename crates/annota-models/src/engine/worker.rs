use std::cell::Cell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::time::Instant;

use super::cache::Cache;
use super::queue::{Budget, Queue};
use super::readout::Wanted;
use super::{Counters, EngineSettings, Job, Sequence};
use crate::ModelError;
use crate::encoder::{Batching, Encoder, Shape};

/// Positions of a batch where nobody says: on a CPU more is no faster, and others would wait longer.
const CPU_TOKENS: usize = 2048;
/// A GPU wants enough rows to fill it.
const GPU_TOKENS: usize = 16_384;

/// The engine's thread: loads, reports, and serves until every handle is gone.
pub fn run<L>(
    device: String,
    load: L,
    loaded: &Sender<Result<Shape, ModelError>>,
    inbox: &Receiver<Job>,
    counters: &Counters,
) where
    L: FnOnce() -> Result<Box<dyn Encoder>, ModelError>,
{
    let start = Instant::now();
    match load() {
        Err(error) => {
            let _ = loaded.send(Err(error));
        }
        Ok(encoder) => {
            counters.add_load(start.elapsed());
            let shape = encoder.shape();
            let (most_tokens, busy_until) = (Cell::new(usize::MAX), Cell::new(Instant::now()));
            let worker = Worker { device, encoder, counters, most_tokens, busy_until };
            if loaded.send(Ok(shape)).is_ok() {
                worker.serve(inbox);
            }
        }
    }
}

struct Worker<'a> {
    /// The device's name.
    device: String,
    encoder: Box<dyn Encoder>,
    counters: &'a Counters,
    /// Positions that batches may have at most, since one of twice as many has failed.
    most_tokens: Cell<usize>,
    /// When the last batch was read back.
    busy_until: Cell<Instant>,
}

/// A batch that the device has been given.
struct Flight {
    batch: Vec<Arc<Sequence>>,
    wanted: Result<Wanted, String>,
    /// Positions, padding included.
    computed: usize,
    start: Instant,
}

impl Worker<'_> {
    fn serve(&self, inbox: &Receiver<Job>) {
        let (mut queue, mut cache) = (Queue::default(), Cache::new());
        let mut settings = EngineSettings::default();
        let mut flights = VecDeque::new();
        loop {
            let first = if queue.is_empty() && flights.is_empty() {
                match inbox.recv() {
                    Ok(job) => Some(job),
                    Err(_) => return,
                }
            } else {
                None
            };
            for job in first.into_iter().chain(inbox.try_iter()) {
                settings = job.settings;
                queue.admit(job, &mut cache, self.counters);
            }
            let batch = queue.take(self.budget(settings));
            self.counters.set_waiting(queue.len());
            if !batch.is_empty() {
                flights.push_back(self.launch(batch));
            }
            // A device that computes by itself has the next batch before the last one is read back.
            let is_full = flights.len() >= self.most_flights() || queue.is_empty();
            if let Some(flight) = flights.pop_front_if(|_| is_full) {
                self.land(flight, &mut queue, &mut cache);
            }
        }
    }

    fn budget(&self, settings: EngineSettings) -> Budget {
        let batching = self.encoder.batching();
        let tokens = settings.batch_tokens.unwrap_or(match batching {
            Batching::Packed | Batching::Padded => CPU_TOKENS,
            Batching::FewShapes => GPU_TOKENS,
        });
        Budget { tokens: tokens.min(self.most_tokens.get()), batching }
    }

    fn most_flights(&self) -> usize {
        if self.encoder.batching() == Batching::FewShapes { 2 } else { 1 }
    }

    fn launch(&self, batch: Vec<Arc<Sequence>>) -> Flight {
        let start = Instant::now();
        let ids: Vec<&[u32]> = batch.iter().map(|sequence| sequence.ids.as_slice()).collect();
        let launched = caught(|| {
            let states = self.encoder.forward(&ids)?;
            Ok((states.computed(), Wanted::of(self.encoder.as_ref(), &batch, states)?))
        });
        let (computed, wanted) = match launched {
            Ok((computed, wanted)) => (computed, Ok(wanted)),
            Err(reason) => (0, Err(reason)),
        };
        Flight { batch, wanted, computed, start }
    }

    /// Reads a batch back and answers. A batch that fails is halved, as are those that follow, for the device may have
    /// lacked memory; a sequence that fails alone fails its callers.
    fn land(&self, flight: Flight, queue: &mut Queue, cache: &mut Cache) {
        let Flight { mut batch, wanted, computed, start } = flight;
        let rows = wanted.and_then(|wanted| caught(|| wanted.read()));
        // Before callers are answered, who may ask the counters.
        let now = Instant::now();
        self.counters.add_compute(now - start.max(self.busy_until.replace(now)));
        match rows {
            Ok(rows) => {
                self.count(&batch, computed);
                for (sequence, rows) in batch.into_iter().zip(rows) {
                    let cache_bytes = queue.answer(&sequence, &rows);
                    cache.put(sequence, rows, cache_bytes);
                }
            }
            Err(reason) if batch.len() == 1 => {
                let error = ModelError::Compute { device: self.device.clone(), reason };
                batch.iter().for_each(|sequence| queue.fail(sequence, &error));
            }
            Err(_) => {
                let tokens = batch.iter().map(|sequence| sequence.ids.len()).sum::<usize>() / 2;
                self.most_tokens.update(|most| most.min(tokens.max(1)));
                let second = batch.split_off(batch.len() / 2);
                for half in [batch, second] {
                    self.land(self.launch(half), queue, cache);
                }
            }
        }
    }

    fn count(&self, batch: &[Arc<Sequence>], computed: usize) {
        let work = self.encoder.shape().work;
        let pieces: usize = batch.iter().map(|sequence| sequence.ids.len()).sum();
        let operations: u64 = batch.iter().map(|sequence| work.of(sequence.ids.len())).sum();
        Counters::add(&self.counters.batches, 1);
        Counters::add(&self.counters.pieces, pieces);
        Counters::add(&self.counters.padding, computed - pieces);
        Counters::add(&self.counters.operations, operations as usize);
    }
}

/// burn panics where a device fails outright; that must not end the thread that all callers wait for.
fn caught<T>(run: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err("it panicked".to_owned()))
}
