//! Gives shards to workers until all are done: tries again what failed, waits where nobody is there, and stops where
//! trying is no use.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use annota::{Error, Result};
use futures::FutureExt;
use futures::future::select_ok;
use tokio::task::JoinSet;

use super::Job;
use super::journal::Journal;
use super::lease::{BEAT, Lease};
use super::shard::{Failure, Record, Task};
use super::workers::Workers;

/// How often progress is told.
const TICK: Duration = Duration::from_millis(200);
/// The pause before a second try; it doubles with each.
const PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How long a driver waits for workers that cannot be reached.
const PATIENCE: Duration = Duration::from_secs(600);

/// What is told while shards are done.
#[derive(Debug, Clone, Copy, Default)]
pub struct State {
    /// Rows of shards that are done by this driver.
    pub rows: u64,
    pub rows_under_way: u64,
    pub processes: usize,
    /// Shards that failed for good.
    pub failed: usize,
    /// Tries that failed, and were or will be made again.
    pub retries: usize,
}

/// A shard that failed for good.
#[derive(Debug, Clone)]
pub struct Failed {
    pub task: Task,
    pub reason: String,
}

pub struct Driver<'a> {
    pub workers: Arc<dyn Workers>,
    pub job: &'a Job,
    pub journal: Journal<'a>,
    pub lease: &'a Lease,
}

/// A task and how often it was tried.
struct Try {
    task: Task,
    tries: u32,
    not_before: Instant,
}

/// How a try ended.
struct Ended {
    attempt: Try,
    result: Result<Record, Failure>,
}

impl Driver<'_> {
    /// The records of all tasks, and those that failed for good. `tell` hears how far it is, and of each record.
    ///
    /// # Errors
    /// Workers that cannot be reached, another driver, a cancelled job, or a store that takes no records.
    pub async fn drive(
        &mut self,
        tasks: Vec<Task>,
        tell: &mut (dyn FnMut(State, Option<&Record>) + Send),
    ) -> Result<(Vec<Record>, Vec<Failed>)> {
        let mut waiting: VecDeque<Try> =
            tasks.into_iter().map(|task| Try { task, tries: 0, not_before: Instant::now() }).collect();
        let (mut records, mut failed, mut state) = (Vec::new(), Vec::new(), State::default());
        let (mut running, mut slots) = (JoinSet::new(), 0);
        let (mut tick, mut beat) = (tokio::time::interval(TICK), tokio::time::interval(BEAT));
        let mut unreachable: Option<Instant> = None;
        while !(waiting.is_empty() && running.is_empty()) {
            while running.len() < slots && failed.len() <= self.job.max_failures && unreachable.is_none() {
                let ready = waiting.iter().position(|attempt| attempt.not_before <= Instant::now());
                let Some(attempt) = ready.and_then(|place| waiting.remove(place)) else { break };
                running.spawn(one_try(self.workers.clone(), attempt, self.job.shard_time()));
            }
            if running.is_empty() && failed.len() > self.job.max_failures {
                break;
            }
            tokio::select! {
                Some(ended) = running.join_next() => {
                    let Ended { attempt, result } = ended.map_err(|error| Error::Pipeline(format!("a shard was given up: {error}")))?;
                    match result {
                        Ok(record) => {
                            state.rows += attempt.task.shard.rows;
                            tell(state, Some(&record));
                            self.journal.add(record.clone());
                            records.push(record);
                        }
                        Err(failure) => self.failed(attempt, failure, &mut waiting, &mut failed, &mut state).await,
                    }
                }
                _ = tick.tick() => {
                    state.rows_under_way = self.workers.rows_under_way();
                    tell(state, None);
                }
                _ = beat.tick() => {
                    self.journal.flush().await?;
                    self.lease.check()?;
                    slots = self.workers.slots().await;
                    state.processes = self.workers.processes().await;
                    unreachable = self.since_when_unreachable(unreachable, slots).await?;
                }
            }
        }
        self.journal.flush().await?;
        Ok((records, failed))
    }

    async fn failed(
        &self,
        attempt: Try,
        failure: Failure,
        waiting: &mut VecDeque<Try>,
        failed: &mut Vec<Failed>,
        state: &mut State,
    ) {
        let Try { task, tries, .. } = attempt;
        // What fails because nobody is there says nothing about the shard.
        let tries = if self.workers.are_reachable().await { tries + 1 } else { tries };
        log::warn!("job {} shard {}: try {tries} failed: {}", task.id, task.shard.number, failure.reason);
        if failure.certain || tries >= self.job.attempts {
            failed.push(Failed { task, reason: failure.reason });
            state.failed = failed.len();
            return;
        }
        state.retries += 1;
        let pause = LONGEST_PAUSE.min(PAUSE * 2_u32.saturating_pow(tries.saturating_sub(1)));
        waiting.push_back(Try { task, tries, not_before: Instant::now() + pause });
    }

    async fn since_when_unreachable(&self, since: Option<Instant>, slots: usize) -> Result<Option<Instant>> {
        if slots > 0 {
            return Ok(None);
        }
        let since = since.unwrap_or_else(Instant::now);
        if since.elapsed() > PATIENCE {
            let minutes = PATIENCE.as_secs() / 60;
            return Err(Error::Pipeline(format!("no worker could be reached for {minutes} minutes")));
        }
        Ok(Some(since))
    }
}

/// Most that the same shard is done by at a time.
const COPIES: u32 = 3;

/// A shard that failed is given to several, since the first place that is free is often the one where it failed. All
/// write the same; those that are slower than the first are given up.
async fn one_try(workers: Arc<dyn Workers>, attempt: Try, longest: Duration) -> Ended {
    let copies = (0..(attempt.tries + 1).min(COPIES)).map(|_| workers.work(&attempt.task).boxed());
    let result = match tokio::time::timeout(longest, select_ok(copies)).await {
        Ok(result) => result.and_then(|(record, _)| checked(&attempt.task, record)),
        Err(_) => Err(Failure::passing(format!("took longer than {} s", longest.as_secs()))),
    };
    Ended { attempt, result }
}

/// A record must be the task's, and of all its rows.
fn checked(task: &Task, record: Record) -> Result<Record, Failure> {
    let expected = task.shard.only.as_ref().map_or(task.shard.rows, |only| only.len() as u64);
    if (record.job.as_str(), record.shard, record.rows) == (task.id.as_str(), task.shard.number, expected) {
        return Ok(record);
    }
    let Record { job, shard, rows, .. } = record;
    Err(Failure::passing(format!("came back as shard {shard} of job {job} with {rows} rows, expected {expected}")))
}
