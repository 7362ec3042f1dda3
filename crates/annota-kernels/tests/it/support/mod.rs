//! Random models, and a naive f64 encoder that rounds where the kernels round.

#![allow(dead_code)]

use std::sync::Arc;

use annota_kernels::*;

/// Of all instruction sets and precisions, with `method` where there is a choice, and once more in thirds where they are
/// multiplied as such.
pub fn packings(method: Method) -> Vec<Packing> {
    let of = |isa| {
        let thirds = has_thirds(&isa).then_some(Packing { precision: Precision::F32, isa, method: Method::Thirds });
        PRECISIONS.map(|precision| Packing { precision, isa, method }).into_iter().chain(thirds)
    };
    Isa::available().into_iter().flat_map(of).collect()
}

/// Whether [`Method::Thirds`] is another than plain.
pub fn has_thirds(isa: &Isa) -> bool {
    matches!(isa, Isa::Avx512Bf16 | Isa::Amx)
}

/// Numbers that are the same at every run.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 24
    }

    /// In -range..range.
    pub fn values(&mut self, count: usize, range: f32) -> Vec<f32> {
        (0..count).map(|_| ((self.next() % (1 << 24)) as f32 / (1 << 23) as f32 - 1.0) * range).collect()
    }

    pub fn ids(&mut self, count: usize, vocabulary: usize) -> Vec<u32> {
        (0..count).map(|_| (self.next() % vocabulary as u64) as u32).collect()
    }
}

pub struct Linear {
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
    pub input: usize,
    pub output: usize,
}

impl Linear {
    pub fn random(random: &mut Random, input: usize, output: usize) -> Self {
        let range = (3.0 / input as f32).sqrt();
        Linear { weight: random.values(input * output, range), bias: random.values(output, 0.2), input, output }
    }

    pub fn weights(&self) -> LinearWeights<'_> {
        LinearWeights { weight: &self.weight, bias: &self.bias, input: self.input, output: self.output }
    }

    /// Rows that are rounded to f32 first: what the kernels are given.
    pub fn apply(&self, rows: &[f64], precision: Precision) -> Vec<f64> {
        self.apply_evened(rows, precision, &vec![1.0; self.input])
    }

    /// The same for rows that come out of a layer norm, evened out with the largest of these weights of each column.
    fn apply_behind(&self, norm: &Norm, tops: &[f32], rows: &[f64], precision: Precision) -> Vec<f64> {
        let ranges = norm.scale.iter().zip(&norm.shift).map(|(scale, shift)| shift.abs() + 3.0 * scale.abs());
        let even: Vec<f32> = ranges.zip(tops).map(|(range, top)| (top / range).sqrt()).collect();
        let rounds = precision == Precision::Int8;
        self.apply_evened(rows, precision, &if rounds { even } else { vec![1.0; self.input] })
    }

    /// The largest weight of each input column.
    fn tops(&self) -> Vec<f32> {
        self.weight.chunks(self.output).map(|row| row.iter().fold(0.0, |top: f32, w| top.max(w.abs()))).collect()
    }

    fn apply_evened(&self, rows: &[f64], precision: Precision, even: &[f32]) -> Vec<f64> {
        let column =
            |n: usize| (0..self.input).map(|k| self.weight[k * self.output + n] / even[k]).collect::<Vec<f32>>();
        let columns: Vec<Vec<f64>> = (0..self.output).map(|n| rounded(&column(n), precision)).collect();
        let mut out = Vec::new();
        for row in rows.chunks(self.input) {
            let row: Vec<f64> = match precision {
                Precision::F32 => row.to_vec(),
                _ => {
                    rounded_row(&row.iter().zip(even).map(|(&x, even)| x as f32 * even).collect::<Vec<_>>(), precision)
                }
            };
            for (column, &bias) in columns.iter().zip(&self.bias) {
                out.push(row.iter().zip(column).map(|(x, w)| x * w).sum::<f64>() + f64::from(bias));
            }
        }
        out
    }
}

