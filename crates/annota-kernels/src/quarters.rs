//! Weights in quarters, so that large products need seven products of quarters instead of eight: Strassen's method
//! (Numerische Mathematik 13, 1969).
//!
//! With rows and columns of the operand `A` and of the weights `B` in two halves each:
//!
//! ```text
//! P1 = (A11 + A22)·(B11 + B22)    C11 = P1 + P4 - P5 + P7
//! P2 = (A21 + A22)·B11            C12 = P3 + P5
//! P3 = A11·(B12 - B22)            C21 = P2 + P4
//! P4 = A22·(B21 - B11)            C22 = P1 - P2 + P3 + P6
//! P5 = (A11 + A12)·B22
//! P6 = (A21 - A11)·(B11 + B12)
//! P7 = (A12 - A22)·(B21 + B22)
//! ```
//!
//! The rows that are halved are those of a pair: the even places of a sequence and the odd ones. So what comes out for a
//! row depends on its own sequence alone. Every product is summed up from zero: that, and this form of the method rather
//! than Winograd's with its fewer but longer sums, keeps the rounding within half a bit or so of that of plain products.

use crate::finish::{Finish, Then};
use crate::linear::PackedLinear;
use crate::operand::Operand;
use crate::sides::Sides;
use crate::simd::{Op, Simd};
use crate::split;
use crate::strip::{Panel, Strip};
use crate::tile::{Float, Start, ZEROS};
use crate::words::{Matrix, View, Words};

/// Of a quarter of the rows and columns each.
pub(crate) const PRODUCTS: usize = 7;
/// The right sides of the products in their order, then B21 and B12, for rows that are no pairs.
const PARTS: usize = PRODUCTS + 2;
/// Which of them are quarters by themselves.
const B11: usize = 1;
const B22: usize = 4;
const B21: usize = 7;
const B12: usize = 8;
/// Columns below which less would be gained than the memory is worth. (Miri tries the same with few.)
const LEAST: usize = if cfg!(miri) { 1 } else { 512 };

/// Whether weights of these columns can be cut in quarters, and should be.
pub(crate) fn suits<S: Simd>(columns: [usize; 2]) -> bool {
    columns.iter().all(|&columns| columns >= LEAST && columns.is_multiple_of(2 * S::LANES))
}

/// `[panels of half the output][PARTS][blocks of a panel][input / 2][lanes]`
pub(crate) fn pack<S: Simd>([input, output]: [usize; 2], weight: impl Fn(usize, usize) -> f32) -> Words {
    let (depth, half) = (input / 2, output / 2);
    let mut words = Words::zeros(PARTS * depth * half);
    for panel in (0..half).step_by(2 * S::LANES) {
        let width = (half - panel).min(2 * S::LANES);
        let to = &mut words[PARTS * depth * panel..][..PARTS * depth * width];
        for row in 0..width / S::LANES * depth {
            let (block, k) = (row / depth * S::LANES, row % depth);
            for lane in 0..S::LANES {
                let n = panel + block + lane;
                let [b11, b12] = [weight(k, n), weight(k, half + n)];
                let [b21, b22] = [weight(depth + k, n), weight(depth + k, half + n)];
                let parts: [f32; PARTS] = [b11 + b22, b11, b12 - b22, b21 - b11, b22, b11 + b12, b21 + b22, b21, b12];
                for (i, part) in parts.into_iter().enumerate() {
                    to[i * depth * width + row * S::LANES + lane] = part;
                }
            }
        }
    }
    words
}

/// As [`PackedLinear::run`], for weights in quarters: by seven products where the operand has their left sides.
pub(crate) fn run<S: Simd>(
    linear: &PackedLinear,
    s: S,
    operand: Operand<'_>,
    then: Then<'_>,
    out: &mut Matrix,
    first: usize,
    team: bool,
) {
    let (stride, size) = (out.stride, out.block_size());
    let half = linear.output / 2 / S::LANES;
    let (left, right) = out.words[..2 * half * size].split_at_mut(half * size);
    let panels = left.chunks_mut(2 * size).zip(right.chunks_mut(2 * size));
    let scratch = || Scratch::new::<S>(operand.sides.map_or(0, |sides| sides.pairs));
    split::each(team, panels, scratch, |scratch, i, (left, right)| {
        let columns = [2 * i, half + 2 * i];
        let bias = columns.map(|block| &linear.start[block * S::LANES..]);
        let parts = Parts::new::<S>(linear, i, left.len() / size);
        let mut to = [left, right].map(|c| Panel { c, stride, first });
        match operand.sides {
            Some(sides) => parts.seven(s, sides, scratch, bias, &mut to),
            None => parts.eight(s, operand, bias, &mut to),
        }
        for (to, block) in to.into_iter().zip(columns) {
            let then = then.at::<S>(block);
            s.run(Finish { c: to.c, stride, first, rows: operand.rows, scales: None, then });
        }
    });
}

