use std::fmt;
use std::str::FromStr;

use crate::ModelError;

/// The numbers that matrices are multiplied in. Sums, softmax, layer norms and activations are f32 everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Precision {
    #[default]
    F32,
    /// Weights and all states in f16, on GPUs that have it, and the softmax too where burn's attention is not one kernel:
    /// within 2e-2 of f32, cosine above 0.9999.
    F16,
    /// Weights and activations rounded to bf16. On all-MiniLM-L6-v2 the cosine to f32 is at least 0.9999.
    Bf16,
    /// Weights rounded to 8 bits by output, activations by piece. On all-MiniLM-L6-v2 the cosine to f32 is 0.9988 on
    /// average and 0.995 at least (`tests/compare/sentence_vectors.py`).
    Int8,
}

impl Precision {
    const NAMES: [(Precision, &str); 4] =
        [(Precision::F32, "f32"), (Precision::F16, "f16"), (Precision::Bf16, "bf16"), (Precision::Int8, "int8")];
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES.iter().find(|(precision, _)| precision == self);
        f.pad(name.map_or("", |(_, name)| name))
    }
}

impl FromStr for Precision {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        let found = Self::NAMES.iter().find(|(_, name)| name.eq_ignore_ascii_case(text));
        found.map(|(precision, _)| *precision).ok_or_else(|| ModelError::Setting {
            setting: "precision",
            value: text.to_owned(),
            expected: "f32, f16, bf16 or int8".to_owned(),
        })
    }
}
