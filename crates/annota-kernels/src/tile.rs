//! The product of a few rows with one or two blocks of columns: where all the time goes.

use std::marker::PhantomData;
use std::ops::Range;

use crate::grid::Dots;
use crate::simd::{MAX_LANES, MAX_ROWS, Op, Simd};
use crate::thirds;
use crate::words::View;

/// How words are multiplied: as f32, as pairs of bf16, as four bytes.
pub(crate) trait Dot: Send + Sync + 'static {
    /// How tiles of such words are multiplied, where a set can.
    const DOTS: Option<Dots> = None;
    /// Parts of which a value is the sum: of the left side between the rows of two blocks, of the right one after another.
    const PARTS: usize = 1;
    /// Which parts of both sides are multiplied.
    const TERMS: &[[usize; 2]] = &[[0, 0]];

    fn dot<S: Simd>(s: S, acc: S::V, a: S::V, b: S::V) -> S::V;
}

pub(crate) struct Float;
pub(crate) struct Pairs;
pub(crate) struct Bytes;
/// Pairs of thirds.
pub(crate) struct Thirds;

impl Dot for Float {
    #[inline(always)]
    fn dot<S: Simd>(s: S, acc: S::V, a: S::V, b: S::V) -> S::V {
        s.mul_add(a, b, acc)
    }
}

impl Dot for Pairs {
    const DOTS: Option<Dots> = Some(Dots::Pairs);

    #[inline(always)]
    fn dot<S: Simd>(s: S, acc: S::V, a: S::V, b: S::V) -> S::V {
        s.dot_bf16(acc, a, b)
    }
}

impl Dot for Thirds {
    const DOTS: Option<Dots> = Some(Dots::Thirds);
    const PARTS: usize = thirds::PARTS;
    const TERMS: &[[usize; 2]] = &thirds::TERMS;

    #[inline(always)]
    fn dot<S: Simd>(s: S, acc: S::V, a: S::V, b: S::V) -> S::V {
        s.dot_bf16(acc, a, b)
    }
}

impl Dot for Bytes {
    const DOTS: Option<Dots> = Some(Dots::Bytes);

    #[inline(always)]
    fn dot<S: Simd>(s: S, acc: S::V, a: S::V, b: S::V) -> S::V {
        s.dot_i8(acc, a, b)
    }
}

/// `c = start + a · b`, all matrices in blocks: `c` and `b` of one or two blocks, `a` of as many words a row as `b` has
/// rows.
pub(crate) struct Product<'a> {
    pub a: View<'a>,
    pub b: View<'a>,
    /// Words in a row of `a`.
    pub depth: usize,
    pub start: Start<'a>,
    /// The blocks of `c`, nothing more.
    pub c: &'a mut [f32],
    pub c_stride: usize,
    /// Row of `c` to which the first row of `a` goes.
    pub c_first: usize,
    /// What the next tiles read: brought into the cache meanwhile.
    pub next: &'a [f32],
}

/// What a product is added to, in the form of the accumulators.
#[derive(Clone, Copy)]
pub(crate) enum Start<'a> {
    /// One vector for each block.
    Vectors(&'a [f32]),
    /// What stands in `c`: the product of the columns before.
    Sums,
}

/// What [`Product::start`] is without bias.
pub(crate) const ZEROS: [f32; 2 * MAX_LANES] = [0.0; 2 * MAX_LANES];

/// Divides `rows` evenly into the fewest tiles.
pub(crate) fn tiles<S: Simd>(rows: usize) -> impl Iterator<Item = Range<usize>> {
    let count = rows.div_ceil(S::ROWS);
    (0..count).map(move |i| rows * i / count..rows * (i + 1) / count)
}

impl Product<'_> {
    /// Computes `rows` rows, at most `S::ROWS`.
    pub(crate) fn run<S: Simd, D: Dot>(mut self, s: S, rows: usize) {
        let (a, b) = (self.a, self.b);
        let size = self.c.len() / self.c_stride * b.stride;
        for [left, right] in D::TERMS {
            let a = View { first: a.first + left * a.stride / D::PARTS, ..a };
            let b = View { words: &b.words[right * size..], ..b };
            Product { a, b, c: &mut *self.c, ..self }.run_part::<S, D>(s, rows);
            (self.start, self.next) = (Start::Sums, &[]);
        }
    }

    /// Computes `rows` rows, at most `S::ROWS`, of one part.
    fn run_part<S: Simd, D: Dot>(mut self, s: S, rows: usize) {
        match self.c.len() / (self.c_stride * S::LANES) {
            1 => self.run_blocks::<S, D, 1>(s, rows),
            2 => self.run_blocks::<S, D, 2>(s, rows),
            _ => unreachable!("a tile has one or two blocks"),
        }
    }

    fn run_blocks<S: Simd, D: Dot, const BLOCKS: usize>(&mut self, s: S, rows: usize) {
        macro_rules! tile {
            ($($n:literal)*) => {
                match rows {
                    $($n => if const { $n <= S::ROWS } { s.run(Tile::<D, $n, BLOCKS>(self, PhantomData)) },)*
                    _ => unreachable!("a tile has at most {} rows", S::ROWS),
                }
            };
        }
        const { assert!(S::ROWS <= MAX_ROWS) };
        tile!(1 2 3 4 5 6 7 8 9 10 11 12 13 14)
    }
}

