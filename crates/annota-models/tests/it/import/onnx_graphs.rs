//! Small graphs that no exporter has written: other types of numbers, other nodes, and contradictions.

use super::common::check_message;
use super::common::graph::{floats, node, number, part, tensor};
use annota_models::import::{ImportError, NamedTensor, onnx};

/// An ALBERT without a pooler, as small as can be.
fn encoder() -> Vec<u8> {
    let layer = "encoder.albert_layer_groups.0.albert_layers.0";
    let attention = ["query", "key", "value", "dense", "LayerNorm"].map(|name| format!("{layer}.attention.{name}"));
    let others = ["ffn", "ffn_output", "full_layer_layer_norm"].map(|name| format!("{layer}.{name}"));
    let modules = attention
        .into_iter()
        .chain(others)
        .chain(["encoder.embedding_hidden_mapping_in".to_owned(), "embeddings.LayerNorm".to_owned()]);
    let tables = ["word", "position", "token_type"].map(|name| format!("embeddings.{name}_embeddings.weight"));
    let names = modules.flat_map(|name| [format!("{name}.weight"), format!("{name}.bias")]).chain(tables);
    names.flat_map(|name| floats(&format!("albert.{name}"), &[1], &[0.0])).collect()
}

/// Reads a model with an encoder and these parts.
fn read(parts: &[Vec<u8>]) -> Result<Vec<NamedTensor>, ImportError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.onnx");
    std::fs::write(&path, part(7, &[parts.concat(), encoder()].concat())).expect("a file");
    onnx::read(&path).inspect_err(|error| check_message(error, &path))
}

fn refused(parts: &[Vec<u8>], expected: &str) {
    let error = read(parts).expect_err(expected).to_string();
    assert!(error.contains(expected), "{error}");
}

/// The tensor of that name in a model with these parts.
fn read_one(parts: &[Vec<u8>], name: &str) -> NamedTensor {
    let read = read(parts).unwrap_or_else(|error| panic!("{error}"));
    read.into_iter().find(|tensor| tensor.name == name).unwrap_or_else(|| panic!("no {name}"))
}

fn named(name: &str, shape: &[usize], data: &[f32]) -> NamedTensor {
    NamedTensor { name: name.to_owned(), shape: shape.to_vec(), data: data.to_vec() }
}

