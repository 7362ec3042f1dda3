use std::fmt;
use std::time::Duration;

use annota::models::Model;
use annota::models::engine::Snapshot;

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Progress {
    /// Rows of the input that are done.
    pub rows: u64,
    pub total: u64,
    /// Pieces computed so far, special pieces included.
    pub tokens: u64,
    pub elapsed: Duration,
}

impl Progress {
    pub fn tokens_per_second(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        if seconds > 0.0 { self.tokens as f64 / seconds } else { 0.0 }
    }
}

/// What a job has done.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    pub input_rows: u64,
    pub output_rows: u64,
    pub files: usize,
    /// What the engines did, all models together.
    pub engine: Snapshot,
    pub write: Duration,
    pub elapsed: Duration,
    pub model: String,
    pub device: String,
}

/// What all engines of the process have done since they started.
pub(super) fn engines() -> Snapshot {
    let snapshots = Model::loaded().into_iter().map(|model| model.counters().snapshot());
    snapshots.fold(Snapshot::default(), Snapshot::plus)
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { input_rows, output_rows, files, engine, write, elapsed, model, device } = self;
        let seconds = |time: &Duration| format!("{:.2} s", time.as_secs_f64());
        let speed = engine.pieces as f64 / elapsed.as_secs_f64().max(1e-9);
        writeln!(f, "rows      {input_rows} in, {output_rows} out, {files} files")?;
        writeln!(f, "model     {model} on {device}")?;
        writeln!(
            f,
            "tokens    {} ({speed:.0}/s), {} sequences, {} from the cache",
            engine.pieces, engine.sequences, engine.cache_hits
        )?;
        writeln!(
            f,
            "padding   {:.1} % of {} batches, {} texts in windows",
            100.0 * engine.padding_waste(),
            engine.batches,
            engine.windowed
        )?;
        let phases =
            [("load", &engine.load), ("tokenize", &engine.tokenize), ("compute", &engine.compute), ("write", write)];
        let phases: Vec<String> = phases.iter().map(|(name, time)| format!("{name} {}", seconds(time))).collect();
        write!(f, "time      {}: {}", seconds(elapsed), phases.join(", "))
    }
}
