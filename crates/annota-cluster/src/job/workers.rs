//! Who does the shards of a job.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use annota::{ProcessSettings, Result};
use async_trait::async_trait;

use super::shard::{Failure, Record, Task};
use super::work::work;

/// Those who do shards: the threads of this process, or the executors of a cluster.
#[async_trait]
pub trait Workers: Send + Sync {
    /// How many shards they do at the same time; 0 while there is nobody.
    async fn slots(&self) -> usize;

    /// How many processes they are.
    async fn processes(&self) -> usize;

    /// Whether work can be given to them now.
    async fn are_reachable(&self) -> bool;

    async fn work(&self, task: &Task) -> Result<Record, Failure>;

    /// Rows that are done in shards that are not.
    fn rows_under_way(&self) -> u64;
}

/// This process.
pub struct Local {
    settings: ProcessSettings,
    slots: usize,
    under_way: Arc<AtomicU64>,
}

impl Local {
    pub fn new(settings: &ProcessSettings) -> Self {
        let threads = settings.threads.or_else(|| std::thread::available_parallelism().ok());
        // One more than threads: while some wait for the engine, another reads or writes.
        let slots = threads.map_or(1, usize::from) + 1;
        Local { settings: settings.clone(), slots, under_way: Arc::default() }
    }
}

#[async_trait]
impl Workers for Local {
    async fn slots(&self) -> usize {
        self.slots
    }

    async fn processes(&self) -> usize {
        1
    }

    async fn are_reachable(&self) -> bool {
        true
    }

    async fn work(&self, task: &Task) -> Result<Record, Failure> {
        let mine = UnderWay { all: self.under_way.clone(), mine: AtomicU64::new(0) };
        work(&self.settings, "this process", task, &|rows| mine.add(rows)).await
    }

    fn rows_under_way(&self) -> u64 {
        self.under_way.load(Relaxed)
    }
}

/// Rows of one shard, counted until it is done or given up.
struct UnderWay {
    all: Arc<AtomicU64>,
    mine: AtomicU64,
}

impl UnderWay {
    fn add(&self, rows: u64) {
        self.all.fetch_add(rows, Relaxed);
        self.mine.fetch_add(rows, Relaxed);
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.all.fetch_sub(self.mine.load(Relaxed), Relaxed);
    }
}
