use std::collections::BTreeSet;

use crate::import::{ImportError, NamedTensor};

/// A family of encoders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    Albert,
    Bert,
}

impl Family {
    /// Its name in `config.json`.
    pub fn model_type(self) -> &'static str {
        match self {
            Family::Albert => "albert",
            Family::Bert => "bert",
        }
    }

    /// That of an encoder's weights.
    pub(crate) fn of(tensors: &[NamedTensor]) -> Self {
        let albert = tensors.iter().any(|tensor| tensor.name.starts_with("encoder.albert_layer_groups."));
        if albert { Family::Albert } else { Family::Bert }
    }
}

/// What the shapes of an encoder's weights tell of its configuration, in the words of `config.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShapeConfig {
    pub family: Family,
    pub vocab_size: usize,
    pub embedding_size: usize,
    pub hidden_size: usize,
    pub intermediate_size: usize,
    /// Counted for BERT; ALBERT's layers share their weights, so it is that of the published model of this size.
    pub num_hidden_layers: usize,
    /// One head for 64 numbers of `hidden_size`, or that of the published ALBERT of this size. Shapes do not tell it.
    pub num_attention_heads: usize,
    pub max_position_embeddings: usize,
    pub type_vocab_size: usize,
}

/// (hidden size, layers, heads) of the published ALBERT models; xlarge alone has heads of 128.
const ALBERTS: [(usize, usize, usize); 4] = [(768, 12, 12), (1024, 24, 16), (2048, 24, 16), (4096, 12, 64)];
const HEAD: usize = 64;
const ALBERT_LAYER: &str = "encoder.albert_layer_groups.0.albert_layers.0";

/// Derives the configuration of an encoder that has no `config.json`.
///
/// # Errors
/// [`ImportError::Config`] when a weight is missing or does not fit the others, and when shapes cannot tell.
pub fn config_of(tensors: &[NamedTensor]) -> Result<ShapeConfig, ImportError> {
    let matrix = |name: &str| {
        let shape = tensors.iter().find(|tensor| tensor.name == name).map(|tensor| tensor.shape.as_slice());
        match shape {
            Some(&[rows, columns]) => Ok((rows, columns)),
            Some(shape) => Err(fail(format!("`{name}` has shape {shape:?}, expected a matrix"))),
            None => Err(fail(format!("`{name}` is missing, expected the weights of an ALBERT or BERT encoder"))),
        }
    };
    let family = Family::of(tensors);
    let albert = family == Family::Albert;
    let (vocab_size, embedding_size) = matrix("embeddings.word_embeddings.weight")?;
    let (max_position_embeddings, positions) = matrix("embeddings.position_embeddings.weight")?;
    let (type_vocab_size, types) = matrix("embeddings.token_type_embeddings.weight")?;
    let first = match family {
        Family::Albert => format!("{ALBERT_LAYER}.ffn.weight"),
        Family::Bert => "encoder.layer.0.intermediate.dense.weight".to_owned(),
    };
    let (intermediate_size, hidden_size) = matrix(&first)?;
    let projected =
        if albert { matrix("encoder.embedding_hidden_mapping_in.weight")? } else { (hidden_size, embedding_size) };
    let fits = [positions, types].iter().all(|size| *size == embedding_size)
        && projected == (hidden_size, embedding_size)
        && (albert || hidden_size == embedding_size);
    if !fits {
        let reason = format!(
            "embeddings have {embedding_size}, {positions} and {types} columns and layers {hidden_size}, expected sizes that fit"
        );
        return Err(fail(reason));
    }
    let (num_hidden_layers, num_attention_heads) = match family {
        Family::Albert => albert_of(tensors, hidden_size)?,
        Family::Bert => (layers(tensors)?, heads(hidden_size)?),
    };
    Ok(ShapeConfig {
        family,
        vocab_size,
        embedding_size,
        hidden_size,
        intermediate_size,
        num_hidden_layers,
        num_attention_heads,
        max_position_embeddings,
        type_vocab_size,
    })
}

fn fail(reason: String) -> ImportError {
    ImportError::Config { reason }
}

fn albert_of(tensors: &[NamedTensor], hidden: usize) -> Result<(usize, usize), ImportError> {
    let shared = |name: &str| !name.starts_with("encoder.albert_layer_groups.") || name.starts_with(ALBERT_LAYER);
    if let Some(other) = tensors.iter().find(|tensor| !shared(&tensor.name)) {
        return Err(fail(format!("`{}` is of a second layer group, expected one or a config.json", other.name)));
    }
    let published = ALBERTS.iter().find(|(size, _, _)| *size == hidden);
    published.map(|(_, layers, heads)| (*layers, *heads)).ok_or_else(|| {
        fail(format!(
            "no published ALBERT has hidden_size {hidden}, expected 768, 1024, 2048 or 4096, or a config.json"
        ))
    })
}

