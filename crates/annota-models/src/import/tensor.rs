/// A weight with the name that Hugging Face's PyTorch encoder gives it, as f32 in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedTensor {
    pub name: String,
    pub shape: Vec<usize>,
    pub data: Vec<f32>,
}

impl NamedTensor {
    /// Turns a matrix `[in, out]` into `[out, in]`.
    pub(crate) fn transposed(self) -> Result<Self, String> {
        let &[rows, columns] = self.shape.as_slice() else {
            return Err(format!("has shape {:?}, expected a matrix", self.shape));
        };
        let data = (0..columns).flat_map(|column| self.data.iter().skip(column).step_by(columns).copied()).collect();
        Ok(NamedTensor { name: self.name, shape: vec![columns, rows], data })
    }

    /// Whether two tensors hold the same numbers, to the bit.
    pub(crate) fn same_as(&self, other: &NamedTensor) -> bool {
        self.shape == other.shape && self.data.iter().map(|x| x.to_bits()).eq(other.data.iter().map(|x| x.to_bits()))
    }
}

/// The types of numbers that weights are kept in; little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FloatType {
    F16,
    BF16,
    F32,
    F64,
}

impl FloatType {
    pub(crate) fn size(self) -> usize {
        match self {
            FloatType::F16 | FloatType::BF16 => 2,
            FloatType::F32 => 4,
            FloatType::F64 => 8,
        }
    }

    pub(crate) fn decode(self, bytes: &[u8]) -> Vec<f32> {
        match self {
            FloatType::F16 => bytes.as_chunks().0.iter().map(|x| f32_of_f16(u16::from_le_bytes(*x))).collect(),
            FloatType::BF16 => bytes.as_chunks().0.iter().map(|x| f32_of_bf16(u16::from_le_bytes(*x))).collect(),
            FloatType::F32 => bytes.as_chunks().0.iter().map(|x| f32::from_le_bytes(*x)).collect(),
            FloatType::F64 => bytes.as_chunks().0.iter().map(|x| f64::from_le_bytes(*x) as f32).collect(),
        }
    }
}

/// Widens half precision: 1 bit of sign, 5 of exponent, 10 of fraction.
pub(crate) fn f32_of_f16(half: u16) -> f32 {
    half::f16::from_bits(half).to_f32()
}

/// Widens the upper half of an f32.
pub(crate) fn f32_of_bf16(half: u16) -> f32 {
    half::bf16::from_bits(half).to_f32()
}

/// The shape as it is declared, and how many numbers it needs.
pub(crate) fn shape_of(dims: &[u64]) -> Result<(Vec<usize>, usize), String> {
    let shape: Option<Vec<usize>> = dims.iter().map(|&dim| usize::try_from(dim).ok()).collect();
    let counted = shape.and_then(|shape| {
        let count = shape.iter().try_fold(1usize, |count, &dim| count.checked_mul(dim))?;
        Some((shape, count))
    });
    counted.ok_or_else(|| format!("has shape {:?}, expected one that fits into memory", shortened(dims)))
}

fn shortened(dims: &[u64]) -> &[u64] {
    dims.get(..8).unwrap_or(dims)
}

#[cfg(test)]
mod tests {
    use super::{FloatType, NamedTensor, f32_of_f16, shape_of};

    #[test]
    fn halves_are_widened() {
        let cases = [
            (0x0000, 0.0),
            (0x8000, -0.0),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0400, 6.103_515_6e-5),
            (0x0001, 5.960_464_5e-8),
            (0x83ff, -6.097_555e-5),
            (0x7c00, f32::INFINITY),
            (0x3555, 0.333_251_95),
        ];
        for (half, expected) in cases {
            assert_eq!(f32_of_f16(half).to_bits(), expected.to_bits(), "{half:#x}");
        }
        assert!(f32_of_f16(0x7e00).is_nan());
    }

    #[test]
    fn every_type_decodes() {
        assert_eq!(FloatType::F16.decode(&[0x00, 0x3c, 0x00]), [1.0]);
        assert_eq!(FloatType::BF16.decode(&[0x80, 0x3f]), [1.0]);
        assert_eq!(FloatType::F32.decode(&1.5f32.to_le_bytes()), [1.5]);
        assert_eq!(FloatType::F64.decode(&(-0.25f64).to_le_bytes()), [-0.25]);
    }

    #[test]
    fn matrices_are_turned() {
        let matrix = |shape: &[usize], data: &[f32]| NamedTensor {
            name: "w".to_owned(),
            shape: shape.to_vec(),
            data: data.to_vec(),
        };
        let turned = matrix(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).transposed().expect("a matrix");
        assert_eq!(turned, matrix(&[3, 2], &[1.0, 4.0, 2.0, 5.0, 3.0, 6.0]));
        assert_eq!(matrix(&[2, 0], &[]).transposed().expect("a matrix"), matrix(&[0, 2], &[]));
        assert!(matrix(&[2], &[1.0, 2.0]).transposed().is_err());
    }

    #[test]
    fn huge_shapes_are_errors() {
        assert_eq!(shape_of(&[2, 3]), Ok((vec![2, 3], 6)));
        assert_eq!(shape_of(&[]), Ok((vec![], 1)));
        assert!(shape_of(&[u64::MAX, 2]).is_err());
    }
}
