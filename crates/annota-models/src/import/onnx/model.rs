//! The parts of an ONNX file that hold weights: initializers and nodes. Texts and numbers stay where they lie.

use crate::import::error::one_line;
use crate::import::tensor::{FloatType, f32_of_bf16, f32_of_f16, shape_of};
use crate::protobuf::{Value, fields};

#[derive(Default)]
pub(super) struct Node<'a> {
    pub op: &'a str,
    pub inputs: Vec<&'a str>,
    pub outputs: Vec<&'a str>,
    /// The attribute `transB` of Gemm: the weight is `[out, in]`.
    pub trans_b: bool,
    /// The attribute `value` of Constant.
    pub constant: Option<&'a [u8]>,
}

/// An initializer that is not needed yet.
#[derive(Clone, Copy)]
pub(super) struct Packed<'a> {
    pub message: &'a [u8],
    pub is_matrix: bool,
}

#[derive(Default)]
pub(super) struct Initializer<'a> {
    pub name: &'a str,
    pub dims: Vec<u64>,
    pub data_type: u64,
    /// (key, value) pairs that say where in which other file the numbers are.
    pub external: Vec<(&'a str, &'a str)>,
    pub is_external: bool,
    message: &'a [u8],
}

/// More axes than any weight has.
const AXES: usize = 16;

/// `ModelProto.graph`.
pub(super) fn graph(file: &[u8]) -> Result<&[u8], String> {
    let mut graph = None;
    for field in fields(file) {
        if let (7, value) = field? {
            graph = Some(value.bytes("ModelProto.graph")?);
        }
    }
    graph.ok_or_else(|| "it has no ModelProto.graph, expected an ONNX model".to_owned())
}

/// The initializers of a graph by name.
pub(super) fn initializers(graph: &[u8]) -> impl Iterator<Item = Result<(&str, Packed<'_>), String>> {
    parts(graph, 5).map(|message| {
        let initializer = initializer(message?)?;
        Ok((initializer.name, initializer.packed()))
    })
}

/// The nodes of a graph in the order in which they are computed.
pub(super) fn nodes(graph: &[u8]) -> impl Iterator<Item = Result<Node<'_>, String>> {
    parts(graph, 1).map(|message| node(message?))
}

fn parts(graph: &[u8], wanted: u64) -> impl Iterator<Item = Result<&[u8], String>> {
    fields(graph).filter_map(move |field| match field {
        Ok((number, value)) if number == wanted => Some(value.bytes("a node or initializer")),
        Ok(_) => None,
        Err(reason) => Some(Err(reason)),
    })
}

fn node(message: &[u8]) -> Result<Node<'_>, String> {
    let mut node = Node::default();
    for field in fields(message) {
        match field? {
            (1, value) => node.inputs.push(value.text("NodeProto.input")?),
            (2, value) => node.outputs.push(value.text("NodeProto.output")?),
            (4, value) => node.op = value.text("NodeProto.op_type")?,
            (5, value) => attribute(value.bytes("NodeProto.attribute")?, &mut node)?,
            _ => {}
        }
    }
    Ok(node)
}

fn attribute<'a>(message: &'a [u8], node: &mut Node<'a>) -> Result<(), String> {
    let (mut name, mut number, mut tensor) = ("", 0, None);
    for field in fields(message) {
        match field? {
            (1, value) => name = value.text("AttributeProto.name")?,
            (3, value) => number = value.number("AttributeProto.i")?,
            (5, value) => tensor = Some(value.bytes("AttributeProto.t")?),
            _ => {}
        }
    }
    match (name, tensor) {
        ("transB", _) => node.trans_b = number != 0,
        ("value", Some(tensor)) => node.constant = Some(tensor),
        _ => {}
    }
    Ok(())
}

