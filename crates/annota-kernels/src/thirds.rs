//! Weights in thirds, so that f32 are multiplied by the processor's unit for bf16: every f32 is the sum of three bf16, and
//! of their nine products the six that an f32 can show are added up (Henry, Tang, Heinecke: Leveraging the bfloat16
//! artificial intelligence datatype for higher-precision computations, arXiv 1904.06376).
//!
//! With `a = a1 + a2 + a3` and `b = b1 + b2 + b3`, each part the rounding of what those before it leave, `a1·b1` is the
//! product to 8 bits, `a1·b2 + a2·b1` bring it to 16, and `a1·b3 + a2·b2 + a3·b1` to 24, which is all that an f32 has.
//! Products of bf16 are exact in f32, in which they are summed up.

use crate::words;

pub(crate) const PARTS: usize = 3;
/// Parts of the left and of the right side that are multiplied, the smallest products first.
pub(crate) const TERMS: [[usize; 2]; 6] = [[2, 0], [1, 1], [0, 2], [1, 0], [0, 1], [0, 0]];

/// The parts of `x`, each a bf16.
pub(crate) fn parts(x: f32) -> [f32; PARTS] {
    let first = words::round_bf16(x);
    let second = words::round_bf16(x - first);
    [first, second, words::round_bf16(x - first - second)]
}
