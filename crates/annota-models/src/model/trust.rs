//! Whether a GPU computes what the CPU computes. Some drivers are wrong without saying so, so a GPU is believed only
//! after it has agreed on a few sequences, which is remembered by driver, model and precision.

use std::path::PathBuf;

use sha2::{Digest, Sha256};

use crate::engine::{Engine, EngineSettings, Rows, Sequence};

use crate::store::ModelFiles;
use crate::{ModelError, Precision, Readout, Target, kept};

/// Least cosine of a state on the GPU and on the CPU.
const COSINE: f64 = 0.9999;

/// Lengths of the sequences, as two batches of different shape. A software rasteriser, on which compiling a shape
/// takes a minute, gets the first.
const BATCHES: [&[usize]; 2] = [&[3, 9, 17, 30], &[200]];

/// The first line of what is kept.
const PASSED: &str = "passed";
const FAILED: &str = "failed";

/// Raised whenever GPUs compute by other kernels, so that they are asked again.
const KERNELS: u32 = 5;

/// What is known of whether a GPU computes what the CPU computes, for a model and a precision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// They have not been compared, or by another release or driver.
    NotRun,
    Passed,
    /// In what they differ, or how the GPU failed.
    Failed(String),
}

/// What a GPU has been asked already.
pub struct Trust {
    precision: Precision,
    batches: &'static [&'static [usize]],
    memory: Option<PathBuf>,
}

impl Trust {
    pub fn new(files: &ModelFiles, target: &Target) -> Result<Self, ModelError> {
        let facts = [
            format!("{} {KERNELS}", env!("CARGO_PKG_VERSION")),
            target.device.driver.clone(),
            target.precision.to_string(),
            files.stamp()?,
        ];
        let name = hex::encode(Sha256::digest(facts.join("\n")));
        let batches = if target.device.is_software() { &BATCHES[..1] } else { &BATCHES };
        Ok(Trust {
            precision: target.precision,
            batches,
            memory: kept::folder("trusted").map(|folder| folder.join(name)),
        })
    }

    /// What was found out before.
    pub fn verdict(&self) -> Verdict {
        let kept = self.memory.as_ref().and_then(|file| std::fs::read_to_string(file).ok());
        match kept.as_deref().map(|kept| kept.split_once('\n').unwrap_or((kept, ""))) {
            Some((PASSED, _)) => Verdict::Passed,
            Some((FAILED, reason)) => Verdict::Failed(reason.trim_end().to_owned()),
            _ => Verdict::NotRun,
        }
    }

    /// Compares, and keeps what is found out.
    pub fn examine(&self, gpu: &Engine, cpu: &Engine) -> Verdict {
        let verdict = self.agree(gpu, cpu).map_or_else(Verdict::Failed, |()| Verdict::Passed);
        let kept = match &verdict {
            Verdict::Failed(reason) => format!("{FAILED}\n{reason}\n"),
            Verdict::Passed | Verdict::NotRun => format!("{PASSED}\n"),
        };
        if let Some(file) = &self.memory {
            // Where it cannot be kept, the next process compares again.
            let _ = file.parent().map(std::fs::create_dir_all);
            let _ = std::fs::write(file, kept);
        }
        verdict
    }

    /// In what the two differ, or how one of them fails.
    fn agree(&self, gpu: &Engine, cpu: &Engine) -> Result<(), String> {
        for lengths in self.batches {
            let sequences = sequences(lengths, gpu);
            let settings = EngineSettings { cache_bytes: 0, ..EngineSettings::default() };
            let run = |engine: &Engine| engine.run(sequences.clone(), settings).map_err(|error| error.to_string());
            let (found, expected) = (run(gpu)?, run(cpu)?);
            let size = gpu.shape().hidden_size;
            for (found, expected) in found.iter().zip(&expected) {
                self.compare(found, expected, size)?;
            }
        }
        Ok(())
    }

