//! What happens to the columns of a product while they are still in the cache.

use crate::simd::{Op, Simd};
use crate::words::View;
use crate::{Activation, math};

/// The last step.
#[derive(Clone, Copy)]
pub(crate) enum Then<'a> {
    Keep,
    Activate(Activation),
    /// Adds a matrix, the residual.
    Add(View<'a>),
    /// Multiplies each row by a number.
    Scale(&'a [f32]),
}

impl<'a> Then<'a> {
    /// The same for what lies `block` blocks further right.
    pub(crate) fn at<S: Simd>(self, block: usize) -> Self {
        match self {
            Then::Add(View { words, stride, first }) => {
                Then::Add(View { words: &words[block * stride * S::LANES..], stride, first })
            }
            _ => self,
        }
    }
}

/// How sums of products of bytes become f32 again: `(sum + zero · weights) · row · column + bias`.
#[derive(Clone, Copy)]
pub(crate) struct Scales<'a> {
    pub rows: &'a [f32],
    /// Of the rows.
    pub zeros: &'a [f32],
    pub columns: &'a [f32],
    /// Sums of the bytes of the columns.
    pub weights: &'a [f32],
    pub bias: &'a [f32],
}

/// Of `rows` rows from `first` on in the blocks `c`.
pub(crate) struct Finish<'a> {
    pub c: &'a mut [f32],
    pub stride: usize,
    pub first: usize,
    pub rows: usize,
    pub scales: Option<Scales<'a>>,
    pub then: Then<'a>,
}

impl<S: Simd> Op<S> for Finish<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, s: S) {
        let Finish { c, stride, first, rows, scales, then } = self;
        for (block, c) in c.chunks_exact_mut(stride * S::LANES).enumerate() {
            let c = &mut c[first * S::LANES..][..rows * S::LANES];
            if let Some(scales) = scales {
                dequantise(s, scales, block, c);
            }
            match then {
                Then::Keep => {}
                Then::Activate(activation) => {
                    let (fours, rest) = c.split_at_mut(rows / 4 * 4 * S::LANES);
                    for c in fours.chunks_exact_mut(4 * S::LANES) {
                        activate::<S, 4>(s, activation, c);
                    }
                    for c in rest.chunks_exact_mut(S::LANES) {
                        activate::<S, 1>(s, activation, c);
                    }
                }
                Then::Add(View { words, stride, first }) => {
                    let residual = &words[(block * stride + first) * S::LANES..];
                    for (c, x) in c.chunks_exact_mut(S::LANES).zip(residual.chunks_exact(S::LANES)) {
                        s.store(s.add(s.load(c), s.load(x)), c);
                    }
                }
                Then::Scale(factors) => {
                    for (c, &factor) in c.chunks_exact_mut(S::LANES).zip(factors) {
                        s.store(s.mul(s.load(c), s.splat(factor)), c);
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn dequantise<S: Simd>(s: S, scales: Scales<'_>, block: usize, c: &mut [f32]) {
    let columns = s.load(&scales.columns[block * S::LANES..]);
    let weights = s.load(&scales.weights[block * S::LANES..]);
    let bias = s.load(&scales.bias[block * S::LANES..]);
    let rows = scales.rows.iter().zip(scales.zeros);
    for (c, (&row, &zero)) in c.chunks_exact_mut(S::LANES).zip(rows) {
        let sum = s.mul_add(weights, s.splat(zero), s.to_float(s.load(c)));
        s.store(s.mul_add(sum, s.mul(columns, s.splat(row)), bias), c);
    }
}

#[inline(always)]
fn activate<S: Simd, const N: usize>(s: S, activation: Activation, c: &mut [f32]) {
    let mut x = [s.splat(0.0); N];
    for (x, c) in x.iter_mut().zip(c.chunks_exact(S::LANES)) {
        *x = s.load(c);
    }
    for (x, c) in math::activate(s, activation, x).iter().zip(c.chunks_exact_mut(S::LANES)) {
        s.store(*x, c);
    }
}
