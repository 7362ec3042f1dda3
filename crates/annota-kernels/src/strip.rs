//! Rows times one or two blocks of columns: the depth slice by slice, the rows tile by tile.

use crate::grid;
use crate::simd::Simd;
use crate::tile::{Dot, Product, Start, tiles};
use crate::words::View;

pub(crate) struct Strip<'a> {
    pub a: View<'a>,
    pub rows: usize,
    /// One or two blocks of `depth` vectors, or of as many parts of it as there are.
    pub b: &'a [f32],
    /// Words in a row of `a`.
    pub depth: usize,
    /// What is multiplied with after `b`: brought into the cache meanwhile.
    pub next: &'a [f32],
}

/// As many blocks of a result, to be written from row `first` on.
pub(crate) struct Panel<'a> {
    pub c: &'a mut [f32],
    pub stride: usize,
    pub first: usize,
}

impl Strip<'_> {
    /// `to = start + a · b`
    pub(crate) fn run<S: Simd, D: Dot>(&self, s: S, mut start: Start<'_>, to: &mut Panel<'_>) {
        let mut from = 0;
        if let (true, Some(dots)) = (S::GRIDS, D::DOTS) {
            from = grid::run::<S, D>(s, dots, self, start, to);
            if from == self.depth {
                return;
            }
            if from > 0 {
                start = Start::Sums;
            }
        }
        let Strip { a, rows, b, depth, next } = *self;
        let slice = S::SLICE.min(depth);
        let slices = depth.div_ceil(slice);
        for (number, from) in (from..depth).step_by(slice).enumerate() {
            for tile in tiles::<S>(rows) {
                let share = |row: usize| next.len() * (number * rows + row) / (slices * rows);
                let product = Product {
                    a: View { words: &a.words[from * a.stride..], first: a.first + tile.start, ..a },
                    b: View { words: b, stride: depth, first: from },
                    depth: slice.min(depth - from),
                    start,
                    c: &mut *to.c,
                    c_stride: to.stride,
                    c_first: to.first + tile.start,
                    next: &next[share(tile.start)..share(tile.end)],
                };
                product.run::<S, D>(s, tile.len());
            }
            start = Start::Sums;
        }
    }
}