/// A row of activations as words of `precision` hold it: bytes over the whole range of its values and zero.
fn rounded_row(values: &[f32], precision: Precision) -> Vec<f64> {
    if precision != Precision::Int8 {
        return rounded(values, precision);
    }
    let top = values.iter().fold(0.0, |top: f32, &x| top.max(x));
    let bottom = values.iter().fold(0.0, |bottom: f32, &x| bottom.max(-x));
    let range = top + bottom;
    let factor = if range > 0.0 { 254.0 / range } else { 0.0 };
    let most = 254.0 - (bottom * factor).round_ties_even();
    let round = |x: f32| f64::from((x * factor).round_ties_even().min(most)) * f64::from(range / 254.0);
    values.iter().map(|&x| round(x)).collect()
}

/// A column of weights as words of `precision` hold it.
fn rounded(values: &[f32], precision: Precision) -> Vec<f64> {
    let top = values.iter().fold(0.0, |top: f32, x| top.max(x.abs()));
    let factor = if top > 0.0 { 127.0 / top } else { 0.0 };
    let round = |x: f32| match precision {
        Precision::F32 => f64::from(x),
        Precision::Bf16 => f64::from(bf16(x)),
        Precision::Int8 => f64::from((x * factor).round_ties_even()) * f64::from(top / 127.0),
    };
    values.iter().map(|&x| round(x)).collect()
}

fn bf16(x: f32) -> f32 {
    let [low, high] = [x.to_bits() & 0xffff_0000, (x.to_bits() & 0xffff_0000) + 0x1_0000].map(f32::from_bits);
    let [below, above] = [(x - low).abs(), (high - x).abs()];
    if below < above || below == above && low.to_bits() & 0x1_0000 == 0 { low } else { high }
}

pub struct Norm {
    scale: Vec<f32>,
    shift: Vec<f32>,
}

impl Norm {
    fn random(random: &mut Random, size: usize) -> Self {
        let scale = random.values(size, 0.3).into_iter().map(|x| 1.0 + x).collect();
        Norm { scale, shift: random.values(size, 0.3) }
    }

