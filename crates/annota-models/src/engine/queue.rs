use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Weak};

use super::cache::Cache;
use super::{Answer, Counters, Job, Rows, Sequence};
use crate::ModelError;
use crate::encoder::{Batching, few_positions, few_rows};

type JobId = u64;
/// Grows with every sequence queued: a smaller number has waited longer.
type Arrival = u64;
/// Length and arrival: where a sequence stands in the queue.
type Place = (usize, Arrival);

/// Who asked for a sequence: a job and the place in it.
type Waiter = (JobId, usize);

/// A sequence that waits to be computed, for all who asked for it.
struct Pending {
    sequence: Arc<Sequence>,
    waiters: Vec<Waiter>,
}

struct OpenJob {
    rows: Vec<Option<Rows>>,
    missing: usize,
    reply: Sender<Answer>,
    caller: Weak<()>,
    /// Its settings': what the cache may hold, 0 for a job that has nothing to do with it.
    cache_bytes: usize,
}

/// The sequences of all callers that are not yet computed.
#[derive(Default)]
pub struct Queue {
    jobs: HashMap<JobId, OpenJob>,
    next_job: JobId,
    next_arrival: Arrival,
    by_length: BTreeMap<Place, Pending>,
    by_age: BTreeMap<Arrival, usize>,
    by_content: HashMap<Arc<Sequence>, Place>,
    /// Those that have been taken and not yet answered.
    in_flight: HashMap<Arc<Sequence>, Vec<Waiter>>,
    /// Whether the next batch begins with the smallest job.
    small_first: bool,
}

/// What a batch may hold.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Positions, padding included.
    pub tokens: usize,
    pub batching: Batching,
}

impl Queue {
    pub fn is_empty(&self) -> bool {
        self.by_length.is_empty()
    }

    /// Sequences that wait.
    pub fn len(&self) -> usize {
        self.by_length.len()
    }

    /// Takes a job in: what the cache knows is answered, what is queued already is joined.
    pub fn admit(&mut self, job: Job, cache: &mut Cache, counters: &Counters) {
        let id = self.next_job;
        self.next_job += 1;
        let mut rows = vec![None; job.sequences.len()];
        let mut missing = 0;
        let cache_bytes = job.settings.cache_bytes;
        Counters::add(&counters.sequences, job.sequences.len());
        for (slot, sequence) in job.sequences.into_iter().enumerate() {
            match cache.get(&sequence).filter(|_| cache_bytes > 0) {
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
        self.jobs.insert(id, OpenJob { rows, missing, reply: job.reply, caller: job.caller, cache_bytes });
        if missing == 0 {
            self.finish(id);
        }
    }

    fn push(&mut self, sequence: Sequence, waiter: Waiter, counters: &Counters) {
        if let Some(waiters) = self.in_flight.get_mut(&sequence) {
            Counters::add(&counters.cache_hits, 1);
            waiters.push(waiter);
            return;
        }
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

    /// The next batch. Turn by turn it begins with the sequence that has waited longest, so that nothing waits for
    /// ever, and with those of the smallest job, so that a short question is not stuck behind a long one's work. It
    /// is filled with the nearest in length, up to the budget. Work whose callers have all left is dropped.
    pub fn take(&mut self, budget: Budget) -> Vec<Arc<Sequence>> {
        self.release_the_left();
        let mut batch = Vec::new();
        while batch.is_empty() && !self.is_empty() {
            self.small_first = !self.small_first;
            let firsts = if self.small_first { self.of_smallest_job() } else { Vec::new() };
            let places = self.choose(firsts, budget);
            batch = places.into_iter().filter_map(|place| self.remove(place)).collect();
        }
        batch
    }

    /// The places of the job that lacks the fewest sequences, the longest first.
    fn of_smallest_job(&self) -> Vec<Place> {
        let smallest = self.jobs.iter().min_by_key(|(id, job)| (job.missing, **id)).map(|(id, _)| *id);
        let waits = |pending: &Pending| pending.waiters.iter().any(|(job, _)| Some(*job) == smallest);
        self.by_length.iter().rev().filter(|(_, pending)| waits(pending)).map(|(place, _)| *place).collect()
    }

    /// `firsts` (without any, the oldest sequence), then the sequences nearest in length that are no longer than the
    /// first of them, as many as the budget holds, at least one.
    fn choose(&self, mut firsts: Vec<Place>, budget: Budget) -> Vec<Place> {
        if firsts.is_empty() {
            firsts.extend(self.by_age.iter().next().map(|(&arrival, &length)| (length, arrival)));
        }
        let Some(&leader) = firsts.first() else { return Vec::new() };
        let is_first: HashSet<Place> = firsts.iter().copied().collect();
        let near = self.by_length.range(..=(leader.0, Arrival::MAX)).rev().map(|(place, _)| *place);
        let near = near.filter(|place| !is_first.contains(place));
        let rows = match budget.batching {
            Batching::Packed => usize::MAX,
            Batching::Padded => (budget.tokens / leader.0.max(1)).max(1),
            Batching::FewShapes => few_rows(budget.tokens, few_positions(leader.0, usize::MAX)),
        };
        let mut used = 0;
        let fits = |place: &Place| {
            used += place.0;
            used <= budget.tokens || *place == leader
        };
        firsts.iter().copied().chain(near).take(rows).take_while(fits).collect()
    }

    /// Ends the jobs of callers that no longer wait.
    fn release_the_left(&mut self) {
        let left: Vec<JobId> =
            self.jobs.iter().filter(|(_, job)| job.caller.strong_count() == 0).map(|(id, _)| *id).collect();
        for id in left {
            if let Some(job) = self.jobs.remove(&id) {
                let _ = job.reply.send(Err(ModelError::CallerLeft));
            }
        }
    }

    /// Takes a sequence out of the queue; `None` if nobody waits for it any more.
    fn remove(&mut self, place: Place) -> Option<Arc<Sequence>> {
        let Pending { sequence, waiters } = self.by_length.remove(&place)?;
        self.by_age.remove(&place.1);
        self.by_content.remove(&sequence);
        if !waiters.iter().any(|(job, _)| self.jobs.contains_key(job)) {
            return None;
        }
        self.in_flight.insert(sequence.clone(), waiters);
        Some(sequence)
    }

    /// Hands the rows of a sequence that was taken to all who wait for it; the bytes of cache that they allow at most.
    pub fn answer(&mut self, sequence: &Sequence, rows: &Rows) -> usize {
        let mut cache_bytes = 0;
        for (id, slot) in self.in_flight.remove(sequence).unwrap_or_default() {
            let Some(job) = self.jobs.get_mut(&id) else { continue };
            job.rows[slot] = Some(rows.clone());
            job.missing -= 1;
            cache_bytes = cache_bytes.max(job.cache_bytes);
            if job.missing == 0 {
                self.finish(id);
            }
        }
        cache_bytes
    }

    /// Ends the jobs of all who wait for a sequence that was taken with an error.
    pub fn fail(&mut self, sequence: &Sequence, error: &ModelError) {
        for (id, _) in self.in_flight.remove(sequence).unwrap_or_default() {
            if let Some(job) = self.jobs.remove(&id) {
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
