use annota::models::engine::Snapshot;
use serde::Serialize;

/// What was measured, and on what.
#[derive(Debug, Serialize)]
pub struct Report {
    #[serde(flatten)]
    pub head: Head,
    pub rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
pub struct Head {
    pub model: String,
    pub device: String,
    /// The adapter, its driver and burn's compiler for it.
    pub driver: String,
    /// The instruction set of the kernels.
    pub instructions: Option<String>,
    pub threads: usize,
    pub precision: String,
    pub load_seconds: f64,
    /// What the device can do in products of this precision, measured now.
    pub peak_gflops: f64,
}

/// One shape, or the texts.
#[derive(Debug, Serialize)]
pub struct Row {
    pub what: String,
    pub seconds: f64,
    /// Pieces computed, special ones included, padding not.
    pub tokens: u64,
    pub tokens_per_second: f64,
    pub texts_per_second: f64,
    /// Padding as a share of all computed positions.
    pub padding: f64,
    pub batches: u64,
    /// Seconds of cutting texts into pieces, by all threads, as a share of the time.
    pub tokenize: f64,
    /// Seconds in which the device computed, as a share of the time.
    pub compute: f64,
    /// Over the whole time, padding not counted, products counted as if multiplied plainly (an eighth of them is saved in
    /// f32 where matrices are large).
    pub gflops: f64,
}

impl Row {
    pub fn new(what: String, done: Snapshot, texts: u64, seconds: f64) -> Self {
        Row {
            what,
            seconds,
            tokens: done.pieces,
            tokens_per_second: done.pieces as f64 / seconds,
            texts_per_second: texts as f64 / seconds,
            padding: done.padding_waste(),
            batches: done.batches,
            tokenize: done.tokenize.as_secs_f64() / seconds,
            compute: done.compute.as_secs_f64() / seconds,
            gflops: done.operations as f64 / seconds / 1e9,
        }
    }
}

impl Report {
    pub fn print_json(&self) -> anyhow::Result<()> {
        say!("{}", serde_json::to_string_pretty(self)?)?;
        Ok(())
    }

    pub fn print(&self) -> anyhow::Result<()> {
        let Head { model, device, driver: _, instructions, threads, precision, load_seconds, peak_gflops } = &self.head;
        let instructions = instructions.as_ref().map(|name| format!(" with {name}")).unwrap_or_default();
        say!("{model} on {device}{instructions}, {threads} threads, {precision}, loaded in {load_seconds:.2} s")?;
        let how = if instructions.is_empty() { "by products of large matrices" } else { "in the first cache" };
        say!("the device reaches {peak_gflops:.0} GFLOP/s {how}")?;
        say!(
            "\n{:>10} {:>9} {:>9} {:>8} {:>9} {:>8} {:>8} {:>7}",
            "",
            "tokens/s",
            "texts/s",
            "padding",
            "tokenize",
            "compute",
            "GFLOP/s",
            "of peak"
        )?;
        for row in &self.rows {
            say!(
                "{:>10} {:>9.0} {:>9.1} {:>8} {:>9} {:>8} {:>8.0} {:>7}",
                row.what,
                row.tokens_per_second,
                row.texts_per_second,
                percent(row.padding),
                percent(row.tokenize),
                percent(row.compute),
                row.gflops,
                percent(row.gflops / peak_gflops),
            )?;
        }
        Ok(())
    }
}

fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}