    fn weights(&self) -> NormWeights<'_> {
        NormWeights { scale: &self.scale, shift: &self.shift, epsilon: 1e-12 }
    }

    fn apply(&self, rows: &mut [f64]) {
        for row in rows.chunks_mut(self.scale.len()) {
            let n = row.len() as f64;
            let mean = row.iter().sum::<f64>() / n;
            let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
            for (x, (scale, shift)) in row.iter_mut().zip(self.scale.iter().zip(&self.shift)) {
                *x = (*x - mean) / (variance + 1e-12).sqrt() * f64::from(*scale) + f64::from(*shift);
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub embedding: usize,
    pub hidden: usize,
    pub heads: usize,
    pub inner: usize,
    pub layers: usize,
    /// All layers are the first.
    pub shared: bool,
    pub typed: bool,
    pub activation: Activation,
}

/// Of albert, not as wide.
/// Miri takes an hour for the larger.
pub const ALBERT: Shape = Shape {
    embedding: 24,
    hidden: if cfg!(miri) { 24 } else { 64 },
    heads: 4,
    inner: if cfg!(miri) { 40 } else { 160 },
    layers: if cfg!(miri) { 1 } else { 3 },
    shared: true,
    typed: true,
    activation: Activation::GeluTanh,
};

pub const VOCABULARY: usize = 50;
pub const POSITIONS: usize = 600;

struct EncoderLayer {
    attention: [Linear; 4],
    attention_norm: Norm,
    feed: [Linear; 2],
    feed_norm: Norm,
}

pub struct Encoder {
    shape: Shape,
    word: Vec<f32>,
    position: Vec<f32>,
    types: Vec<f32>,
    norm: Norm,
    projection: Linear,
    layers: Vec<EncoderLayer>,
}

impl Encoder {
    pub fn random(shape: Shape, seed: u64) -> Self {
        let r = &mut Random::new(seed);
        let Shape { embedding: e, hidden: h, inner: i, .. } = shape;
        let layer = |r: &mut Random| EncoderLayer {
            attention: [(); 4].map(|()| Linear::random(r, h, h)),
            attention_norm: Norm::random(r, h),
            feed: [Linear::random(r, h, i), Linear::random(r, i, h)],
            feed_norm: Norm::random(r, h),
        };
        Encoder {
            shape,
            word: r.values(VOCABULARY * e, 1.0),
            position: r.values(POSITIONS * e, 1.0),
            types: r.values(e, 1.0),
            norm: Norm::random(r, e),
            projection: Linear::random(r, e, h),
            layers: (0..if shape.shared { 1 } else { shape.layers }).map(|_| layer(r)).collect(),
        }
    }

    /// The norm that the rows of a layer come out of, which is another for the first of several.
    fn before(&self, i: usize) -> Option<&Norm> {
        match i {
            0 if self.shape.shared => Some(&self.layers[0].feed_norm),
            0 => (self.shape.embedding == self.shape.hidden).then_some(&self.norm),
            i => Some(&self.layers[i - 1].feed_norm),
        }
    }

    /// By Strassen's method where columns are enough.
    pub fn stack(&self, precision: Precision, isa: Isa) -> Stack {
        self.stack_by(Packing { precision, isa, method: Method::Strassen })
    }

    pub fn stack_by(&self, packing: Packing) -> Stack {
        let Shape { embedding, hidden, heads, activation, .. } = self.shape;
        let pack = |(i, layer): (usize, &EncoderLayer)| {
            let before = self.before(i).map(Norm::weights);
            let [query, key, value, output] = layer.attention.each_ref().map(Linear::weights);
            let [feed_in, feed_out] = layer.feed.each_ref().map(Linear::weights);
            let (attention_norm, feed_norm) = (layer.attention_norm.weights(), layer.feed_norm.weights());
            let weights =
                LayerWeights { before, query, key, value, output, attention_norm, feed_in, feed_out, feed_norm };
            Arc::new(Layer::pack(&weights, heads, activation, packing))
        };
        let packed: Vec<Arc<Layer>> = self.layers.iter().enumerate().map(pack).collect();
        let layers = (0..self.shape.layers).map(|i| packed[i % packed.len()].clone()).collect();
        let projection = PackedLinear::pack(&self.projection.weights(), packing);
        Stack::new((embedding != hidden).then_some(projection), layers)
    }

    pub fn tables(&self) -> Tables<'_> {
        Tables {
            word: &self.word,
            position: &self.position,
            token_type: self.shape.typed.then_some(&self.types),
            norm: self.norm.weights(),
            size: self.shape.embedding,
        }
    }

    /// By the kernels, on `threads` threads.
    pub fn run(&self, stack: &Stack, sequences: &[Vec<u32>], threads: usize) -> Vec<f32> {
        let sequences: Vec<&[u32]> = sequences.iter().map(Vec::as_slice).collect();
        let mut out = vec![f32::NAN; sequences.iter().map(|s| s.len()).sum::<usize>() * self.shape.hidden];
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| stack.forward(&self.tables(), &sequences, &mut out));
        out
    }

    /// By the definition.
    pub fn reference(&self, ids: &[u32], precision: Precision) -> Vec<f64> {
        let e = self.shape.embedding;
        let mut x = Vec::new();
        for (position, &id) in ids.iter().enumerate() {
            for c in 0..e {
                let kind = if self.shape.typed { self.types[c] } else { 0.0 };
                let word = self.word[id as usize * e + c];
                x.push(f64::from(word) + f64::from(self.position[position * e + c]) + f64::from(kind));
            }
        }
        self.norm.apply(&mut x);
        if e != self.shape.hidden {
            x = self.projection.apply(&x, precision);
        }
        for i in 0..self.shape.layers {
            x = self.forward(i % self.layers.len(), x, precision);
        }
        x
    }

    fn forward(&self, i: usize, x: Vec<f64>, precision: Precision) -> Vec<f64> {
        let layer = &self.layers[i];
        let [q, k, v, output] = &layer.attention;
        let tops: Vec<Vec<f32>> = [q, k, v].map(Linear::tops).into();
        let tops: Vec<f32> = (0..q.input).map(|k| tops.iter().fold(0.0, |top: f32, tops| top.max(tops[k]))).collect();
        let context = self.attend(&[q, k, v].map(|linear| match self.before(i) {
            Some(norm) => linear.apply_behind(norm, &tops, &x, precision),
            None => linear.apply(&x, precision),
        }));
        let mut middle: Vec<f64> = output.apply(&context, precision).iter().zip(&x).map(|(a, b)| a + b).collect();
        layer.attention_norm.apply(&mut middle);
        let feed_in = &layer.feed[0];
        let mut inner = feed_in.apply_behind(&layer.attention_norm, &feed_in.tops(), &middle, precision);
        inner.iter_mut().for_each(|x| *x = activate(self.shape.activation, *x));
        let out = layer.feed[1].apply(&inner, precision);
        let mut out: Vec<f64> = out.iter().zip(&middle).map(|(a, b)| a + b).collect();
        layer.feed_norm.apply(&mut out);
        out
    }

    fn attend(&self, [q, k, v]: &[Vec<f64>; 3]) -> Vec<f64> {
        let (h, d) = (self.shape.hidden, self.shape.hidden / self.shape.heads);
        let length = q.len() / h;
        let mut context = vec![0.0; q.len()];
        for head in 0..self.shape.heads {
            for i in 0..length {
                let dot = |j: usize| (head * d..(head + 1) * d).map(|c| q[i * h + c] * k[j * h + c]).sum::<f64>();
                let scores: Vec<f64> = (0..length).map(|j| (dot(j) / (d as f64).sqrt()).exp()).collect();
                let sum: f64 = scores.iter().sum();
                for c in head * d..(head + 1) * d {
                    context[i * h + c] = (0..length).map(|j| scores[j] / sum * v[j * h + c]).sum();
                }
            }
        }
        context
    }
}

