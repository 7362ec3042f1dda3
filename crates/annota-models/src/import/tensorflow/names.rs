//! From the names of TensorFlow's variables to those of Hugging Face's PyTorch encoders.

/// (module in TensorFlow, module in PyTorch) behind the model's own name; `#` is a number. The upper names of ALBERT
/// are Google's, the lower ones those of transformers' `TFAlbertModel`. BERT has the same names in both.
const MODULES: &[(&str, &str)] = &[
    ("embeddings/word_embeddings", "embeddings.word_embeddings"),
    ("embeddings/position_embeddings", "embeddings.position_embeddings"),
    ("embeddings/token_type_embeddings", "embeddings.token_type_embeddings"),
    ("embeddings/LayerNorm", "embeddings.LayerNorm"),
    ("encoder/embedding_hidden_mapping_in", "encoder.embedding_hidden_mapping_in"),
    ("encoder/transformer/group_#/inner_group_#/attention_1/self/query", "@.attention.query"),
    ("encoder/transformer/group_#/inner_group_#/attention_1/self/key", "@.attention.key"),
    ("encoder/transformer/group_#/inner_group_#/attention_1/self/value", "@.attention.value"),
    ("encoder/transformer/group_#/inner_group_#/attention_1/output/dense", "@.attention.dense"),
    ("encoder/transformer/group_#/inner_group_#/LayerNorm", "@.attention.LayerNorm"),
    ("encoder/transformer/group_#/inner_group_#/ffn_1/intermediate/dense", "@.ffn"),
    ("encoder/transformer/group_#/inner_group_#/ffn_1/intermediate/output/dense", "@.ffn_output"),
    ("encoder/transformer/group_#/inner_group_#/LayerNorm_1", "@.full_layer_layer_norm"),
    ("encoder/albert_layer_groups_#/albert_layers_#/attention/query", "@.attention.query"),
    ("encoder/albert_layer_groups_#/albert_layers_#/attention/key", "@.attention.key"),
    ("encoder/albert_layer_groups_#/albert_layers_#/attention/value", "@.attention.value"),
    ("encoder/albert_layer_groups_#/albert_layers_#/attention/dense", "@.attention.dense"),
    ("encoder/albert_layer_groups_#/albert_layers_#/attention/LayerNorm", "@.attention.LayerNorm"),
    ("encoder/albert_layer_groups_#/albert_layers_#/ffn", "@.ffn"),
    ("encoder/albert_layer_groups_#/albert_layers_#/ffn_output", "@.ffn_output"),
    ("encoder/albert_layer_groups_#/albert_layers_#/full_layer_layer_norm", "@.full_layer_layer_norm"),
    ("encoder/layer_#/attention/self/query", "encoder.layer.#.attention.self.query"),
    ("encoder/layer_#/attention/self/key", "encoder.layer.#.attention.self.key"),
    ("encoder/layer_#/attention/self/value", "encoder.layer.#.attention.self.value"),
    ("encoder/layer_#/attention/output/dense", "encoder.layer.#.attention.output.dense"),
    ("encoder/layer_#/attention/output/LayerNorm", "encoder.layer.#.attention.output.LayerNorm"),
    ("encoder/layer_#/intermediate/dense", "encoder.layer.#.intermediate.dense"),
    ("encoder/layer_#/output/dense", "encoder.layer.#.output.dense"),
    ("encoder/layer_#/output/LayerNorm", "encoder.layer.#.output.LayerNorm"),
    ("pooler/dense", "pooler.dense"),
    ("pooler", "pooler"),
];

/// What `@` stands for in [`MODULES`].
const ALBERT_LAYER: &str = "encoder.albert_layer_groups.#.albert_layers.#";

/// A variable's place in the encoder.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Its name, and whether it is `[in, out]` where PyTorch has `[out, in]`.
    Parameter { name: String, turned: bool },
    /// Heads, the optimizer's slots and counters.
    Elsewhere,
    /// It belongs to the encoder, but no ALBERT or BERT has it.
    Unknown,
}

