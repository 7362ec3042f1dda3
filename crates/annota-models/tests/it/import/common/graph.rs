//! ONNX files, part by part.

/// A field with a length: a text or a message.
pub fn part(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut field = vec![number << 3 | 2];
    let mut length = bytes.len();
    while length > 0x7f {
        field.push(length as u8 | 0x80);
        length >>= 7;
    }
    field.push(length as u8);
    field.extend(bytes);
    field
}

/// A field with a number below 128.
pub fn number(number: u8, value: u8) -> Vec<u8> {
    vec![number << 3, value]
}

/// An initializer; `data` are its further fields.
pub fn tensor(name: &str, dims: &[u8], kind: u8, data: &[u8]) -> Vec<u8> {
    [part(8, name.as_bytes()), part(1, dims), number(2, kind), data.to_vec()].concat()
}

pub fn floats(name: &str, dims: &[u8], data: &[f32]) -> Vec<u8> {
    let bytes: Vec<u8> = data.iter().flat_map(|x| x.to_le_bytes()).collect();
    part(5, &tensor(name, dims, 1, &part(9, &bytes)))
}

pub fn node(op: &str, inputs: &[&str], output: &str) -> Vec<u8> {
    let inputs = inputs.iter().flat_map(|input| part(1, input.as_bytes()));
    part(1, &[inputs.collect(), part(2, output.as_bytes()), part(4, op.as_bytes())].concat())
}
