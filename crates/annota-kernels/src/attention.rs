//! Softmax(q · kᵀ / √d) · v, sequence by sequence and head by head.

use crate::finish::{Finish, Then};
use crate::math::exp2;
use crate::rows::Span;
use crate::simd::{MAX_LANES, Op, Simd, edge};
use crate::split;
use crate::tile::{Float, Product, Start, ZEROS, tiles};
use crate::words::{Matrix, View, Words};

/// Query rows whose scores are kept at a time, in full tiles.
const QUERY_TILES: usize = 10;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Heads {
    pub count: usize,
    /// Columns of a head.
    pub size: usize,
}

impl Heads {
    /// Column blocks of a head: its columns are padded to whole vectors.
    pub(crate) fn blocks(&self, lanes: usize) -> usize {
        self.size.div_ceil(lanes)
    }

    /// `qkv`: the blocks of all queries, then all keys, then all values, head by head. `context`: the same blocks of one.
    pub(crate) fn attend<S: Simd>(&self, s: S, sequences: &[Span], qkv: &Matrix, context: &mut Matrix, team: bool) {
        let (stride, blocks) = (context.stride, self.blocks(S::LANES));
        let size = blocks * context.block_size();
        let longest = sequences.iter().map(|span| span.length).max().unwrap_or(0);
        let words = &mut context.words[..self.count * size];
        split::each(
            team,
            words.chunks_mut(size),
            || Scratch::new::<S>(longest, self.size),
            |scratch, head, context| {
                let part = |i: usize| qkv.block((i * self.count + head) * blocks, 0);
                let head = Head { size: self.size, query: part(0), key: part(1), value: part(2), stride };
                sequences.iter().for_each(|&span| head.attend(s, span, scratch, context));
            },
        );
    }
}

struct Scratch {
    /// `[key blocks][head size][lanes]`
    keys: Words,
    scores: Matrix,
    sums: Words,
}

impl Scratch {
    fn new<S: Simd>(longest: usize, head: usize) -> Self {
        let (rows, blocks) = (longest.min(QUERY_TILES * S::ROWS), longest.div_ceil(S::LANES));
        Scratch {
            keys: Words::zeros(blocks * head * S::LANES),
            scores: Matrix::new(rows, blocks, S::LANES),
            sums: Words::zeros(rows),
        }
    }
}

struct Head<'a> {
    size: usize,
    query: View<'a>,
    key: View<'a>,
    value: View<'a>,
    /// Of the context.
    stride: usize,
}

impl Head<'_> {
    fn attend<S: Simd>(&self, s: S, span: Span, scratch: &mut Scratch, context: &mut [f32]) {
        s.run(Transpose { from: self.key, span, columns: self.size, to: &mut scratch.keys });
        let count = span.length.div_ceil(QUERY_TILES * S::ROWS);
        for i in 0..count {
            let (first, end) = (span.length * i / count, span.length * (i + 1) / count);
            let queries = Span { first: span.first + first, length: end - first };
            self.score(s, queries, span.length, scratch);
            let Scratch { scores, sums, .. } = scratch;
            let factor = std::f32::consts::LOG2_E / (self.size as f32).sqrt();
            s.run(Softmax { scores, rows: queries.length, columns: span.length, factor, inverses: sums });
            self.mix(s, queries, span, scratch, context);
        }
    }

    /// `scores = q · kᵀ`
    fn score<S: Simd>(&self, s: S, queries: Span, keys: usize, scratch: &mut Scratch) {
        let Scratch { keys: transposed, scores, .. } = scratch;
        let (stride, size, block) = (scores.stride, scores.block_size(), self.size * S::LANES);
        let words = &mut scores.words[..keys.div_ceil(S::LANES) * size];
        for (c, keys) in words.chunks_mut(2 * size).zip(transposed.chunks(2 * block)) {
            for tile in tiles::<S>(queries.length) {
                let product = Product {
                    a: View { first: queries.first + tile.start, ..self.query },
                    b: View { words: keys, stride: self.size, first: 0 },
                    depth: self.size,
                    start: Start::Vectors(&ZEROS),
                    c: &mut *c,
                    c_stride: stride,
                    c_first: tile.start,
                    next: &[],
                };
                product.run::<S, Float>(s, tile.len());
            }
        }
    }

    /// `context = scores · v`, divided by the sums of the scores.
    fn mix<S: Simd>(&self, s: S, queries: Span, span: Span, scratch: &Scratch, context: &mut [f32]) {
        let size = self.stride * S::LANES;
        for (panel, c) in context.chunks_mut(2 * size).enumerate() {
            let View { words, stride, .. } = self.value;
            let value = View { words: &words[2 * panel * stride * S::LANES..], stride, first: span.first };
            for tile in tiles::<S>(queries.length) {
                let product = Product {
                    a: scratch.scores.from(tile.start),
                    b: value,
                    depth: span.length,
                    start: Start::Vectors(&ZEROS),
                    c: &mut *c,
                    c_stride: self.stride,
                    c_first: queries.first + tile.start,
                    next: &[],
                };
                product.run::<S, Float>(s, tile.len());
            }
            let (first, rows, then) = (queries.first, queries.length, Then::Scale(&scratch.sums));
            s.run(Finish { c, stride: self.stride, first, rows, scales: None, then });
        }
    }
}