/// The number of BERT's layers, which must be numbered from zero.
fn layers(tensors: &[NamedTensor]) -> Result<usize, ImportError> {
    let number = |tensor: &NamedTensor| tensor.name.strip_prefix("encoder.layer.")?.split('.').next()?.parse().ok();
    let numbers: BTreeSet<usize> = tensors.iter().filter_map(number).collect();
    match numbers.iter().zip(0..).find(|(number, expected)| *number != expected) {
        Some((_, expected)) => Err(fail(format!("encoder.layer.{expected} is missing, expected every layer"))),
        None => Ok(numbers.len()),
    }
}

fn heads(hidden: usize) -> Result<usize, ImportError> {
    if hidden == 0 || !hidden.is_multiple_of(HEAD) {
        return Err(fail(format!("hidden_size is {hidden}, expected a multiple of {HEAD} or a config.json")));
    }
    Ok(hidden / HEAD)
}

#[cfg(test)]
mod tests {
    use super::{Family, config_of};
    use crate::import::NamedTensor;

    /// Only shapes count.
    fn tensor(name: &str, shape: &[usize]) -> NamedTensor {
        NamedTensor { name: name.to_owned(), shape: shape.to_vec(), data: Vec::new() }
    }

    fn embeddings(size: usize) -> Vec<NamedTensor> {
        vec![
            tensor("embeddings.word_embeddings.weight", &[30_000, size]),
            tensor("embeddings.position_embeddings.weight", &[512, size]),
            tensor("embeddings.token_type_embeddings.weight", &[2, size]),
        ]
    }

    fn albert(hidden: usize) -> Vec<NamedTensor> {
        let mut tensors = embeddings(128);
        tensors.push(tensor("encoder.embedding_hidden_mapping_in.weight", &[hidden, 128]));
        let layer = "encoder.albert_layer_groups.0.albert_layers.0.ffn.weight";
        tensors.push(tensor(layer, &[4 * hidden, hidden]));
        tensors
    }

    fn bert(layers: &[usize], hidden: usize) -> Vec<NamedTensor> {
        let mut tensors = embeddings(hidden);
        let layer = |number| format!("encoder.layer.{number}.intermediate.dense.weight");
        tensors.extend(layers.iter().map(|number| tensor(&layer(number), &[4 * hidden, hidden])));
        tensors
    }

    #[test]
    fn published_models() {
        for (hidden, layers, heads) in [(768, 12, 12), (1024, 24, 16), (2048, 24, 16), (4096, 12, 64)] {
            let config = config_of(&albert(hidden)).expect("a published size");
            assert_eq!((config.num_hidden_layers, config.num_attention_heads), (layers, heads));
            assert_eq!((config.hidden_size, config.embedding_size, config.vocab_size), (hidden, 128, 30_000));
        }
        let config = config_of(&bert(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], 768)).expect("a BERT");
        assert_eq!((config.family, config.num_hidden_layers, config.num_attention_heads), (Family::Bert, 12, 12));
        assert_eq!((config.intermediate_size, config.max_position_embeddings, config.type_vocab_size), (3072, 512, 2));
    }

    #[test]
    fn what_shapes_do_not_tell_is_an_error() {
        let mut misfit = albert(768);
        misfit.retain(|tensor| !tensor.name.contains("mapping_in"));
        misfit.push(tensor("encoder.embedding_hidden_mapping_in.weight", &[768, 64]));
        let mut second = albert(768);
        second.push(tensor("encoder.albert_layer_groups.1.albert_layers.0.ffn.weight", &[3072, 768]));
        let cases = [
            (albert(312), "no published ALBERT has hidden_size 312"),
            (bert(&[0, 2], 768), "encoder.layer.1 is missing"),
            (bert(&[1], 768), "`encoder.layer.0.intermediate.dense.weight` is missing"),
            (bert(&[0], 100), "hidden_size is 100"),
            (misfit, "expected sizes that fit"),
            (second, "is of a second layer group"),
            (Vec::new(), "`embeddings.word_embeddings.weight` is missing"),
            (vec![tensor("embeddings.word_embeddings.weight", &[3])], "has shape [3], expected a matrix"),
        ];
        for (tensors, expected) in cases {
            let error = config_of(&tensors).expect_err(expected).to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
