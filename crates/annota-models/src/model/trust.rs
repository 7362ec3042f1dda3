//! Whether a GPU computes what the CPU computes. Some drivers are wrong without saying so, so a GPU is believed only
//! after it has agreed on a few sequences, which is remembered by driver, model and precision.

use std::path::PathBuf;

use sha2::{Digest, Sha256};

use crate::engine::{Engine, EngineSettings, Rows, Sequence};

use crate::store::ModelFiles;
use crate::{ModelError, Precision, Readout, Target};

/// Least cosine of a state on the GPU and on the CPU.
const COSINE: f64 = 0.9999;

/// Lengths of the sequences, as two batches of different shape. A software rasteriser, on which compiling a shape
/// takes a minute, gets the first.
const BATCHES: [&[usize]; 2] = [&[3, 9, 17, 30], &[200]];

/// Raised whenever GPUs compute by other kernels, so that they are asked again.
const KERNELS: u32 = 3;

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
        Ok(Trust { precision: target.precision, batches, memory: folder().map(|folder| folder.join(name)) })
    }

    /// Whether this GPU has agreed before.
    pub fn is_known(&self) -> bool {
        self.memory.as_ref().is_some_and(|file| file.is_file())
    }

    /// Compares, and remembers an agreement.
    ///
    /// # Errors
    /// In what the two differ; or that one of them fails.
    pub fn earn(&self, gpu: &Engine, cpu: &Engine) -> Result<(), String> {
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
        if let Some(file) = &self.memory {
            // Where it cannot be remembered, the next process compares again.
            let _ = file.parent().map(std::fs::create_dir_all);
            let _ = std::fs::write(file, "");
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

/// Where agreements are remembered: `annota/trusted` in the user's cache folder.
fn folder() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")))?;
    Some(cache.join("annota").join("trusted"))
}

#[cfg(test)]
mod tests {
    use super::{Precision, Rows, Trust};

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