/// Rows of `span` to `[row blocks][columns][lanes]`; lanes of no row become zeros.
struct Transpose<'a> {
    from: View<'a>,
    span: Span,
    columns: usize,
    to: &'a mut [f32],
}

impl<S: Simd> Op<S> for Transpose<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, _: S) {
        let Transpose { from, span, columns, to } = self;
        let blocks = span.length.div_ceil(S::LANES);
        for (block, to) in to.chunks_exact_mut(columns * S::LANES).take(blocks).enumerate() {
            let first = block * S::LANES;
            for (column, to) in to.chunks_exact_mut(S::LANES).enumerate() {
                let at = (column / S::LANES * from.stride + span.first + first) * S::LANES + column % S::LANES;
                for (row, to) in to.iter_mut().enumerate() {
                    *to = if first + row < span.length { from.words[at + row * S::LANES] } else { 0.0 };
                }
            }
        }
    }
}

/// `scores = 2^(factor · (scores - top of the row))`, and the inverse of the sum of each row.
struct Softmax<'a> {
    scores: &'a mut Matrix,
    rows: usize,
    columns: usize,
    factor: f32,
    inverses: &'a mut [f32],
}

/// Added to the last vector of a row, from `MAX_LANES - columns left` on.
const BEYOND: [f32; 2 * MAX_LANES] = edge(0.0, f32::NEG_INFINITY);

impl<S: Simd> Op<S> for Softmax<'_> {
    type Output = ();

    #[inline(always)]
    fn run(mut self, s: S) {
        let fours = self.rows / 4;
        for row in 0..fours {
            self.rows::<S, 4>(s, 4 * row);
        }
        for row in 4 * fours..self.rows {
            self.rows::<S, 1>(s, row);
        }
    }
}

impl Softmax<'_> {
    /// N rows from `first` on.
    #[inline(always)]
    fn rows<S: Simd, const N: usize>(&mut self, s: S, first: usize) {
        let last = (self.columns - 1) / S::LANES;
        let beyond = s.load(&BEYOND[MAX_LANES - (self.columns - last * S::LANES)..]);
        let block_size = self.scores.block_size();
        let (start, size) = (self.scores.at(first, 0), N * S::LANES);
        let words = &mut self.scores.words[start..];
        let mut tops = [s.splat(f32::NEG_INFINITY); N];
        for block in 0..=last {
            let words = &mut words[block * block_size..][..size];
            for (top, words) in tops.iter_mut().zip(words.chunks_exact_mut(S::LANES)) {
                if block == last {
                    s.store(s.add(s.load(words), beyond), words);
                }
                *top = s.max(*top, s.load(words));
            }
        }
        for top in &mut tops {
            *top = s.splat(-s.top(*top) * self.factor);
        }
        let mut sums = [s.splat(0.0); N];
        for block in 0..=last {
            let words = &mut words[block * block_size..][..size];
            let mut powers = tops;
            for (power, words) in powers.iter_mut().zip(words.chunks_exact(S::LANES)) {
                *power = s.max(s.mul_add(s.load(words), s.splat(self.factor), *power), s.splat(-126.0));
            }
            powers = exp2(s, powers);
            for (i, words) in words.chunks_exact_mut(S::LANES).enumerate() {
                sums[i] = s.add(sums[i], powers[i]);
                s.store(powers[i], words);
            }
        }
        for (inverse, &sum) in self.inverses[first..].iter_mut().zip(&sums) {
            *inverse = 1.0 / s.sum(sum);
        }
    }
}