/// Finds the place of a variable by its name, such as `bert/pooler/dense/kernel` or
/// `tf_albert_model/albert/pooler/kernel:0`.
pub(super) fn place(variable: &str) -> Place {
    let variable = variable.split(':').next().unwrap_or_default();
    let mut parts = variable.split('/').skip_while(|part| !matches!(*part, "bert" | "albert"));
    let path = parts.by_ref().skip(1).collect::<Vec<_>>().join("/").replace("_._", "_");
    if !["embeddings/", "encoder/", "pooler/"].iter().any(|part| path.starts_with(part)) {
        return Place::Elsewhere;
    }
    let slot = || parameter(path.rsplit_once('/')?.0);
    match parameter(&path) {
        Some((name, turned)) => Place::Parameter { name, turned },
        // What an optimizer keeps of a parameter has the parameter's name before its own.
        None if slot().is_some() => Place::Elsewhere,
        None => Place::Unknown,
    }
}

fn parameter(path: &str) -> Option<(String, bool)> {
    let (module, last) = path.rsplit_once('/')?;
    let (module, parameter, turned) = match last {
        "kernel" => (module, "weight", true),
        "gamma" | "weight" | "embeddings" => (module, "weight", false),
        "beta" | "bias" => (module, "bias", false),
        // Google's embeddings are no module with a table in it, but the table itself.
        _ if last.ends_with("_embeddings") => (path, "weight", false),
        _ => return None,
    };
    Some((format!("{}.{parameter}", module_of(module)?), turned))
}

/// The module in PyTorch.
fn module_of(path: &str) -> Option<String> {
    let (numbers, module) = MODULES.iter().find_map(|(pattern, module)| Some((numbers(pattern, path)?, module)))?;
    let module = module.replace('@', ALBERT_LAYER);
    Some(numbers.into_iter().fold(module, |module, number| module.replacen('#', number, 1)))
}

/// The numbers that stand for `#`, when the rest is the same.
fn numbers<'a>(pattern: &str, path: &'a str) -> Option<Vec<&'a str>> {
    let mut parts = pattern.split('#');
    let mut rest = path.strip_prefix(parts.next()?)?;
    let mut numbers = Vec::new();
    for part in parts {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, after) = rest.split_at_checked(digits)?;
        if number.is_empty() || number.len() > 4 {
            return None;
        }
        numbers.push(number);
        rest = after.strip_prefix(part)?;
    }
    rest.is_empty().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::{Place, place};

    #[test]
    fn variables_find_their_places() {
        let layer = "encoder.albert_layer_groups.0.albert_layers.0";
        let cases = [
            ("bert/embeddings/word_embeddings", "embeddings.word_embeddings.weight", false),
            ("module/bert/embeddings/LayerNorm/beta", "embeddings.LayerNorm.bias", false),
            (
                "bert/encoder/transformer/group_0/inner_group_0/ffn_1/intermediate/output/dense/kernel",
                &format!("{layer}.ffn_output.weight"),
                true,
            ),
            (
                "tf_albert_model/albert/encoder/albert_layer_groups_._0/albert_layers_._0/attention/query/kernel:0",
                &format!("{layer}.attention.query.weight"),
                true,
            ),
            ("bert/encoder/layer_11/output/LayerNorm/gamma", "encoder.layer.11.output.LayerNorm.weight", false),
            ("tf_bert_model/bert/pooler/dense/bias:0", "pooler.dense.bias", false),
        ];
        for (variable, name, turned) in cases {
            assert_eq!(place(variable), Place::Parameter { name: name.to_owned(), turned }, "{variable}");
        }
    }

    #[test]
    fn what_is_not_the_encoder_is_told_apart() {
        for variable in [
            "global_step",
            "cls/predictions/output_bias",
            "bert/pooler/dense/kernel/adam_m",
            "bert/embeddings/word_embeddings/adam_v",
            "Adam/tf_bert_model/bert/pooler/dense/kernel/m:0",
            "",
        ] {
            assert_eq!(place(variable), Place::Elsewhere, "{variable}");
        }
        for variable in ["bert/encoder/layer_x/output/dense/bias", "bert/encoder/layer_1/mixer/kernel", "bert/pooler/x"]
        {
            assert_eq!(place(variable), Place::Unknown, "{variable}");
        }
    }
}