pub fn activate(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Gelu => x / 2.0 * erfc(-x / std::f64::consts::SQRT_2),
        Activation::GeluTanh => {
            let u = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3));
            x / (1.0 + (-2.0 * u).exp())
        }
        Activation::Relu => x.max(0.0),
    }
}

/// By the series near zero, by the continued fraction elsewhere.
fn erfc(x: f64) -> f64 {
    let a = x.abs();
    let tail = if a < 2.5 {
        let terms = (1..100).scan(a, |term, n| {
            *term *= -a * a / f64::from(n);
            Some(*term / f64::from(2 * n + 1))
        });
        1.0 - (a + terms.sum::<f64>()) * 2.0 / std::f64::consts::PI.sqrt()
    } else {
        let fraction = (1..200).rev().fold(a, |f, n| a + f64::from(n) / 2.0 / f);
        (-a * a).exp() / fraction / std::f64::consts::PI.sqrt()
    };
    if x < 0.0 { 2.0 - tail } else { tail }
}

/// Largest and mean difference.
pub fn difference(a: &[f32], b: &[f64]) -> (f64, f64) {
    assert_eq!(a.len(), b.len());
    let each: Vec<f64> = a.iter().zip(b).map(|(a, b)| (f64::from(*a) - b).abs()).collect();
    assert!(each.iter().all(|d| d.is_finite()));
    (each.iter().copied().fold(0.0, f64::max), each.iter().sum::<f64>() / each.len().max(1) as f64)
}

pub const PRECISIONS: [Precision; 3] = [Precision::F32, Precision::Bf16, Precision::Int8];
