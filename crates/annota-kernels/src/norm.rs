use crate::simd::{MAX_LANES, Op, Simd, edge};
use crate::words::{Matrix, Words};

/// A layer norm over the last axis, `size` wide.
#[derive(Debug, Clone, Copy)]
pub struct NormWeights<'a> {
    /// `[size]`
    pub scale: &'a [f32],
    /// `[size]`
    pub shift: &'a [f32],
    /// Added to the variance.
    pub epsilon: f32,
}

/// The same, in whole vectors.
pub(crate) struct Norm {
    size: usize,
    scale: Words,
    shift: Words,
    epsilon: f32,
}

impl Norm {
    pub(crate) fn pack(weights: &NormWeights<'_>) -> Self {
        assert_eq!(weights.scale.len(), weights.shift.len(), "scale and shift of a layer norm");
        Norm {
            size: weights.scale.len(),
            scale: Words::from_slice(weights.scale),
            shift: Words::from_slice(weights.shift),
            epsilon: weights.epsilon,
        }
    }

    /// Normalises rows `first..first + rows` of `matrix` in place.
    pub(crate) fn run<S: Simd>(&self, s: S, matrix: &mut Matrix, first: usize, rows: usize) {
        s.run(Normalise { norm: self, matrix, first, rows });
    }
}

struct Normalise<'a> {
    norm: &'a Norm,
    matrix: &'a mut Matrix,
    first: usize,
    rows: usize,
}

/// As many ones as lanes of the last vector are columns, then zeros, read from `MAX_LANES - lanes` on.
const ONES: [f32; 2 * MAX_LANES] = edge(1.0, 0.0);

impl<S: Simd> Op<S> for Normalise<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, s: S) {
        let Normalise { norm, matrix, first, rows } = self;
        let blocks = norm.size.div_ceil(S::LANES);
        let last = s.load(&ONES[MAX_LANES - (norm.size - (blocks - 1) * S::LANES)..]);
        let count = norm.size as f32;
        for row in first..first + rows {
            let mut sum = s.splat(0.0);
            for block in 0..blocks {
                sum = s.add(sum, s.load(&matrix.words[matrix.at(row, block)..]));
            }
            let mean = s.splat(s.sum(sum) / count);
            let mut squares = s.splat(0.0);
            for block in 0..blocks {
                let mut d = s.sub(s.load(&matrix.words[matrix.at(row, block)..]), mean);
                if block + 1 == blocks {
                    d = s.mul(d, last);
                }
                squares = s.mul_add(d, d, squares);
            }
            let factor = s.splat(1.0 / (s.sum(squares) / count + norm.epsilon).sqrt());
            for block in 0..blocks {
                let at = matrix.at(row, block);
                let d = s.mul(s.sub(s.load(&matrix.words[at..]), mean), factor);
                let (scale, shift) = (&norm.scale[block * S::LANES..], &norm.shift[block * S::LANES..]);
                let v = s.mul_add(d, s.load(scale), s.load(shift));
                s.store(v, &mut matrix.words[at..]);
            }
        }
    }
}
