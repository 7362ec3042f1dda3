//! Folders made of weights without a configuration.

use serde_json::json;

use super::common::graph::{floats, part};
use super::convert::{folders, imported, json, put};

/// A number as protobuf writes it, and the number.
type Size<'a> = (&'a [u8], usize);
/// The name of a module, the length of its bias, and the columns of its weight if that is a matrix.
type Module<'a> = (String, Size<'a>, Option<Size<'a>>);

/// An ONNX file of tables with rows of a width, and of modules.
fn model(tables: &[(&str, [u8; 1])], width: Size<'_>, modules: &[Module<'_>]) -> Vec<u8> {
    let mut parts = Vec::new();
    for (name, rows) in tables {
        let count = usize::from(rows[0]) * width.1;
        parts.extend(floats(&format!("{name}_embeddings.weight"), &[rows, width.0].concat(), &vec![0.5; count]));
    }
    for (name, (rows, out), inner) in modules {
        let (dims, count) = match inner {
            Some((columns, count)) => ([*rows, *columns].concat(), out * count),
            None => (rows.to_vec(), *out),
        };
        parts.extend(floats(&format!("{name}.weight"), &dims, &vec![0.5; count]));
        parts.extend(floats(&format!("{name}.bias"), rows, &vec![0.5; *out]));
    }
    part(7, &parts)
}

const TABLES: [(&str, [u8; 1]); 3] =
    [("embeddings.word", [20]), ("embeddings.position", [10]), ("embeddings.token_type", [2])];

#[test]
fn a_bert_without_config() {
    let (wide, inner): (Size<'_>, Size<'_>) = ((&[64], 64), (&[5], 5));
    let mut modules = vec![("embeddings.LayerNorm".to_owned(), wide, None)];
    for layer in ["encoder.layer.0", "encoder.layer.1"] {
        let module = |name: &str, out, inner| (format!("{layer}.{name}"), out, inner);
        for name in ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"] {
            modules.push(module(name, wide, Some(wide)));
        }
        modules.push(module("attention.output.LayerNorm", wide, None));
        modules.push(module("intermediate.dense", inner, Some(wide)));
        modules.push(module("output.dense", wide, Some(inner)));
        modules.push(module("output.LayerNorm", wide, None));
    }
    let (_folder, from, to) = folders();
    put(&from, &[("model.onnx", &model(&TABLES, wide, &modules)), ("tokenizer.json", b"{}")]);
    let imported = imported(&from, &to);
    assert_eq!((imported.tensors, imported.family.as_str()), (Some(37), "bert"));
    assert_eq!(imported.guessed[0], "num_attention_heads = 1, as published BERTs of this size");
    assert_eq!(imported.guessed.len(), 3);
    let expected = json!({
        "model_type": "bert", "vocab_size": 20, "hidden_size": 64, "intermediate_size": 5, "num_hidden_layers": 2,
        "num_attention_heads": 1, "max_position_embeddings": 10, "type_vocab_size": 2, "hidden_act": "gelu",
        "layer_norm_eps": 1e-12,
    });
    assert_eq!(json(&to, "config.json"), expected);
}

#[test]
fn an_albert_without_config() {
    let (wide, inner, narrow): (Size<'_>, Size<'_>, Size<'_>) = ((&[0x80, 6], 768), (&[5], 5), (&[3], 3));
    let module = |name: &str, out, inner| (format!("encoder.albert_layer_groups.0.albert_layers.0.{name}"), out, inner);
    let mut modules: Vec<Module<'_>> =
        ["query", "key", "value", "dense"].map(|name| module(&format!("attention.{name}"), wide, Some(wide))).to_vec();
    modules.extend(["attention.LayerNorm", "full_layer_layer_norm"].map(|name| module(name, wide, None)));
    modules.extend([module("ffn", inner, Some(wide)), module("ffn_output", wide, Some(inner))]);
    modules.push(("embeddings.LayerNorm".to_owned(), narrow, None));
    modules.push(("encoder.embedding_hidden_mapping_in".to_owned(), wide, Some(narrow)));
    let (_folder, from, to) = folders();
    put(&from, &[("model.onnx", &model(&TABLES, narrow, &modules)), ("spiece.model", b"x")]);
    let imported = imported(&from, &to);
    let expected = [
        "num_hidden_layers = 12, as the published ALBERT of this size",
        "num_attention_heads = 12, as the published ALBERT of this size",
        "hidden_act = gelu_new, as most published models of the family",
        "layer_norm_eps = 1e-12, as published models of the family",
        "do_lower_case = true, as it is where no tokenizer_config.json tells",
    ];
    assert_eq!(imported.guessed, expected);
    let expected = json!({
        "model_type": "albert", "vocab_size": 20, "embedding_size": 3, "hidden_size": 768, "intermediate_size": 5,
        "num_hidden_layers": 12, "num_hidden_groups": 1, "inner_group_num": 1, "num_attention_heads": 12,
        "max_position_embeddings": 10, "type_vocab_size": 2, "hidden_act": "gelu_new", "layer_norm_eps": 1e-12,
    });
    assert_eq!(json(&to, "config.json"), expected);
}
