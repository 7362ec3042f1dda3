use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::time::Instant;

use super::cache::Cache;
use super::queue::{Budget, Pending, Queue};
use super::readout::read_out;
use super::{Counters, EngineSettings, Job, Rows, Sequence};
use crate::ModelError;
use crate::device::OpenDevice;
use crate::encoder::{Encoder, Shape};

/// The engine's thread: loads, reports, and serves until every handle is gone.
pub fn run<L>(
    device: OpenDevice,
    load: L,
    loaded: &Sender<Result<Shape, ModelError>>,
    inbox: &Receiver<Job>,
    counters: &Counters,
) where
    L: FnOnce(&OpenDevice) -> Result<Box<dyn Encoder>, ModelError>,
{
    let start = Instant::now();
    match load(&device) {
        Err(error) => {
            let _ = loaded.send(Err(error));
        }
        Ok(encoder) => {
            counters.add_load(start.elapsed());
            let shape = encoder.shape();
            let worker = Worker { device, encoder, counters };
            if loaded.send(Ok(shape)).is_ok() {
                worker.serve(inbox);
            }
        }
    }
}

struct Worker<'a> {
    device: OpenDevice,
    encoder: Box<dyn Encoder>,
    counters: &'a Counters,
}

impl Worker<'_> {
    fn serve(&self, inbox: &Receiver<Job>) {
        let (mut queue, mut cache) = (Queue::default(), Cache::new());
        let mut settings = EngineSettings::default();
        loop {
            let first = if queue.is_empty() {
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
            let batch = queue.take(Budget { tokens: settings.batch_tokens, padded: self.encoder.pads() });
            if !batch.is_empty() {
                self.process(batch, &mut queue, &mut cache, settings);
            }
        }
    }

    /// Computes a batch and answers. A batch that fails is halved, for the device may have lacked memory; a
    /// sequence that fails alone fails its callers.
    fn process(&self, batch: Vec<Pending>, queue: &mut Queue, cache: &mut Cache, settings: EngineSettings) {
        let sequences: Vec<Arc<Sequence>> = batch.iter().map(|pending| pending.sequence.clone()).collect();
        match self.compute(&sequences) {
            Ok(rows) => {
                for (pending, rows) in batch.iter().zip(rows) {
                    queue.answer(pending, &rows);
                    cache.put(pending.sequence.clone(), rows, settings.cache_bytes);
                }
            }
            Err(reason) if batch.len() == 1 => {
                let error = ModelError::Compute { device: self.device.name.clone(), reason };
                batch.iter().for_each(|pending| queue.fail(pending, &error));
            }
            Err(_) => {
                let mut first = batch;
                let second = first.split_off(first.len() / 2);
                self.process(first, queue, cache, settings);
                self.process(second, queue, cache, settings);
            }
        }
    }

    /// burn panics where a device fails outright; that must not end the thread that all callers wait for.
    fn compute(&self, sequences: &[Arc<Sequence>]) -> Result<Vec<Rows>, String> {
        let start = Instant::now();
        let ids: Vec<&[u32]> = sequences.iter().map(|sequence| sequence.ids.as_slice()).collect();
        let run = || {
            let states = self.encoder.forward(&ids)?;
            Ok((states.computed(), read_out(self.encoder.as_ref(), sequences, states)?))
        };
        let (computed, rows) = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err("it panicked".to_owned()))?;
        let pieces: usize = ids.iter().map(|ids| ids.len()).sum();
        Counters::add(&self.counters.batches, 1);
        Counters::add(&self.counters.pieces, pieces);
        Counters::add(&self.counters.padding, computed - pieces);
        self.counters.add_compute(start.elapsed());
        Ok(rows)
    }
}
