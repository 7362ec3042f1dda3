use std::time::{Duration, Instant};

use annota::models::engine::{EngineSettings, Sequence};
use annota::models::{Model, Readout};

use super::BatchShape;
use super::report::Row;

/// Equal batches straight into the engine, one after another, for about `time`.
pub fn measure(model: &Model, shape: BatchShape, time: Duration) -> anyhow::Result<Row> {
    let most = model.shape().max_positions;
    anyhow::ensure!(shape.pieces <= most, "shape has {} pieces: the model sees at most {most}", shape.pieces);
    // One batch, however large.
    let settings = EngineSettings { batch_tokens: Some(usize::MAX), cache_bytes: 0 };
    let mut ids = Ids(0x9E37_79B9_7F4A_7C15);
    let mut run = || {
        let sequence = |_| Sequence {
            ids: (0..shape.pieces).map(|_| ids.next(model.shape().vocabulary_size)).collect(),
            readout: Readout::Sum(0..shape.pieces as u32),
        };
        model.engine().run((0..shape.sequences).map(sequence).collect(), settings)
    };
    run()?;
    let before = model.counters().snapshot();
    let start = Instant::now();
    while start.elapsed() < time {
        run()?;
    }
    let seconds = start.elapsed().as_secs_f64();
    let done = model.counters().snapshot().since(before);
    Ok(Row::new(format!("{}x{}", shape.sequences, shape.pieces), done, done.sequences, seconds))
}

/// Ids as if by chance, the same in every run (xorshift64*).
struct Ids(u64);

impl Ids {
    fn next(&mut self, below: usize) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as u32 % below as u32
    }
}
