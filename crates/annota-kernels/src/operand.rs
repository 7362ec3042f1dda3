//! The left operand of a product in the words of its precision.

use crate::Precision;
use crate::simd::{Op, Simd};
use crate::words::{Matrix, View, Words};

/// Rows to be multiplied. `scales` has what the bytes of each row are multiplied by, and is empty where words are not
/// bytes.
#[derive(Clone, Copy)]
pub(crate) struct Operand<'a> {
    pub view: View<'a>,
    pub rows: usize,
    pub scales: &'a [f32],
}

/// Where operands are converted to.
pub(crate) struct Converted {
    words: Matrix,
    scales: Words,
    precision: Precision,
}

impl Precision {
    /// Columns in a word.
    pub(crate) fn per_word<S: Simd>(self) -> usize {
        match self {
            Precision::F32 => 1,
            Precision::Bf16 => 1 + usize::from(S::PAIRS),
            Precision::Int8 => 4,
        }
    }
}

impl Converted {
    /// Room for `rows` rows of `blocks` blocks of f32.
    pub(crate) fn new<S: Simd>(precision: Precision, rows: usize, blocks: usize) -> Self {
        let rows = if precision == Precision::F32 { 0 } else { rows };
        Converted {
            words: Matrix::new(rows, blocks.div_ceil(precision.per_word::<S>()), S::LANES),
            scales: Words::zeros(rows),
            precision,
        }
    }

    /// `rows` rows of `blocks` blocks of f32, as they are or converted.
    pub(crate) fn convert<'a, S: Simd>(&'a mut self, s: S, from: View<'a>, rows: usize, blocks: usize) -> Operand<'a> {
        match self.precision {
            Precision::F32 => return Operand { view: from, rows, scales: &[] },
            Precision::Bf16 if !S::PAIRS => s.run(ToRounded { from, rows, blocks, to: &mut self.words }),
            Precision::Bf16 => s.run(ToPairs { from, rows, blocks, to: &mut self.words }),
            Precision::Int8 => s.run(ToBytes { from, rows, blocks, to: &mut self.words, scales: &mut self.scales }),
        }
        Operand { view: self.words.from(0), rows, scales: &self.scales }
    }
}

#[inline(always)]
fn load<S: Simd>(s: S, from: View<'_>, row: usize, block: usize) -> S::V {
    s.load(&from.words[(block * from.stride + from.first + row) * S::LANES..])
}

struct ToRounded<'a> {
    from: View<'a>,
    rows: usize,
    blocks: usize,
    to: &'a mut Matrix,
}

impl<S: Simd> Op<S> for ToRounded<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, s: S) {
        let ToRounded { from, rows, blocks, to } = self;
        for block in 0..blocks {
            for row in 0..rows {
                let at = to.at(row, block);
                s.store(s.round_bf16(load(s, from, row, block)), &mut to.words[at..]);
            }
        }
    }
}

struct ToPairs<'a> {
    from: View<'a>,
    rows: usize,
    blocks: usize,
    to: &'a mut Matrix,
}

impl<S: Simd> Op<S> for ToPairs<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, s: S) {
        let ToPairs { from, rows, blocks, to } = self;
        for block in 0..blocks.div_ceil(2) {
            for row in 0..rows {
                let low = load(s, from, row, 2 * block);
                let high = if 2 * block + 1 < blocks { load(s, from, row, 2 * block + 1) } else { s.splat(0.0) };
                let at = to.at(row, block);
                s.store(s.pair(low, high), &mut to.words[at..]);
            }
        }
    }
}

struct ToBytes<'a> {
    from: View<'a>,
    rows: usize,
    blocks: usize,
    to: &'a mut Matrix,
    scales: &'a mut [f32],
}

impl<S: Simd> Op<S> for ToBytes<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, s: S) {
        let ToBytes { from, rows, blocks, to, scales } = self;
        for (row, scale) in scales[..rows].iter_mut().enumerate() {
            let mut top = s.splat(0.0);
            for block in 0..blocks {
                top = s.max(top, s.abs(load(s, from, row, block)));
            }
            let top = s.top(top);
            *scale = top / 127.0;
            let factor = s.splat(if top > 0.0 { 127.0 / top } else { 0.0 });
            for block in 0..blocks.div_ceil(4) {
                let mut four = [s.splat(0.0); 4];
                for (i, four) in four.iter_mut().enumerate().take(blocks - 4 * block) {
                    *four = s.round(s.mul(load(s, from, row, 4 * block + i), factor));
                }
                let at = to.at(row, block);
                s.store(s.bytes(four), &mut to.words[at..]);
            }
        }
    }
}
