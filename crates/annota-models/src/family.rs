//! The table of encoder families. A new family is a folder beside [`crate::albert`], declared in `lib.rs`, and one line in
//! [`crate::families!`].

use crate::checkpoint::{Opened, Weights};
use crate::{ModelError, Target};

/// An architecture, by the `model_type` of its `config.json`.
pub struct Family {
    pub model_type: &'static str,
    /// (model, text of `config.json`) → length of every vector.
    pub dimension: fn(&str, &str) -> Result<usize, ModelError>,
    /// (model, text of `config.json`, weights, device) → the encoder.
    pub open: fn(&str, &str, &Weights, &Target) -> Result<Opened, ModelError>,
}

/// The families, for whoever makes something of each: its `model_type`, and the name of its stage.
#[macro_export]
macro_rules! families {
    ($($make:ident)::+) => {
        $($make)::+! {
            albert: AlbertEmbeddings,
            bert: BertEmbeddings,
            distilbert: DistilBertEmbeddings,
        }
    };
}

macro_rules! table {
    ($($family:ident: $stage:ident,)+) => {
        /// Every family that can be opened.
        pub const FAMILIES: &[Family] = &[$(Family {
            model_type: stringify!($family),
            dimension: crate::$family::dimension,
            open: crate::$family::open,
        }),+];
    };
}
families!(table);

/// The family that a `config.json` names.
///
/// # Errors
/// [`ModelError::Config`] when it names none, or one that is not in [`FAMILIES`].
pub fn of_config(model: &str, config: &str) -> Result<&'static Family, ModelError> {
    let config: serde_json::Value = serde_json::from_str(config).unwrap_or_default();
    let model_type = config.get("model_type").and_then(|value| value.as_str()).unwrap_or_default();
    FAMILIES.iter().find(|family| family.model_type == model_type).ok_or_else(|| ModelError::Config {
        model: model.to_owned(),
        file: "config.json".to_owned(),
        key: "model_type".to_owned(),
        value: model_type.to_owned(),
        expected: FAMILIES.iter().map(|family| family.model_type).collect::<Vec<_>>().join(", "),
    })
}
