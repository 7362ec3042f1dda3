//! How fast a model is on this machine.

mod report;
mod shapes;
mod texts;

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use annota::ProcessSettings;
use annota::models::{DeviceSpec, Model, Peak, Precision};
use annota_cluster::job::Level;
use clap::Args;

use report::{Head, Report};

use crate::listed::{LEVELS, PRECISIONS, listed};

/// Measures a model on this machine: tokens and texts a second, padding, phases, and the part of what the machine can do
#[derive(Args)]
pub struct BenchArgs {
    /// Batches of equal sequences instead of texts, as SEQUENCESxPIECES: 8x128; may be repeated
    #[arg(long)]
    shape: Vec<BatchShape>,
    /// Texts: a file of CSV, JSON lines or Parquet; made-up English of mixed lengths by default
    #[arg(long, conflicts_with = "shape")]
    input: Vec<String>,
    /// The column of texts in --input
    #[arg(long, default_value = "text")]
    column: String,
    /// The part of a text that each vector stands for
    #[arg(long, default_value = "document", value_parser = listed::<Level>(LEVELS))]
    level: Level,
    /// The numbers that the model multiplies
    #[arg(long, default_value = "f32", value_parser = listed::<Precision>(PRECISIONS))]
    precision: Precision,
    /// Pieces of a batch of texts; what suits the device by default
    #[arg(long)]
    batch_tokens: Option<usize>,
    /// How long to measure each shape, or the texts, at most
    #[arg(long, default_value = "10")]
    seconds: f64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// So many sequences of so many pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchShape {
    pub sequences: usize,
    pub pieces: usize,
}

impl FromStr for BatchShape {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |part: &str| part.parse::<usize>().ok().filter(|number| *number > 0);
        let parts = text.split_once('x').and_then(|(sequences, pieces)| Some((number(sequences)?, number(pieces)?)));
        let (sequences, pieces) = parts.ok_or_else(|| format!("shape `{text}` is none: expected one such as 8x128"))?;
        Ok(BatchShape { sequences, pieces })
    }
}

pub async fn run(args: BenchArgs, settings: &ProcessSettings) -> anyhow::Result<()> {
    anyhow::ensure!(args.seconds > 0.0, "seconds is `{}`: expected a number above 0", args.seconds);
    let time = Duration::from_secs_f64(args.seconds);
    let name = settings.model.clone().unwrap_or_else(|| annota::functions::DEFAULT_MODEL.to_owned());
    let model = Model::shared(&name, settings.device, args.precision)?;
    let head = head(&model, &name, &args, settings)?;
    let mut rows = Vec::new();
    for shape in &args.shape {
        rows.push(shapes::measure(&model, *shape, time)?);
    }
    if args.shape.is_empty() {
        rows.push(texts::measure(&model, &name, &args, settings, time).await?);
    }
    let report = Report { head, rows };
    if args.json { report.print_json() } else { report.print() }
}

fn head(model: &Arc<Model>, name: &str, args: &BenchArgs, settings: &ProcessSettings) -> anyhow::Result<Head> {
    let (mut device, mut precision) = (settings.device.open()?, args.precision);
    if device.name != model.device() {
        // A GPU that is not trusted; the processor serves.
        (device, precision) = (DeviceSpec::Cpu.open()?, Precision::F32);
    }
    let threads = rayon::current_num_threads();
    let peak = Peak::measure(&device, precision, threads, Duration::from_millis(300))?;
    Ok(Head {
        model: name.to_owned(),
        device: device.name,
        driver: device.driver,
        instructions: peak.instructions,
        threads,
        precision: precision.to_string(),
        load_seconds: model.counters().snapshot().load.as_secs_f64(),
        peak_gflops: peak.gflops,
    })
}
