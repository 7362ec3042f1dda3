//! The left operand of a product in the words of its precision.

use crate::Precision;
use crate::linear::{Form, PackedLinear};
use crate::sides::Sides;
use crate::simd::{Op, Simd};
use crate::thirds::PARTS;
use crate::words::{Matrix, View, Words};

/// Rows to be multiplied. A value of a row is `scale · (byte + zero)`; `scales` and `zeros` are empty where words are not
/// bytes. `sides` are those of seven products, of pairs of rows.
#[derive(Clone, Copy)]
pub(crate) struct Operand<'a> {
    pub view: View<'a>,
    pub rows: usize,
    pub scales: &'a [f32],
    pub zeros: &'a [f32],
    pub sides: Option<&'a Sides>,
}

/// Where operands are converted to.
pub(crate) struct Converted {
    words: Matrix,
    scales: Words,
    zeros: Words,
    sides: Option<Sides>,
}

impl Form {
    /// What is multiplied, of `precision`.
    pub(crate) fn factors(self, precision: Precision) -> Precision {
        if self == Form::Thirds { Precision::Bf16 } else { precision }
    }
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
    /// Room for `rows` rows of `blocks` blocks of f32; with `sides`, of pairs of rows.
    pub(crate) fn new<S: Simd>(linear: &PackedLinear, rows: usize, blocks: usize, sides: Option<Sides>) -> Self {
        let blocks = blocks.div_ceil(linear.form.factors(linear.precision).per_word::<S>());
        let (rows, blocks) = match (linear.form, linear.precision) {
            (Form::Thirds, _) => (rows, PARTS * blocks),
            (_, Precision::F32) => (0, 0),
            _ => (rows, blocks),
        };
        let (scales, zeros) = (Words::zeros(rows), Words::zeros(rows));
        Converted { words: Matrix::new(rows, blocks, S::LANES), scales, zeros, sides }
    }

    /// `rows` rows for a linear layer, as they are or converted.
    pub(crate) fn convert<'a, S: Simd>(
        &'a mut self,
        s: S,
        linear: &PackedLinear,
        from: View<'a>,
        rows: usize,
        team: bool,
    ) -> Operand<'a> {
        let Converted { words, scales, zeros, sides } = self;
        let blocks = linear.input.div_ceil(S::LANES);
        match linear.precision {
            Precision::F32 if linear.form == Form::Thirds => {
                s.run(ToPairs::<PARTS> { from, rows, blocks, to: words });
                let view = View { stride: PARTS * words.stride, ..words.from(0) };
                return Operand { view, rows, scales: &[], zeros: &[], sides: None };
            }
            Precision::F32 => {
                let sides = sides.as_mut().filter(|_| linear.form == Form::Quarters);
                let sides = sides.map(|sides| sides.fill(s, from, rows, blocks, team));
                return Operand { view: from, rows, scales: &[], zeros: &[], sides };
            }
            Precision::Bf16 if !S::PAIRS => s.run(ToRounded { from, rows, blocks, to: words }),
            Precision::Bf16 => s.run(ToPairs::<1> { from, rows, blocks, to: words }),
            Precision::Int8 => {
                let even = &linear.even;
                s.run(ToBytes { from, rows, blocks, even, to: words, scales, zeros });
            }
        }
        Operand { view: words.from(0), rows, scales, zeros, sides: None }
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

/// Rows to bf16, or to the parts of [`crate::thirds`]: `[blocks / 2][parts][stride][lanes]`.
struct ToPairs<'a, const COUNT: usize> {
    from: View<'a>,
    rows: usize,
    blocks: usize,
    to: &'a mut Matrix,
}

impl<S: Simd, const COUNT: usize> Op<S> for ToPairs<'_, COUNT> {
    type Output = ();

    #[inline(always)]
    fn run(self, s: S) {
        let ToPairs { from, rows, blocks, to } = self;
        for block in 0..blocks.div_ceil(2) {
            for row in 0..rows {
                let low = load(s, from, row, 2 * block);
                let high = if 2 * block + 1 < blocks { load(s, from, row, 2 * block + 1) } else { s.splat(0.0) };
                let parts = if const { COUNT == PARTS } { s.thirds(low, high) } else { [s.pair(low, high); PARTS] };
                for (part, &words) in parts[..COUNT].iter().enumerate() {
                    let at = to.at(row, COUNT * block + part);
                    s.store(words, &mut to.words[at..]);
                }
            }
        }
    }
}

/// Bytes from -127 to 127 over the whole range of each row, zero included: activations are seldom symmetric.
struct ToBytes<'a> {
    from: View<'a>,
    rows: usize,
    blocks: usize,
    /// What columns are multiplied by first.
    even: &'a [f32],
    to: &'a mut Matrix,
    scales: &'a mut [f32],
    zeros: &'a mut [f32],
}

impl ToBytes<'_> {
    #[inline(always)]
    fn load<S: Simd>(&self, s: S, row: usize, block: usize) -> S::V {
        s.mul(load(s, self.from, row, block), s.load(&self.even[block * S::LANES..]))
    }
}

impl<S: Simd> Op<S> for ToBytes<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, s: S) {
        for row in 0..self.rows {
            let (mut top, mut bottom) = (s.splat(0.0), s.splat(0.0));
            for block in 0..self.blocks {
                let values = self.load(s, row, block);
                top = s.max(top, values);
                bottom = s.max(bottom, s.sub(s.splat(0.0), values));
            }
            let (top, bottom) = (s.top(top), s.top(bottom));
            let range = top + bottom;
            let factor = if range > 0.0 { 254.0 / range } else { 0.0 };
            let zero = 127.0 - (bottom * factor).round_ties_even();
            (self.scales[row], self.zeros[row]) = (range / 254.0, zero);
            let (factor, zero, most) = (s.splat(factor), s.splat(zero), s.splat(127.0));
            for block in 0..self.blocks.div_ceil(4) {
                let mut four = [s.splat(0.0); 4];
                for (i, four) in four.iter_mut().enumerate().take(self.blocks - 4 * block) {
                    let value = s.round(s.mul(self.load(s, row, 4 * block + i), factor));
                    *four = s.min(s.sub(value, zero), most);
                }
                let at = self.to.at(row, block);
                s.store(s.bytes(four), &mut self.to.words[at..]);
            }
        }
    }
}