struct Tile<'a, 'b, D, const ROWS: usize, const BLOCKS: usize>(&'a mut Product<'b>, PhantomData<D>);

impl<S: Simd, D: Dot, const ROWS: usize, const BLOCKS: usize> Op<S> for Tile<'_, '_, D, ROWS, BLOCKS> {
    type Output = ();

    #[inline(always)]
    fn run(self, s: S) {
        let Product { a, b, depth, start, ref mut c, c_stride, c_first, next } = *self.0;
        let a_end = (depth.saturating_sub(1) / S::LANES * a.stride + a.first + ROWS) * S::LANES;
        let b_end = ((BLOCKS - 1) * b.stride + b.first + depth) * S::LANES;
        let c_end = ((BLOCKS - 1) * c_stride + c_first + ROWS) * S::LANES;
        assert!(a.words.len() >= a_end && b.words.len() >= b_end && c.len() >= c_end);
        assert!(a.first + ROWS <= a.stride && b.first + depth <= b.stride && c_first + ROWS <= c_stride);

        let mut acc = [[s.splat(0.0); BLOCKS]; ROWS];
        for (row, acc) in acc.iter_mut().enumerate() {
            for (block, acc) in acc.iter_mut().enumerate() {
                *acc = match start {
                    Start::Vectors(vectors) => s.load(&vectors[block * S::LANES..]),
                    // SAFETY: before `c_end`.
                    Start::Sums => unsafe { s.load_at(c.as_ptr().add((block * c_stride + c_first + row) * S::LANES)) },
                };
            }
        }
        let a_block = a.stride * S::LANES;
        let b_block = b.stride * S::LANES;
        // SAFETY: `first` rows are skipped in the first block of each, within the ends asserted above.
        let (mut a, mut b) =
            unsafe { (a.words.as_ptr().add(a.first * S::LANES), b.words.as_ptr().add(b.first * S::LANES)) };
        let whole = depth / S::LANES;
        let share = next.len().div_ceil(whole.max(1));
        let mut next = next.chunks(share.max(1));
        let tile_below = a.wrapping_add(ROWS * S::LANES);
        for left in (0..whole).rev() {
            for line in next.next().unwrap_or_default().chunks(16) {
                s.prefetch(line.as_ptr());
            }
            if S::AHEAD {
                let ahead = if left > 0 { a.wrapping_add(a_block) } else { tile_below };
                for row in 0..ROWS {
                    s.prefetch_next(ahead.wrapping_add(row * S::LANES));
                }
            }
            for word in (0..S::LANES).step_by(4) {
                for word in word..word + 4 {
                    // SAFETY: row `word` of this block of `a` and of `b`, one of `depth`, as asserted above.
                    unsafe { step::<S, D, ROWS, BLOCKS>(s, &mut acc, a.add(word), b.add(word * S::LANES), b_block) };
                }
            }
            a = a.wrapping_add(a_block);
            b = b.wrapping_add(S::LANES * S::LANES);
        }
        for word in 0..depth % S::LANES {
            // SAFETY: row `word` of this block of `a` and of `b`, one of `depth`, as asserted above.
            unsafe { step::<S, D, ROWS, BLOCKS>(s, &mut acc, a.add(word), b.add(word * S::LANES), b_block) };
        }
        for (row, acc) in acc.iter().enumerate() {
            for (block, &value) in acc.iter().enumerate() {
                // SAFETY: before `c_end`.
                unsafe { s.store_at(value, c.as_mut_ptr().add((block * c_stride + c_first + row) * S::LANES)) };
            }
        }
    }
}

/// `acc += a · b` for one word of each row of `a` and one row of `b`.
///
/// # Safety
/// `a` is valid for reads of a word in each of ROWS rows, `b` of a vector in each of BLOCKS blocks.
#[inline(always)]
unsafe fn step<S: Simd, D: Dot, const ROWS: usize, const BLOCKS: usize>(
    s: S,
    acc: &mut [[S::V; BLOCKS]; ROWS],
    a: *const f32,
    b: *const f32,
    b_block: usize,
) {
    let mut weights = [s.splat(0.0); BLOCKS];
    for (block, weight) in weights.iter_mut().enumerate() {
        // SAFETY: the caller's promise.
        *weight = unsafe { s.load_at(b.add(block * b_block)) };
    }
    for (row, acc) in acc.iter_mut().enumerate() {
        // SAFETY: the caller's promise.
        let value = s.splat(unsafe { *a.add(row * S::LANES) });
        for (acc, &weight) in acc.iter_mut().zip(&weights) {
            *acc = D::dot(s, *acc, value, weight);
        }
    }
}
