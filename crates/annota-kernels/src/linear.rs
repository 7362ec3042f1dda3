use crate::finish::{Finish, Scales, Then};
use crate::isa::Work;
use crate::layout::Layout;
use crate::norm::NormWeights;
use crate::operand::{Converted, Operand};
use crate::pack::Pack;
use crate::simd::Simd;
use crate::strip::{Panel, Strip};
use crate::tile::{Bytes, Dot, Float, Pairs, Start, Thirds};
use crate::words::{Matrix, View, Words};
use crate::{Isa, Packing, Precision, quarters, split};

/// What a linear layer is: `x [n, input]` → `x · weight + bias [n, output]`.
#[derive(Debug, Clone, Copy)]
pub struct LinearWeights<'a> {
    /// `[input, output]`, row-major.
    pub weight: &'a [f32],
    /// `[output]`
    pub bias: &'a [f32],
    pub input: usize,
    pub output: usize,
}

/// How weights are laid out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Form {
    Whole,
    /// As in [`crate::quarters`].
    Quarters,
    /// The parts of [`crate::thirds`].
    Thirds,
}

/// A linear layer with its weights laid out.
pub struct PackedLinear {
    pub(crate) isa: Isa,
    pub(crate) precision: Precision,
    pub(crate) input: usize,
    pub(crate) output: usize,
    /// Of `words`, but for [`Form::Quarters`].
    pub(crate) layout: Layout,
    pub(crate) words: Words,
    pub(crate) form: Form,
    /// What the accumulators of each column start from: the bias, or what undoes the offset of unsigned bytes.
    pub(crate) start: Words,
    /// Of bytes: of each column.
    pub(crate) scales: Words,
    /// Of bytes: what the columns of the operand are multiplied by first, so that none needs most of the range. Weights are
    /// divided by it.
    pub(crate) even: Words,
    /// Of bytes: the sum of each column.
    pub(crate) sums: Words,
    pub(crate) bias: Words,
}

impl PackedLinear {
    /// # Panics
    /// If the slices have not the lengths that `input` and `output` say, or the processor lacks the instruction set.
    pub fn pack(weights: &LinearWeights<'_>, packing: Packing) -> Self {
        let LinearWeights { weight, bias, input, output } = *weights;
        weights.check();
        PackedLinear::from_fn([input, output], packing, None, |k, n| weight[k * output + n], |n| bias[n])
    }

    /// As [`PackedLinear::pack`], for rows that come out of a layer norm.
    pub(crate) fn pack_behind(norm: &NormWeights<'_>, weights: &LinearWeights<'_>, packing: Packing) -> Self {
        let LinearWeights { weight, bias, input, output } = *weights;
        weights.check();
        let even = (packing.precision == Precision::Int8).then(|| even(norm, weight));
        PackedLinear::from_fn([input, output], packing, even, |k, n| weight[k * output + n], |n| bias[n])
    }

    pub(crate) fn from_fn(
        [input, output]: [usize; 2],
        packing: Packing,
        even: Option<Vec<f32>>,
        weight: impl Fn(usize, usize) -> f32,
        bias: impl Fn(usize) -> f32,
    ) -> Self {
        packing.isa.dispatch(Pack { packing, input, output, even, weight, bias })
    }

    pub fn input(&self) -> usize {
        self.input
    }

    pub fn output(&self) -> usize {
        self.output
    }

    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// `rows [n, input]` → `out [n, output]`, both row-major, by all threads of the current pool.
    ///
    /// # Panics
    /// If the slices are not of as many whole rows.
    pub fn apply(&self, rows: &[f32], out: &mut [f32]) {
        assert!(rows.len().is_multiple_of(self.input) && out.len() == rows.len() / self.input * self.output);
        self.isa.dispatch(Apply { linear: self, rows, out });
    }