    fn compare(&self, found: &Rows, expected: &Rows, size: usize) -> Result<(), String> {
        let largest = expected.iter().fold(1.0_f32, |largest, value| largest.max(value.abs()));
        let tolerance = largest * if self.precision == Precision::F32 { 1e-3 } else { 2e-2 };
        let difference = found.iter().zip(expected.iter()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        let cosines = found.chunks_exact(size).zip(expected.chunks_exact(size)).map(|(a, b)| cosine(a, b));
        let least = cosines.fold(1.0, f64::min);
        // Not-a-number is on neither side of a comparison.
        if difference <= tolerance && least >= COSINE && found.iter().all(|value| value.is_finite()) {
            return Ok(());
        }
        Err(format!(
            "its states differ from the CPU's by {difference:.2e} (at most {tolerance:.0e}), cosine {least:.5}"
        ))
    }
}

/// Sequences as if by chance, the same at every time.
fn sequences(lengths: &[usize], engine: &Engine) -> Vec<Sequence> {
    let shape = engine.shape();
    let mut state = 1_u64;
    let mut id = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u32 % shape.vocabulary_size as u32
    };
    let sequence = |&length: &usize| {
        let length = length.min(shape.max_positions);
        Sequence { ids: (0..length).map(|_| id()).collect(), readout: Readout::Rows((0..length as u32).collect()) }
    };
    lengths.iter().map(sequence).collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    product(a, b) / (product(a, a) * product(b, b)).sqrt()
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor, TensorData};

    use super::{BATCHES, Precision, Rows, Trust, Verdict};
    use crate::engine::Engine;
    use crate::{Batching, Encoder, Shape, States, Work};

    /// States that are the ids, times this.
    struct Times(f32);

    impl Encoder for Times {
        fn shape(&self) -> Shape {
            Shape { hidden_size: 2, vocabulary_size: 99, max_positions: 64, has_pooler: false, work: Work::default() }
        }

        fn batching(&self) -> Batching {
            Batching::Padded
        }

        fn forward(&self, sequences: &[&[u32]]) -> Result<States, String> {
            let positions = sequences.iter().map(|ids| ids.len()).max().unwrap_or(0);
            let state = |ids: &[u32], at: usize| ids.get(at).map_or(0.0, |id| self.0 * *id as f32);
            let row = |ids: &&[u32]| (0..positions).flat_map(|at| [state(ids, at), 1.0]).collect::<Vec<f32>>();
            let states: Vec<f32> = sequences.iter().flat_map(row).collect();
            let states = TensorData::new(states, [sequences.len(), positions, 2]);
            Ok(States::Padded(Tensor::from_data(states, &Device::flex())))
        }

        fn pool(&self, _first: Tensor<2>) -> Option<Tensor<2>> {
            None
        }
    }

    fn engine(times: f32) -> Engine {
        Engine::start("test", move || Ok(Box::new(Times(times)) as Box<dyn Encoder>)).expect("an engine")
    }

    #[test]
    fn verdicts_are_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("annota").join("facts");
        let trust = Trust { precision: Precision::F32, batches: &BATCHES, memory: Some(file) };
        let cpu = engine(1.0);
        assert_eq!(trust.verdict(), Verdict::NotRun);
        let Verdict::Failed(reason) = trust.examine(&engine(1.01), &cpu) else { panic!("it differs") };
        assert!(reason.contains("differ from the CPU's by"), "{reason}");
        assert_eq!(trust.verdict(), Verdict::Failed(reason));
        assert_eq!(trust.examine(&engine(1.0001), &cpu), Verdict::Passed);
        assert_eq!(trust.verdict(), Verdict::Passed);
    }

    #[test]
    fn wrong_states_are_not_trusted() {
        let compare = |precision, found: [f32; 4]| {
            let expected: Rows = Rows::from([1.0, 2.0, -3.0, 0.5]);
            Trust { precision, batches: &[], memory: None }.compare(&Rows::from(found), &expected, 2).is_ok()
        };
        assert!(compare(Precision::F32, [1.0, 2.0, -3.0, 0.5]));
        assert!(compare(Precision::F32, [1.001, 2.001, -3.001, 0.501]));
        assert!(!compare(Precision::F32, [1.03, 2.0, -3.0, 0.5]));
        assert!(compare(Precision::F16, [1.02, 2.02, -3.0, 0.5]));
        assert!(!compare(Precision::F16, [1.0, 2.0, -3.0, 0.7]));
        assert!(!compare(Precision::F16, [1.0, f32::NAN, -3.0, 0.5]));
        assert!(!compare(Precision::F32, [0.0; 4]));
    }
}
