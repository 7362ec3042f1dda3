//! Weights in thirds, so that f32 are multiplied by the processor's unit for bf16: every f32 is the sum of three bf16, and
//! of their nine products the six that an f32 can show are added up (Henry, Tang, Heinecke: Leveraging the bfloat16
//! artificial intelligence datatype for higher-precision computations, arXiv 1904.06376).
//!
//! With `a = a1 + a2 + a3` and `b = b1 + b2 + b3`, each part the rounding of what those before it leave, `a1·b1` is the
//! product to 8 bits, `a1·b2 + a2·b1` bring it to 16, and `a1·b3 + a2·b2 + a3·b1` to 24, which is all that an f32 has.
//! Products of bf16 are exact in f32, in which they are summed up.

use crate::simd::{Op, Simd};
use crate::words::{self, Matrix, View};

pub(crate) const PARTS: usize = 3;
/// [`Layout`](crate::layout::Layout): three parts of more, of the rows of a group, would not stay in the second cache.
pub(crate) const CHUNK: usize = 192;
/// Parts of the left and of the right side that are multiplied, the smallest products first.
pub(crate) const TERMS: [[usize; 2]; 6] = [[2, 0], [1, 1], [0, 2], [1, 0], [0, 1], [0, 0]];

/// The parts of `x`, each a bf16.
pub(crate) fn parts(x: f32) -> [f32; PARTS] {
    let first = words::round_bf16(x);
    let second = words::round_bf16(x - first);
    [first, second, words::round_bf16(x - first - second)]
}

/// Rows to thirds: `[blocks / 2][PARTS][stride][lanes]`
pub(crate) struct ToThirds<'a> {
    pub from: View<'a>,
    pub rows: usize,
    pub blocks: usize,
    pub to: &'a mut Matrix,
}

impl<S: Simd> Op<S> for ToThirds<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, s: S) {
        let ToThirds { from, rows, blocks, to } = self;
        for block in 0..blocks.div_ceil(2) {
            for row in 0..rows {
                let load = |block: usize| s.load(&from.words[(block * from.stride + from.first + row) * S::LANES..]);
                let high = if 2 * block + 1 < blocks { load(2 * block + 1) } else { s.splat(0.0) };
                for (part, words) in s.thirds(load(2 * block), high).into_iter().enumerate() {
                    let at = to.at(row, PARTS * block + part);
                    s.store(words, &mut to.words[at..]);
                }
            }
        }
    }
}