pub(super) fn initializer(message: &[u8]) -> Result<Initializer<'_>, String> {
    let mut read = Initializer { message, ..Initializer::default() };
    for field in fields(message) {
        match field? {
            (1, Value::Bytes(packed)) if packed.len() > AXES * 10 => return Err(too_many(read.name)),
            (1, value) => value.numbers("TensorProto.dims", &mut read.dims)?,
            (2, value) => read.data_type = value.number("TensorProto.data_type")?,
            (8, value) => read.name = value.text("TensorProto.name")?,
            (13, value) => read.external.push(entry(value.bytes("TensorProto.external_data")?)?),
            (14, value) => read.is_external = value.number("TensorProto.data_location")? == 1,
            _ => {}
        }
        if read.dims.len() > AXES {
            return Err(too_many(read.name));
        }
    }
    Ok(read)
}

fn too_many(name: &str) -> String {
    format!("initializer `{}` has more axes than {AXES}, expected a weight", one_line(name))
}

fn entry(message: &[u8]) -> Result<(&str, &str), String> {
    let (mut key, mut text) = ("", "");
    for field in fields(message) {
        match field? {
            (1, value) => key = value.text("TensorProto.external_data.key")?,
            (2, value) => text = value.text("TensorProto.external_data.value")?,
            _ => {}
        }
    }
    Ok((key, text))
}

impl<'a> Initializer<'a> {
    pub fn packed(&self) -> Packed<'a> {
        Packed { message: self.message, is_matrix: self.dims.len() == 2 }
    }

    /// The type of the numbers, or why there are no weights in it.
    pub fn float_type(&self) -> Result<FloatType, String> {
        match self.data_type {
            1 => Ok(FloatType::F32),
            10 => Ok(FloatType::F16),
            11 => Ok(FloatType::F64),
            16 => Ok(FloatType::BF16),
            other => Err(format!("has ONNX data type {other}, expected float, float16, bfloat16 or double")),
        }
    }

    /// The declared shape, and the numbers if they are in the model's file.
    pub fn numbers(&self) -> Result<(Vec<usize>, Vec<f32>), String> {
        let (shape, count) = shape_of(&self.dims)?;
        let float = self.float_type()?;
        let mut numbers = Vec::new();
        for field in fields(self.message) {
            match (field?, float) {
                ((9, value), _) => whole(float, value.bytes("raw_data")?, &mut numbers)?,
                ((4, value), FloatType::F32) => whole(float, &bytes_of(value)?, &mut numbers)?,
                ((10, value), FloatType::F64) => whole(float, &bytes_of(value)?, &mut numbers)?,
                ((5, value), FloatType::F16 | FloatType::BF16) => halves(float, value, &mut numbers)?,
                _ => {}
            }
        }
        if numbers.len() != count {
            return Err(format!("has {} numbers, expected {count} for its shape {shape:?}", numbers.len()));
        }
        Ok((shape, numbers))
    }
}

/// The bytes of one number or of many that are packed.
fn bytes_of(value: Value<'_>) -> Result<std::borrow::Cow<'_, [u8]>, String> {
    match value {
        Value::Bytes(bytes) => Ok(bytes.into()),
        Value::Fixed32(bytes) => Ok(bytes.to_vec().into()),
        Value::Fixed64(bytes) => Ok(bytes.to_vec().into()),
        Value::Varint(_) => Err("has a varint among its numbers, expected floats".to_owned()),
    }
}

fn whole(float: FloatType, bytes: &[u8], into: &mut Vec<f32>) -> Result<(), String> {
    if !bytes.len().is_multiple_of(float.size()) {
        return Err(format!("has {} bytes of data, expected a multiple of {}", bytes.len(), float.size()));
    }
    into.extend(float.decode(bytes));
    Ok(())
}

/// Sixteen bits of each number of `int32_data`.
fn halves(float: FloatType, value: Value<'_>, into: &mut Vec<f32>) -> Result<(), String> {
    let mut numbers = Vec::new();
    value.numbers("int32_data", &mut numbers)?;
    for number in numbers {
        let half = u16::try_from(number).map_err(|_| format!("has {number} in int32_data, expected 16 bits"))?;
        into.push(if float == FloatType::F16 { f32_of_f16(half) } else { f32_of_bf16(half) });
    }
    Ok(())
}
