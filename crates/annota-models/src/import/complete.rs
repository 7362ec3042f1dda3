use std::collections::BTreeSet;
use std::path::Path;

use crate::import::{ImportError, NamedTensor};

const EMBEDDINGS: &[&str] = &[
    "embeddings.word_embeddings.weight",
    "embeddings.position_embeddings.weight",
    "embeddings.token_type_embeddings.weight",
    "embeddings.LayerNorm.weight",
    "embeddings.LayerNorm.bias",
];
const PROJECTION: &str = "encoder.embedding_hidden_mapping_in";

/// The modules of a layer; each has a weight and a bias.
const ALBERT: [&str; 8] = [
    "attention.query",
    "attention.key",
    "attention.value",
    "attention.dense",
    "attention.LayerNorm",
    "ffn",
    "ffn_output",
    "full_layer_layer_norm",
];
const BERT: [&str; 8] = [
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "attention.output.LayerNorm",
    "intermediate.dense",
    "output.dense",
    "output.LayerNorm",
];

/// Checks that nothing is missing from the embeddings and from the layers that are there. Poolers are optional.
pub(crate) fn check(path: &Path, tensors: &[NamedTensor]) -> Result<(), ImportError> {
    let names: BTreeSet<&str> = tensors.iter().map(|tensor| tensor.name.as_str()).collect();
    let need = |name: &str| {
        let missing = || ImportError::tensor(path, name, "is missing, expected every weight of the encoder");
        names.contains(name).then_some(()).ok_or_else(missing)
    };
    let module = |name: &str| ["weight", "bias"].iter().try_for_each(|last| need(&format!("{name}.{last}")));
    EMBEDDINGS.iter().try_for_each(|name| need(name))?;
    let layers: BTreeSet<(String, bool)> = names.iter().filter_map(|name| layer(name)).collect();
    if layers.is_empty() {
        return Err(ImportError::unsupported(path, "it has no layers, expected those of an ALBERT or BERT encoder"));
    }
    for (layer, albert) in layers {
        if albert {
            module(PROJECTION)?;
        }
        let modules = if albert { ALBERT } else { BERT };
        modules.iter().try_for_each(|name| module(&format!("{layer}.{name}")))?;
    }
    Ok(())
}

/// The layer that a tensor is in, and whether it is ALBERT's.
fn layer(name: &str) -> Option<(String, bool)> {
    let parts: Vec<&str> = name.split('.').collect();
    match parts.as_slice() {
        ["encoder", "layer", number, ..] => Some((format!("encoder.layer.{number}"), false)),
        ["encoder", "albert_layer_groups", group, "albert_layers", inner, ..] => {
            Some((format!("encoder.albert_layer_groups.{group}.albert_layers.{inner}"), true))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{BERT, EMBEDDINGS, check};
    use crate::import::NamedTensor;

    #[test]
    fn every_weight_is_needed() {
        let layer =
            BERT.iter().flat_map(|name| ["weight", "bias"].map(|last| format!("encoder.layer.0.{name}.{last}")));
        let names: Vec<String> = EMBEDDINGS.iter().map(|name| name.to_string()).chain(layer).collect();
        let tensors = |names: &[String]| -> Vec<NamedTensor> {
            names.iter().map(|name| NamedTensor { name: name.clone(), shape: vec![0], data: Vec::new() }).collect()
        };
        assert_eq!(check(Path::new("x"), &tensors(&names)), Ok(()));
        for missing in 0..names.len() {
            let mut some = names.clone();
            let name = some.remove(missing);
            let error = check(Path::new("x"), &tensors(&some)).expect_err("one is missing").to_string();
            assert!(error.contains(&format!("tensor `{name}` is missing")), "{error}");
        }
        let error = check(Path::new("x"), &tensors(&names[..5])).expect_err("no layers").to_string();
        assert!(error.contains("it has no layers"), "{error}");
    }
}
