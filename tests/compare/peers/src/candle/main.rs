//! `candle-worker FOLDER`: a checkpoint on candle, asked by lines of JSON as `speed_worker.py` says.

mod albert;

use std::fs;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{self, BertModel};
use serde::Deserialize;
use serde_json::json;

use albert::Albert;

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "lowercase")]
enum Order {
    /// Equal batches for so many seconds.
    Shape { sequences: usize, pieces: usize, seconds: f64 },
    /// The mean states of sequences of ids, each by itself, as bytes of f32.
    Vectors { ids: PathBuf, output: PathBuf },
}

enum Model {
    Albert(Albert),
    Bert(BertModel),
}

struct Checkpoint {
    model: Model,
    vocabulary: usize,
}

impl Checkpoint {
    fn open(folder: &Path) -> Result<Self> {
        let config = fs::read_to_string(folder.join("config.json")).context("config.json")?;
        let fields: serde_json::Value = serde_json::from_str(&config)?;
        let weights = fs::read(folder.join("model.safetensors")).context("model.safetensors")?;
        let vb = VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu)?;
        let model = match fields["model_type"].as_str() {
            Some("albert") => Model::Albert(Albert::load(vb, &serde_json::from_str(&config)?)?),
            Some("bert") => Model::Bert(BertModel::load(vb, &serde_json::from_str::<bert::Config>(&config)?)?),
            other => bail!("no model for {other:?}"),
        };
        let vocabulary = fields["vocab_size"].as_u64().context("vocab_size")? as usize;
        Ok(Checkpoint { model, vocabulary })
    }

    fn forward(&self, ids: &Tensor) -> candle_core::Result<Tensor> {
        match &self.model {
            Model::Albert(model) => model.forward(ids, None),
            Model::Bert(model) => model.forward(ids, &ids.zeros_like()?, None),
        }
    }

    fn shape(&self, sequences: usize, pieces: usize, seconds: f64) -> Result<serde_json::Value> {
        let ids: Vec<u32> = (0..sequences * pieces).map(|n| (n * 7919 % self.vocabulary) as u32).collect();
        let ids = Tensor::from_vec(ids, (sequences, pieces), &Device::Cpu)?;
        let run = || self.forward(&ids).and_then(|states| states.sum(1));
        run()?;
        let (start, cpu) = (Instant::now(), cpu_seconds());
        let mut tokens = 0;
        while start.elapsed().as_secs_f64() < seconds {
            run()?;
            tokens += sequences * pieces;
        }
        Ok(json!({"seconds": start.elapsed().as_secs_f64(), "cpu": cpu_seconds() - cpu, "tokens": tokens}))
    }

    fn vectors(&self, ids: &Path, output: &Path) -> Result<serde_json::Value> {
        let texts: Vec<Vec<u32>> = serde_json::from_slice(&fs::read(ids)?)?;
        let mut bytes = Vec::new();
        for ids in &texts {
            let states = self.forward(&Tensor::new(ids.as_slice(), &Device::Cpu)?.unsqueeze(0)?)?;
            let vector: Vec<f32> = states.mean(1)?.squeeze(0)?.to_vec1()?;
            bytes.extend(vector.iter().flat_map(|value| value.to_le_bytes()));
        }
        fs::write(output, bytes)?;
        Ok(json!({"vectors": texts.len()}))
    }
}

/// User and system seconds of all threads.
fn cpu_seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a place for the answer.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

fn main() -> Result<()> {
    let folder = std::env::args().nth(1).context("expected the folder of a checkpoint")?;
    let checkpoint = Checkpoint::open(Path::new(&folder))?;
    let mut output = io::stdout();
    writeln!(output, "{}", json!({"ready": "candle 0.11.1"}))?;
    for line in io::stdin().lock().lines() {
        let answer = match serde_json::from_str(&line?)? {
            Order::Shape { sequences, pieces, seconds } => checkpoint.shape(sequences, pieces, seconds),
            Order::Vectors { ids, output } => checkpoint.vectors(&ids, &output),
        };
        let answer = answer.unwrap_or_else(|error| json!({"error": error.to_string()}));
        writeln!(output, "{answer}")?;
        output.flush()?;
    }
    Ok(())
}