    /// `out = then(operand · weight + bias)`, into the rows of `out` from `first` on.
    pub(crate) fn run<S: Simd>(
        &self,
        s: S,
        operand: Operand<'_>,
        then: Then<'_>,
        out: &mut Matrix,
        first: usize,
        team: bool,
    ) {
        if self.form == Form::Quarters {
            return quarters::run(self, s, operand, then, out, first, team);
        }
        let by = match self.precision {
            Precision::F32 if self.form == Form::Thirds => Self::panel::<S, Thirds>,
            Precision::F32 => Self::panel::<S, Float>,
            Precision::Bf16 if S::PAIRS => Self::panel::<S, Pairs>,
            Precision::Bf16 => Self::panel::<S, Float>,
            Precision::Int8 => Self::panel::<S, Bytes>,
        };
        let (stride, size) = (out.stride, out.block_size());
        let words = &mut out.words[..self.output.div_ceil(S::LANES) * size];
        for from in self.layout.chunks() {
            let panels = words.chunks_mut(2 * size).map(|c| Panel { c, stride, first });
            split::each(team, panels, || (), |(), i, panel| by(self, s, operand, then, from, i, panel));
        }
    }

    /// Columns of two blocks, or of the one that is left: blocks 2 · `panel` and following, by words `from` and following.
    fn panel<S: Simd, D: Dot>(
        &self,
        s: S,
        operand: Operand<'_>,
        then: Then<'_>,
        from: usize,
        panel: usize,
        mut to: Panel<'_>,
    ) {
        let (at, size) = self.layout.panel(from, panel);
        let (depth, rest) = (self.layout.length(from), &self.words[at..]);
        let (now, rest) = rest.split_at(size.min(rest.len()));
        let (next, columns) = (&rest[..size.min(rest.len())], 2 * panel * S::LANES);
        let start = if from == 0 { Start::Vectors(&self.start[columns..]) } else { Start::Sums };
        let a = View { words: &operand.view.words[from * operand.view.stride..], ..operand.view };
        Strip { a, rows: operand.rows, b: now, depth, next }.run::<S, D>(s, start, &mut to);
        if from + depth < self.layout.depth {
            return;
        }
        let scales = (self.precision == Precision::Int8).then(|| Scales {
            rows: operand.scales,
            zeros: operand.zeros,
            columns: &self.scales[columns..],
            weights: &self.sums[columns..],
            bias: &self.bias[columns..],
        });
        let then = then.at::<S>(2 * panel);
        let Panel { c, stride, first } = to;
        s.run(Finish { c, stride, first, rows: operand.rows, scales, then });
    }
}

/// What evens out the columns of a layer norm's rows with those of the weights `[columns, output]` behind it: both get the
/// root of the other's range (SmoothQuant, arXiv 2211.10438, with alpha 0.5), of which the norm tells the rows' part, for
/// before its scale and shift all columns are alike.
pub(crate) fn even(norm: &NormWeights<'_>, weight: &[f32]) -> Vec<f32> {
    let columns = norm.scale.len();
    let output = weight.len() / columns;
    let ranges = norm.scale.iter().zip(norm.shift).map(|(scale, shift)| shift.abs() + 3.0 * scale.abs());
    let even = ranges.enumerate().map(|(k, range)| {
        let top = weight[k * output..(k + 1) * output].iter().fold(0.0, |top: f32, w| top.max(w.abs()));
        let ratio = (top / range).sqrt();
        if ratio.is_normal() { ratio } else { 1.0 }
    });
    even.collect()
}

struct Apply<'a> {
    linear: &'a PackedLinear,
    rows: &'a [f32],
    out: &'a mut [f32],
}

impl Work for Apply<'_> {
    type Output = ();

    fn run<S: Simd>(self, s: S) {
        let Apply { linear, rows, out } = self;
        let (count, blocks) = (rows.len() / linear.input, linear.input.div_ceil(S::LANES));
        let mut input = Matrix::new(count, blocks, S::LANES);
        let mut output = Matrix::new(count, linear.output.div_ceil(S::LANES), S::LANES);
        let mut converted = Converted::new::<S>(linear, count, blocks, None);
        input.read(rows, linear.input);
        let team = rayon::current_num_threads() > 1;
        let operand = converted.convert(s, linear, input.from(0), count, team);
        linear.run(s, operand, Then::Keep, &mut output, 0, team);
        output.write(0, out, linear.output);
    }
}