/// The right sides of two panels.
struct Parts<'a> {
    words: &'a [f32],
    /// Of a side.
    size: usize,
    depth: usize,
}

impl<'a> Parts<'a> {
    /// Of panel `panel` of each half, of `blocks` blocks.
    fn new<S: Simd>(linear: &'a PackedLinear, panel: usize, blocks: usize) -> Self {
        let depth = linear.input / 2;
        let size = blocks * depth * S::LANES;
        Parts { words: &linear.words[panel * PARTS * 2 * depth * S::LANES..], size, depth }
    }

    /// `a` times side `i`, with side `next` to follow.
    fn strip(&self, a: View<'a>, rows: usize, i: usize, next: usize) -> Strip<'a> {
        let end = |sides: usize| self.words.len().min(sides * self.size);
        let side = |i: usize| &self.words[end(i)..end(i + 1)];
        Strip { a, rows, b: side(i), depth: self.depth, next: side(next) }
    }

    /// By products of whole rows with halves of the columns.
    fn eight<S: Simd>(&self, s: S, operand: Operand<'a>, bias: [&[f32]; 2], [left, right]: &mut [Panel<'_>; 2]) {
        let (near, rows) = (operand.view, operand.rows);
        let far = View { words: &near.words[self.depth * near.stride..], ..near };
        self.strip(near, rows, B11, B21).run::<S, Float>(s, Start::Vectors(bias[0]), left);
        self.strip(far, rows, B21, B12).run::<S, Float>(s, Start::Sums, left);
        self.strip(near, rows, B12, B22).run::<S, Float>(s, Start::Vectors(bias[1]), right);
        self.strip(far, rows, B22, PARTS + B11).run::<S, Float>(s, Start::Sums, right);
    }

    /// By products of pairs.
    fn seven<S: Simd>(
        &self,
        s: S,
        sides: &'a Sides,
        scratch: &mut Scratch,
        bias: [&[f32]; 2],
        [left, right]: &mut [Panel<'_>; 2],
    ) {
        let stride = scratch.0[0].stride;
        for (i, Matrix { words, .. }) in scratch.0.iter_mut().enumerate() {
            let next = if i + 1 < PRODUCTS { i + 1 } else { PARTS };
            let strip = self.strip(sides.side(i), sides.pairs, i, next);
            let c = &mut words[..left.c.len() / left.stride * stride];
            strip.run::<S, Float>(s, Start::Vectors(&ZEROS), &mut Panel { c, stride, first: 0 });
        }
        let products = scratch.0.each_ref().map(|matrix| &*matrix.words);
        s.run(Join { products, stride, pairs: sides.pairs, bias, left, right });
    }
}

/// The products, of two blocks.
struct Scratch([Matrix; PRODUCTS]);

impl Scratch {
    fn new<S: Simd>(pairs: usize) -> Self {
        Scratch([(); PRODUCTS].map(|()| Matrix::new(pairs, 2, S::LANES)))
    }
}

/// Rows of both halves in turn, with the bias.
struct Join<'a, 'b> {
    products: [&'a [f32]; PRODUCTS],
    /// Of the products.
    stride: usize,
    pairs: usize,
    bias: [&'a [f32]; 2],
    left: &'a mut Panel<'b>,
    right: &'a mut Panel<'b>,
}

impl<S: Simd> Op<S> for Join<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run(self, s: S) {
        let Join { products, stride, pairs, bias, left, right } = self;
        let (size, rows) = (left.stride * S::LANES, left.first * S::LANES..(left.first + 2 * pairs) * S::LANES);
        let blocks = left.c.chunks_exact_mut(size).zip(right.c.chunks_exact_mut(size));
        for (block, (left, right)) in blocks.enumerate() {
            let bias = [s.load(&bias[0][block * S::LANES..]), s.load(&bias[1][block * S::LANES..])];
            let left = left[rows.clone()].chunks_exact_mut(2 * S::LANES);
            let right = right[rows.clone()].chunks_exact_mut(2 * S::LANES);
            for (pair, (left, right)) in left.zip(right).enumerate() {
                let mut p = [s.splat(0.0); PRODUCTS];
                for (p, products) in p.iter_mut().zip(products) {
                    *p = s.load(&products[(block * stride + pair) * S::LANES..]);
                }
                let c11 = s.add(s.sub(s.add(p[0], p[3]), p[4]), p[6]);
                let c12 = s.add(p[2], p[4]);
                let c21 = s.add(p[1], p[3]);
                let c22 = s.add(s.add(s.sub(p[0], p[1]), p[2]), p[5]);
                s.store(s.add(c11, bias[0]), left);
                s.store(s.add(c21, bias[0]), &mut left[S::LANES..]);
                s.store(s.add(c12, bias[1]), right);
                s.store(s.add(c22, bias[1]), &mut right[S::LANES..]);
            }
        }
    }
}
