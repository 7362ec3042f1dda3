use std::fmt;
use std::str::FromStr;

use crate::ModelError;

/// How the hidden states of a text become one vector. Special pieces count, as in Hugging Face's mean pooling;
/// of a text in several windows every piece counts once, with the first `[CLS]` and the last `[SEP]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Pooling {
    #[default]
    Mean,
    /// The state of `[CLS]`.
    Cls,
    Max,
    Sum,
    /// `[CLS]` through the model's own pooler, `tanh(W·x + b)`.
    Pooler,
}

const NAMES: [(&str, Pooling); 5] = [
    ("mean", Pooling::Mean),
    ("cls", Pooling::Cls),
    ("max", Pooling::Max),
    ("sum", Pooling::Sum),
    ("pooler", Pooling::Pooler),
];

impl FromStr for Pooling {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        let known = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        known.map(|(_, pooling)| *pooling).ok_or_else(|| ModelError::Setting {
            setting: "pooling",
            value: text.to_owned(),
            expected: NAMES.map(|(name, _)| name).join(", "),
        })
    }
}

impl fmt::Display for Pooling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(_, pooling)| pooling == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}
