//! Speed of a random albert-base: `bench [--isa NAME] [--precision f32|bf16|int8] [--method plain|strassen|thirds] [--threads
//! N] [--seconds S] [BxS …]`. Without options, all instruction sets and precisions, f32 by Strassen's method.

use std::sync::Arc;
use std::time::Instant;

use annota_kernels::*;

const VOCABULARY: usize = 30_000;
const POSITIONS: usize = 512;
const EMBEDDING: usize = 128;
const HIDDEN: usize = 768;
const HEADS: usize = 12;
const INNER: usize = 3072;
const LAYERS: usize = 12;

/// Numbers in -range..range, always the same.
fn random(count: usize, range: f32) -> Vec<f32> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next() * range).collect()
}

struct Weights {
    matrix: Vec<f32>,
    vector: Vec<f32>,
    ones: Vec<f32>,
}

impl Weights {
    fn linear(&self, input: usize, output: usize) -> LinearWeights<'_> {
        LinearWeights { weight: &self.matrix[..input * output], bias: &self.vector[..output], input, output }
    }

    fn norm(&self, size: usize) -> NormWeights<'_> {
        NormWeights { scale: &self.ones[..size], shift: &self.vector[..size], epsilon: 1e-12 }
    }

    fn stack(&self, packing: Packing) -> Stack {
        let square = self.linear(HIDDEN, HIDDEN);
        let layer = LayerWeights {
            before: None,
            query: square,
            key: square,
            value: square,
            output: square,
            attention_norm: self.norm(HIDDEN),
            feed_in: self.linear(HIDDEN, INNER),
            feed_out: self.linear(INNER, HIDDEN),
            feed_norm: self.norm(HIDDEN),
        };
        let layer = Arc::new(Layer::pack(&layer, HEADS, Activation::GeluTanh, packing));
        let projection = PackedLinear::pack(&self.linear(EMBEDDING, HIDDEN), packing);
        Stack::new(Some(projection), vec![layer; LAYERS])
    }
}

/// Median seconds of a call.
fn time(seconds: f64, mut call: impl FnMut()) -> f64 {
    call();
    let (start, mut times) = (Instant::now(), Vec::new());
    while times.len() < 3 || start.elapsed().as_secs_f64() < seconds {
        let now = Instant::now();
        call();
        times.push(now.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| arguments.iter().position(|a| a == name).map(|i| arguments[i + 1].clone());
    let isas = option("--isa").map_or(Isa::available(), |name| vec![name.parse().expect("an instruction set")]);
    let named = [("f32", Precision::F32), ("bf16", Precision::Bf16), ("int8", Precision::Int8)];
    let methods = [("plain", Method::Plain), ("strassen", Method::Strassen), ("thirds", Method::Thirds)];
    let method = option("--method").unwrap_or_else(|| "strassen".to_owned());
    let method = methods.into_iter().find(|(name, _)| *name == method).expect("a method").1;
    let wanted = option("--precision");
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    let threads = option("--threads").map_or(cores, |n| n.parse().expect("a number of threads"));
    let seconds: f64 = option("--seconds").map_or(3.0, |s| s.parse().expect("seconds"));
    let mut shapes: Vec<[usize; 2]> = arguments
        .iter()
        .filter_map(|a| a.split_once('x'))
        .filter_map(|(b, s)| Some([b.parse().ok()?, s.parse().ok()?]))
        .collect();
    if shapes.is_empty() {
        shapes = vec![[8, 128], [32, 32], [1, 512], [1, 20]];
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
    let (matrix, word) = (random(HIDDEN * INNER, 0.06), random(VOCABULARY * EMBEDDING, 1.0));
    let weights = Weights { matrix, vector: random(INNER, 0.1), ones: vec![1.0; HIDDEN] };
    let norm = weights.norm(EMBEDDING);
    let tables =
        Tables { word: &word, position: &word[..POSITIONS * EMBEDDING], token_type: None, norm, size: EMBEDDING };
    println!("{:12} {:5} {:>7} {:>8} {:>9} {:>7} {:>6}", "isa", "", "shape", "tok/s", "GFLOP/s", "peak", "share");
    for isa in isas {
        for (name, precision) in named.into_iter().filter(|(name, _)| wanted.as_ref().is_none_or(|w| w == name)) {
            let stack = weights.stack(Packing { precision, isa, method });
            for &[batch, length] in &shapes {
                let ids: Vec<u32> = (0..batch * length).map(|i| (i * 7919 % VOCABULARY) as u32).collect();
                let sequences: Vec<&[u32]> = ids.chunks(length).collect();
                let mut out = vec![0.0; batch * length * HIDDEN];
                let before = peak(isa, precision, threads, 0.1);
                let took = time(seconds, || pool.install(|| stack.forward(&tables, &sequences, &mut out)));
                let peak = before.max(peak(isa, precision, threads, 0.1));
                let gflops = stack.flops(&vec![length; batch]) / took / 1e9;
                let (shape, tokens) = (format!("{batch}x{length}"), (batch * length) as f64 / took);
                let share = 100.0 * gflops / peak;
                println!("{isa:12} {name:5} {shape:>7} {tokens:>8.0} {gflops:>9.1} {peak:>7.0} {share:>5.1}%");
            }
        }
    }
}
