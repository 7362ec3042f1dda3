use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// What an engine has done since it started.
#[derive(Debug, Default)]
pub struct Counters {
    pub(crate) sequences: AtomicU64,
    pub(crate) pieces: AtomicU64,
    pub(crate) padding: AtomicU64,
    pub(crate) operations: AtomicU64,
    pub(crate) batches: AtomicU64,
    pub(crate) cache_hits: AtomicU64,
    pub(crate) windowed: AtomicU64,
    pub(crate) truncated: AtomicU64,
    waiting: AtomicU64,
    load: AtomicU64,
    tokenize: AtomicU64,
    compute: AtomicU64,
}

/// The counters at one moment. Differences of two snapshots are what happened between them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Snapshot {
    /// Sequences asked for.
    pub sequences: u64,
    /// Pieces computed, special pieces included, padding not.
    pub pieces: u64,
    /// Padded positions computed.
    pub padding: u64,
    /// Floating-point operations of products of matrices, without those of padding.
    pub operations: u64,
    pub batches: u64,
    /// Sequences answered from the cache or together with an equal one.
    pub cache_hits: u64,
    /// Texts that were cut into more than one window.
    pub windowed: u64,
    /// Texts of which the end was not seen.
    pub truncated: u64,
    pub load: Duration,
    /// Cutting texts into pieces, summed over callers.
    pub tokenize: Duration,
    /// Computing on the device, results read back.
    pub compute: Duration,
}

impl Counters {
    pub(crate) fn add(counter: &AtomicU64, amount: usize) {
        counter.fetch_add(amount as u64, Relaxed);
    }

    pub(crate) fn add_load(&self, time: Duration) {
        self.load.fetch_add(nanos(time), Relaxed);
    }

    pub(crate) fn add_tokenize(&self, time: Duration) {
        self.tokenize.fetch_add(nanos(time), Relaxed);
    }

    pub(crate) fn add_compute(&self, time: Duration) {
        self.compute.fetch_add(nanos(time), Relaxed);
    }

    pub(crate) fn set_waiting(&self, sequences: usize) {
        self.waiting.store(sequences as u64, Relaxed);
    }

    /// Sequences that wait to be computed now.
    pub fn waiting(&self) -> u64 {
        self.waiting.load(Relaxed)
    }

    pub fn snapshot(&self) -> Snapshot {
        let time = |counter: &AtomicU64| Duration::from_nanos(counter.load(Relaxed));
        Snapshot {
            sequences: self.sequences.load(Relaxed),
            pieces: self.pieces.load(Relaxed),
            padding: self.padding.load(Relaxed),
            operations: self.operations.load(Relaxed),
            batches: self.batches.load(Relaxed),
            cache_hits: self.cache_hits.load(Relaxed),
            windowed: self.windowed.load(Relaxed),
            truncated: self.truncated.load(Relaxed),
            load: time(&self.load),
            tokenize: time(&self.tokenize),
            compute: time(&self.compute),
        }
    }
}

impl Snapshot {
    /// What has happened since an earlier snapshot.
    pub fn since(self, earlier: Snapshot) -> Snapshot {
        self.combine(earlier, u64::saturating_sub, Duration::saturating_sub)
    }

    /// Two engines together.
    pub fn plus(self, other: Snapshot) -> Snapshot {
        self.combine(other, u64::saturating_add, Duration::saturating_add)
    }

    fn combine(
        self,
        other: Snapshot,
        count: fn(u64, u64) -> u64,
        time: fn(Duration, Duration) -> Duration,
    ) -> Snapshot {
        Snapshot {
            sequences: count(self.sequences, other.sequences),
            pieces: count(self.pieces, other.pieces),
            padding: count(self.padding, other.padding),
            operations: count(self.operations, other.operations),
            batches: count(self.batches, other.batches),
            cache_hits: count(self.cache_hits, other.cache_hits),
            windowed: count(self.windowed, other.windowed),
            truncated: count(self.truncated, other.truncated),
            load: time(self.load, other.load),
            tokenize: time(self.tokenize, other.tokenize),
            compute: time(self.compute, other.compute),
        }
    }

    /// Padded positions as a share of all computed ones, 0 to 1.
    pub fn padding_waste(&self) -> f64 {
        let all = self.pieces + self.padding;
        if all == 0 { 0.0 } else { self.padding as f64 / all as f64 }
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