#[test]
fn every_type_of_numbers_is_read() {
    let double: Vec<u8> = [1.0f64, -2.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    let single: Vec<u8> = [1.0f32, -2.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    let unpacked: Vec<u8> = single.chunks(4).flat_map(|x| [&[4 << 3 | 5][..], x].concat()).collect();
    let cases = [
        (1, part(9, &single)),
        (1, part(4, &single)),
        (1, unpacked),
        (10, part(9, &[0x00, 0x3c, 0x00, 0xc0])),
        (10, part(5, &[0x80, 0x78, 0x80, 0x80, 0x03])),
        (16, part(9, &[0x80, 0x3f, 0x00, 0xc0])),
        (16, part(5, &[0x80, 0x7f, 0x80, 0x80, 0x03])),
        (11, part(9, &double)),
        (11, part(10, &double)),
    ];
    for (kind, data) in cases {
        let weight = part(5, &tensor("albert.pooler.weight", &[2], kind, &data));
        let read = read_one(&[weight], "pooler.weight");
        assert_eq!(read, named("pooler.weight", &[2], &[1.0, -2.0]), "type {kind}");
    }
}

#[test]
fn weights_are_known_by_their_biases() {
    let bias = floats("albert.pooler.bias", &[1], &[9.0]);
    let weight = floats("onnx::MatMul_7", &[2, 1], &[3.0, 4.0]);
    let product = node("MatMul", &["x", "onnx::MatMul_7"], "product");
    let expected = named("pooler.weight", &[1, 2], &[3.0, 4.0]);
    let skip = ["product", "skip", "gamma", "beta", "albert.pooler.bias"];
    for sum in [
        node("Add", &["albert.pooler.bias", "product"], "y"),
        node("Add", &["product", "albert.pooler.bias"], "y"),
        node("BiasGelu", &["product", "albert.pooler.bias"], "y"),
        node("SkipLayerNormalization", &skip, "y"),
    ] {
        assert_eq!(read_one(&[bias.clone(), weight.clone(), product.clone(), sum], "pooler.weight"), expected);
    }
    let gemm = node("Gemm", &["x", "onnx::MatMul_7", "albert.pooler.bias"], "y");
    assert_eq!(read_one(&[bias.clone(), weight.clone(), gemm], "pooler.weight"), expected);
    let upright = [
        part(
            1,
            &[
                part(1, b"x"),
                part(1, b"w"),
                part(1, b"albert.pooler.bias"),
                part(2, b"y"),
                part(4, b"Gemm"),
                part(5, &[part(1, b"transB"), number(3, 1)].concat()),
            ]
            .concat(),
        ),
        floats("w", &[1, 2], &[3.0, 4.0]),
        bias.clone(),
    ];
    assert_eq!(read_one(&upright, "pooler.weight"), expected);
    let constant = part(
        1,
        &[
            part(2, b"w"),
            part(4, b"Constant"),
            part(5, &[part(1, b"value"), part(5, &tensor("", &[2, 1], 1, &part(9, &[0; 8])))].concat()),
        ]
        .concat(),
    );
    let gemm = node("Gemm", &["x", "w", "albert.pooler.bias"], "y");
    assert_eq!(read_one(&[constant, gemm, bias], "pooler.weight"), named("pooler.weight", &[1, 2], &[0.0, 0.0]));
}

#[test]
fn shared_weights_must_be_the_same() {
    let model = |second: &[f32]| {
        let mut parts = vec![floats("albert.pooler.bias", &[1], &[9.0])];
        for (name, data) in [("a", &[3.0, 4.0][..]), ("b", second)] {
            parts.push(floats(name, &[2, 1], data));
            parts.push(node("MatMul", &["x", name], &format!("product {name}")));
            parts.push(node("Add", &[&format!("product {name}"), "albert.pooler.bias"], "y"));
        }
        parts
    };
    assert_eq!(read_one(&model(&[3.0, 4.0]), "pooler.weight").data, [3.0, 4.0]);
    refused(&model(&[3.0, 4.5]), "tensor `pooler.weight` is given twice with different numbers");
}

#[test]
fn other_models_are_refused() {
    for op in ["DequantizeLinear", "MatMulInteger", "QLinearMatMul", "DynamicQuantizeLinear", "MatMulNBits"] {
        refused(&[node(op, &["x"], "y")], &format!("it is quantised (it has {op} nodes)"));
    }
    refused(&[floats("albert.pooler.bias", &[1], &[9.0])], "tensor `pooler.weight` is missing");
    refused(&[floats("a", &[1], &[9.0]), floats("a", &[1], &[9.0])], "two initializers named `a`");
    refused(&[floats("bert.embeddings.word_embeddings.weight", &[1], &[9.0])], "expected one encoder");
    refused(&[part(5, &tensor("albert.pooler.weight", &[2], 7, &[]))], "has ONNX data type 7, expected float");
    refused(&[part(5, &tensor("albert.pooler.weight", &[2], 1, &part(9, &[0; 9])))], "expected a multiple of 4");
    let bytes = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1, 2];
    refused(&[part(5, &tensor("albert.pooler.weight", &bytes, 1, &part(9, &[0; 8])))], "fits into memory");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.onnx");
    for (bytes, expected) in
        [(&b"onnx"[..], "is damaged"), (b"", "it has no ModelProto.graph"), (&[7 << 3 | 2, 0], "no named tensors")]
    {
        std::fs::write(&path, bytes).expect("a file");
        let error = onnx::read(&path).expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn data_elsewhere_stay_elsewhere() {
    let external = |location: &str, length: &str| {
        let entry = |key: &str, value: &str| part(13, &[part(1, key.as_bytes()), part(2, value.as_bytes())].concat());
        let data = [entry("location", location), entry("offset", "0"), entry("length", length), number(14, 1)].concat();
        part(5, &tensor("albert.pooler.weight", &[2], 1, &data))
    };
    for location in ["/etc/passwd", "../data", "a/../../data", ""] {
        refused(&[external(location, "8")], "expected a file in the model's folder");
    }
    refused(&[external("model.onnx", "many")], "has length `many` in external_data, expected a number");
    refused(&[external("model.onnx", "4")], "is 4 bytes at 0 of");
    refused(&[external("model.onnx", "18446744073709551615")], "expected 8 inside it");
}

#[test]
fn copies_do_not_multiply() {
    let copies = (0..40).map(|copy| node("Identity", &["w"], &format!("albert.encoder.{copy}.weight")));
    let parts: Vec<_> = copies.chain([floats("w", &[1, 100, 2], &[0.5; 200])]).collect();
    refused(&parts, "is one copy too many");
}
