use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use annota::models::Model;
use annota::models::engine::Snapshot;
use datafusion::physical_plan::ExecutionPlan;

use super::shard::Record;

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Progress {
    /// Rows of the input that are done.
    pub rows: u64,
    pub total: u64,
    /// Pieces computed so far, special pieces included.
    pub tokens: u64,
    pub elapsed: Duration,
    /// Processes that work.
    pub workers: usize,
    /// Shards that failed for good.
    pub failed: usize,
}

impl Progress {
    pub fn tokens_per_second(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        if seconds > 0.0 { self.tokens as f64 / seconds } else { 0.0 }
    }
}

/// What a job has done.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Summary {
    pub input_rows: u64,
    pub output_rows: u64,
    pub files: usize,
    /// Shards that this run did, and those that were done before it.
    pub shards: usize,
    pub earlier_shards: usize,
    /// Whether the job had been done already, so that nothing was done.
    pub is_done_before: bool,
    /// Files in the input's folders that were not read.
    pub left_out: Vec<String>,
    /// Tries that failed and were made again.
    pub retries: usize,
    /// Rows that stand in the rejects.
    pub rejected: u64,
    pub tokens: u64,
    /// What the engines of this process did.
    pub engine: Snapshot,
    pub elapsed: Duration,
    pub model: String,
    /// Where the model ran, each once.
    pub devices: Vec<String>,
}

/// What all engines of the process have done since they started.
pub(super) fn engines() -> Snapshot {
    let snapshots = Model::loaded().into_iter().map(|model| model.counters().snapshot());
    snapshots.fold(Snapshot::default(), Snapshot::plus)
}

/// Rows of the input that have their vectors: what has left the plan, or what goes into its unnesting.
pub(super) fn rows_done(plan: &Arc<dyn ExecutionPlan>) -> u64 {
    let embedding = embedding_node(plan).unwrap_or(plan);
    embedding.metrics().and_then(|metrics| metrics.output_rows()).unwrap_or(0) as u64
}

/// Below the node that makes a row of every sentence or token.
fn embedding_node(plan: &Arc<dyn ExecutionPlan>) -> Option<&Arc<dyn ExecutionPlan>> {
    let child = plan.children().into_iter().next()?;
    if plan.name() == "UnnestExec" { Some(child) } else { embedding_node(child) }
}

/// Pieces that workers have computed: each tells what it had computed in all, before and after a shard.
#[derive(Debug, Default)]
pub(super) struct Pieces(HashMap<String, [u64; 2]>);

impl Pieces {
    pub fn add(&mut self, record: &Record) {
        let [before, after] = record.pieces;
        let known = self.0.entry(record.worker.clone()).or_insert(record.pieces);
        *known = [known[0].min(before), known[1].max(after)];
    }

    pub fn total(&self) -> u64 {
        self.0.values().map(|[before, after]| after.saturating_sub(*before)).sum()
    }
}

fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { input_rows, output_rows, files, engine, elapsed, model, tokens, .. } = self;
        let seconds = |time: &Duration| format!("{:.2} s", time.as_secs_f64());
        writeln!(f, "rows      {input_rows} in, {output_rows} out, {}", counted(*files as u64, "file"))?;
        if let Some(first) = self.left_out.first() {
            let left_out = counted(self.left_out.len() as u64, "file");
            writeln!(f, "left out  {left_out} of the input's folders, hidden or of another format, as `{first}`")?;
        }
        if self.is_done_before {
            return write!(f, "nothing to do: the output is complete, and its input and settings are unchanged");
        }
        write!(f, "shards    {} done", self.shards)?;
        let counts = [(self.earlier_shards, "done before"), (self.retries, "tries again")];
        for (count, what) in counts.iter().filter(|(count, _)| *count > 0) {
            write!(f, ", {count} {what}")?;
        }
        if self.rejected > 0 {
            write!(f, "\nrejects   {} rows without a vector, with reasons in _annota", self.rejected)?;
        }
        match self.devices.as_slice() {
            [] => writeln!(f, "\nmodel     {model}, not asked")?,
            devices => writeln!(f, "\nmodel     {model} on {}", devices.join(", "))?,
        }
        let speed = *tokens as f64 / elapsed.as_secs_f64().max(1e-9);
        write!(f, "tokens    {tokens} ({speed:.0}/s)")?;
        if engine.batches == 0 {
            return write!(f, "\ntime      {}", seconds(elapsed));
        }
        writeln!(f, ", {} sequences, {} from the cache", engine.sequences, engine.cache_hits)?;
        let waste = 100.0 * engine.padding_waste();
        writeln!(f, "padding   {waste:.1} % of {} batches, {} texts in windows", engine.batches, engine.windowed)?;
        let phases = [("load", &engine.load), ("tokenize", &engine.tokenize), ("compute", &engine.compute)];
        let phases: Vec<String> = phases.iter().map(|(name, time)| format!("{name} {}", seconds(time))).collect();
        write!(f, "time      {}: {}", seconds(elapsed), phases.join(", "))
    }
}
