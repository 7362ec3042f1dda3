//! What the tests of the readers share.

pub mod graph;
pub mod saved;

use std::path::{Path, PathBuf};

use annota_models::import::{ImportError, NamedTensor};

pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/import/fixtures").join(name)
}

/// The tensors of a fixture.
pub fn safetensors(name: &str) -> Vec<NamedTensor> {
    read_safetensors(&fixture(name))
}

/// The tensors of a safetensors file of f32, sorted by name.
pub fn read_safetensors(path: &Path) -> Vec<NamedTensor> {
    let bytes = std::fs::read(path).expect("a file");
    let (length, rest) = bytes.split_first_chunk::<8>().expect("a length");
    let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
    let header: serde_json::Value = serde_json::from_slice(header).expect("a header");
    let mut tensors: Vec<NamedTensor> = header
        .as_object()
        .expect("an object")
        .iter()
        .filter(|(name, entry)| *name != "__metadata__" && entry["dtype"] == "F32")
        .map(|(name, entry)| {
            let at = |index: usize| entry["data_offsets"][index].as_u64().expect("an offset") as usize;
            let shape = entry["shape"].as_array().expect("a shape");
            NamedTensor {
                name: name.clone(),
                shape: shape.iter().map(|dim| dim.as_u64().expect("a dim") as usize).collect(),
                data: data[at(0)..at(1)].as_chunks().0.iter().map(|x| f32::from_le_bytes(*x)).collect(),
            }
        })
        .collect();
    tensors.sort_by(|a, b| a.name.cmp(&b.name));
    tensors
}

/// Numbers that look random and are the same in every run.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

/// Calls `check` with the bytes cut short at many places, and with bits turned over.
pub fn damaged(bytes: &[u8], stride: usize, flips: usize, mut check: impl FnMut(&[u8])) {
    for length in (0..bytes.len()).step_by(stride) {
        check(&bytes[..length]);
    }
    let mut random = Random(17);
    for round in 0..flips {
        let mut broken = bytes.to_vec();
        for _ in 0..=round % 4 {
            let at = random.below(broken.len());
            broken[at] ^= 1 << random.below(8);
        }
        check(&broken);
    }
}

/// An error must be one line that names the file.
pub fn check_message(error: &ImportError, path: &Path) {
    let text = error.to_string();
    assert!(!text.contains('\n'), "{text:?}");
    assert!(text.len() < 1500, "{text}");
    assert!(text.contains(&*path.parent().expect("a folder").to_string_lossy()), "{text}");
}
