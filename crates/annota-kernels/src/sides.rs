//! The left sides of the seven products of [`crate::quarters`].

use crate::quarters::PRODUCTS;
use crate::simd::{Op, Simd};
use crate::split;
use crate::words::{View, Words, stride};

/// Of pairs of rows: `[blocks / 2][PRODUCTS][stride][lanes]`.
pub(crate) struct Sides {
    words: Words,
    pub pairs: usize,
    stride: usize,
}

impl Sides {
    /// Room for matrices of any of these sizes, in rows and blocks.
    pub(crate) fn new<S: Simd>(sizes: &[[usize; 2]]) -> Self {
        let words = sizes.iter().map(|&[rows, blocks]| PRODUCTS * stride(rows / 2) * (blocks / 2) * S::LANES);
        Sides { words: Words::zeros(words.max().unwrap_or(0)), pairs: 0, stride: 0 }
    }

    /// Of `rows` rows, the first of them the first of a pair, of `blocks` blocks, an even number.
    pub(crate) fn fill<S: Simd>(&mut self, s: S, from: View<'_>, rows: usize, blocks: usize, team: bool) -> &Self {
        self.pairs = rows / 2;
        self.stride = stride(self.pairs);
        let (pairs, half, size) = (self.pairs, blocks / 2, PRODUCTS * self.stride * S::LANES);
        let to = self.words[..half * size].chunks_mut(size);
        let block = |block: usize| &from.words[(block * from.stride + from.first) * S::LANES..][..rows * S::LANES];
        split::each(
            team,
            to,
            || (),
            |(), i, to| {
                s.run(Fill { left: block(i), right: block(half + i), pairs, stride: stride(pairs), to });
            },
        );
        self
    }

    /// Of product `i`.
    pub(crate) fn side(&self, i: usize) -> View<'_> {
        View { words: &self.words, stride: PRODUCTS * self.stride, first: i * self.stride }
    }
}

/// Of a block in each half of the columns.
struct Fill<'a> {
    left: &'a [f32],
    right: &'a [f32],
    pairs: usize,
    stride: usize,
    to: &'a mut [f32],
}

impl<S: Simd> Op<S> for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, s: S) {
        let Fill { left, right, pairs, stride, to } = self;
        let rows = left.chunks_exact(2 * S::LANES).zip(right.chunks_exact(2 * S::LANES));
        for (pair, (left, right)) in rows.take(pairs).enumerate() {
            let [a11, a21] = [s.load(left), s.load(&left[S::LANES..])];
            let [a12, a22] = [s.load(right), s.load(&right[S::LANES..])];
            let sides: [S::V; PRODUCTS] =
                [s.add(a11, a22), s.add(a21, a22), a11, a22, s.add(a11, a12), s.sub(a21, a11), s.sub(a12, a22)];
            for (i, side) in sides.into_iter().enumerate() {
                s.store(side, &mut to[(i * stride + pair) * S::LANES..]);
            }
        }
    }
}
