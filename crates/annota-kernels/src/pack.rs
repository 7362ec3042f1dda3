//! Weights laid out once, in the order in which the tiles read them.

use crate::isa::Work;
use crate::layout::Layout;
use crate::linear::{Form, LinearWeights, PackedLinear};
use crate::simd::Simd;
use crate::words::{self, Words};
use crate::{Method, Packing, Precision, quarters, thirds};

impl LinearWeights<'_> {
    pub(crate) fn check(&self) {
        assert!(self.input > 0 && self.output > 0, "a linear layer of no columns");
        assert_eq!(self.weight.len(), self.input * self.output, "weight of a linear layer");
        assert_eq!(self.bias.len(), self.output, "bias of a linear layer");
    }
}

/// A weight matrix by its elements: (input, output) → weight, output → bias.
pub(crate) struct Pack<W, B> {
    pub packing: Packing,
    pub input: usize,
    pub output: usize,
    /// Of bytes: [`PackedLinear::even`]; ones where it is `None`.
    pub even: Option<Vec<f32>>,
    pub weight: W,
    pub bias: B,
}

impl<W: Fn(usize, usize) -> f32, B: Fn(usize) -> f32> Work for Pack<W, B> {
    type Output = PackedLinear;

    fn run<S: Simd>(self, _: S) -> PackedLinear {
        let Pack { packing: Packing { precision, isa, method }, input, output, .. } = self;
        let columns = output.next_multiple_of(S::LANES);
        let form = match (precision, method) {
            (Precision::F32, Method::Strassen) if quarters::suits::<S>([input, output]) => Form::Quarters,
            (Precision::F32, Method::Thirds) if S::PAIRS => Form::Thirds,
            _ => Form::Whole,
        };
        let layout = Layout::new::<S>([input, output], form, precision);
        let mut words = match form {
            Form::Quarters => quarters::pack::<S>([input, output], &self.weight),
            Form::Whole | Form::Thirds => Words::zeros(layout.words()),
        };
        let mut start = Words::zeros(columns);
        let (mut scales, mut sums, mut bias) = (Words::zeros(columns), Words::zeros(columns), Words::zeros(columns));
        for n in 0..output {
            let column = layout.column(0, n);
            let weight = |k: usize| if k < input { (self.weight)(k, n) } else { 0.0 };
            match precision {
                Precision::F32 if form == Form::Quarters => {}
                Precision::F32 if form == Form::Thirds => {
                    let columns = column.zip(layout.column(1, n)).zip(layout.column(2, n));
                    for (w, ((first, second), third)) in columns.enumerate() {
                        let (low, high) = (thirds::parts(weight(2 * w)), thirds::parts(weight(2 * w + 1)));
                        for (part, at) in [first, second, third].into_iter().enumerate() {
                            words[at] = words::pair(low[part], high[part]);
                        }
                    }
                }
                Precision::F32 => column.enumerate().for_each(|(k, at)| words[at] = weight(k)),
                Precision::Bf16 if !S::PAIRS => {
                    column.enumerate().for_each(|(k, at)| words[at] = words::round_bf16(weight(k)))
                }
                Precision::Bf16 => {
                    column.enumerate().for_each(|(w, at)| words[at] = words::pair(weight(2 * w), weight(2 * w + 1)));
                }
                Precision::Int8 => {
                    let even = |k: usize| self.even.as_ref().and_then(|even| even.get(k)).copied().unwrap_or(1.0);
                    let (scale, sum) = quantise(input, |k| weight(k) / even(k), column, &mut words);
                    (scales[n], sums[n]) = (scale, sum as f32);
                    start[n] = f32::from_bits((-S::OFFSET * sum) as u32);
                }
            }
            match precision {
                Precision::F32 | Precision::Bf16 => start[n] = (self.bias)(n),
                Precision::Int8 => bias[n] = (self.bias)(n),
            }
        }
        let mut even = Words::zeros(input.next_multiple_of(S::LANES));
        even[..input].copy_from_slice(&self.even.unwrap_or_else(|| vec![1.0; input]));
        PackedLinear { isa, precision, input, output, layout, words, form, start, scales, even, sums, bias }
    }
}

/// A column as i8, four a word, to the words at `places`: its scale, and the sum of its bytes.
fn quantise(
    input: usize,
    weight: impl Fn(usize) -> f32,
    places: impl Iterator<Item = usize>,
    words: &mut [f32],
) -> (f32, i32) {
    let top = (0..input).fold(0.0, |top: f32, k| top.max(weight(k).abs()));
    let factor = if top > 0.0 { 127.0 / top } else { 0.0 };
    let mut sum = 0;
    for (word, at) in places.enumerate() {
        let bytes = [0, 1, 2, 3].map(|i| (weight(4 * word + i) * factor).round_ties_even() as i8);
        sum += bytes.iter().map(|&byte| i32::from(byte)).sum::<i32>();
        words[at] = f32::from_bits(u32::from_le_bytes(bytes.map(|byte| byte as u8)));
    }
    (top / 127.0, sum)
}
