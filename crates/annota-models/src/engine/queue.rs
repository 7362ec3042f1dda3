use std::collections::{BTreeMap, HashMap};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Weak};

use super::cache::Cache;
use super::{Answer, Counters, Job, Rows, Sequence};
use crate::ModelError;

type JobId = u64;
/// Grows with every sequence queued: a smaller number has waited longer.
type Arrival = u64;

/// A sequence that waits to be computed, for all who asked for it.
pub struct Pending {
    pub sequence: Arc<Sequence>,
    waiters: Vec<(JobId, usize)>,
}

struct OpenJob {
    rows: Vec<Option<Rows>>,
    missing: usize,
    reply: Sender<Answer>,
    caller: Weak<()>,
}

/// The sequences of all callers that are not yet computed.
#[derive(Default)]
pub struct Queue {
    jobs: HashMap<JobId, OpenJob>,
    next_job: JobId,
    next_arrival: Arrival,
    by_length: BTreeMap<(usize, Arrival), Pending>,
    by_age: BTreeMap<Arrival, usize>,
    by_content: HashMap<Arc<Sequence>, (usize, Arrival)>,
}

impl Queue {
    pub fn is_empty(&self) -> bool {
        self.by_length.is_empty()
    }

    /// Takes a job in: what the cache knows is answered, what is queued already is joined.
    pub fn admit(&mut self, job: Job, cache: &mut Cache, counters: &Counters) {
        let id = self.next_job;
        self.next_job += 1;
        let mut rows = vec![None; job.sequences.len()];
        let mut missing = 0;
        Counters::add(&counters.sequences, job.sequences.len());
        for (slot, sequence) in job.sequences.into_iter().enumerate() {
            match cache.get(&sequence) {
                Some(known) => {
                    Counters::add(&counters.cache_hits, 1);
                    rows[slot] = Some(known);
                }
                None => {
                    missing += 1;
                    self.push(sequence, (id, slot), counters);
                }
            }
        }
        self.jobs.insert(id, OpenJob { rows, missing, reply: job.reply, caller: job.caller });
        if missing == 0 {
            self.finish(id);
        }
    }

    fn push(&mut self, sequence: Sequence, waiter: (JobId, usize), counters: &Counters) {
        let queued = self.by_content.get(&sequence).and_then(|place| self.by_length.get_mut(place));
        if let Some(pending) = queued {
            Counters::add(&counters.cache_hits, 1);
            pending.waiters.push(waiter);
            return;
        }
        let (length, arrival) = (sequence.ids.len(), self.next_arrival);
        self.next_arrival += 1;
        let sequence = Arc::new(sequence);
        self.by_content.insert(sequence.clone(), (length, arrival));
        self.by_age.insert(arrival, length);
        self.by_length.insert((length, arrival), Pending { sequence, waiters: vec![waiter] });
    }

    /// The next batch: the sequence that has waited longest, and with it those nearest below it in length, until
    /// their padded size reaches `tokens`. Work whose callers have all left is dropped on the way.
    pub fn take(&mut self, tokens: usize) -> Vec<Pending> {
        let mut batch = Vec::new();
        while batch.is_empty() {
            let Some((&arrival, &length)) = self.by_age.iter().next() else { break };
            let rows = (tokens / length.max(1)).max(1);
            let near = self.by_length.range(..=(length, arrival)).rev().take(rows);
            let places: Vec<_> = near.map(|(place, _)| *place).collect();
            batch = places.into_iter().filter_map(|place| self.remove(place)).collect();
        }
        batch
    }

    /// Takes a sequence out of the queue; `None` if nobody waits for it any more.
    fn remove(&mut self, place: (usize, Arrival)) -> Option<Pending> {
        let pending = self.by_length.remove(&place)?;
        self.by_age.remove(&place.1);
        self.by_content.remove(&pending.sequence);
        let waits = |(job, _): &(JobId, usize)| self.jobs.get(job).is_some_and(|job| job.caller.strong_count() > 0);
        let wanted = pending.waiters.iter().any(waits);
        wanted.then_some(pending)
    }

    /// Hands the rows of a sequence to all who wait for it.
    pub fn answer(&mut self, pending: &Pending, rows: &Rows) {
        for &(id, slot) in &pending.waiters {
            let Some(job) = self.jobs.get_mut(&id) else { continue };
            job.rows[slot] = Some(rows.clone());
            job.missing -= 1;
            if job.missing == 0 {
                self.finish(id);
            }
        }
    }

    /// Ends the jobs of all who wait for a sequence with an error.
    pub fn fail(&mut self, pending: &Pending, error: &ModelError) {
        for (id, _) in &pending.waiters {
            if let Some(job) = self.jobs.remove(id) {
                // A caller that has left needs no answer.
                let _ = job.reply.send(Err(error.clone()));
            }
        }
    }

    fn finish(&mut self, id: JobId) {
        if let Some(job) = self.jobs.remove(&id) {
            let _ = job.reply.send(Ok(job.rows.into_iter().flatten().collect()));
        }
    }
}
