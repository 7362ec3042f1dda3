use std::marker::PhantomData;
use std::time::Instant;

use crate::isa::Work;
use crate::simd::{Op, Simd};
use crate::tile::{Bytes, Dot, Float, Pairs};
use crate::{Isa, Precision};

/// Vector operations between two looks at the clock.
const ROUNDS: usize = if cfg!(miri) { 10 } else { 100_000 };
/// Accumulators of a round, enough to hide the latency of every processor.
const ACCUMULATORS: usize = 12;

/// The most that a processor can do in products of `precision`: GFLOP/s (of bytes: 1e9 additions and multiplications a
/// second) of `threads` threads that multiply what is in registers, for `seconds`; the best of many short runs.
pub fn peak(isa: Isa, precision: Precision, threads: usize, seconds: f64) -> f64 {
    isa.dispatch(Peak { precision, threads, seconds })
}

struct Peak {
    precision: Precision,
    threads: usize,
    seconds: f64,
}

impl Work for Peak {
    type Output = f64;

    fn run<S: Simd>(self, s: S) -> f64 {
        let rounds = match self.precision {
            Precision::Bf16 if S::PAIRS => rounds::<S, Pairs>,
            Precision::F32 | Precision::Bf16 => rounds::<S, Float>,
            Precision::Int8 => rounds::<S, Bytes>,
        };
        let operations = (2 * self.precision.per_word::<S>() * S::LANES * ACCUMULATORS * ROUNDS) as f64;
        let start = Instant::now();
        let best = || {
            let mut best = 0.0_f64;
            while start.elapsed().as_secs_f64() < self.seconds {
                let now = Instant::now();
                std::hint::black_box(rounds(s));
                best = best.max(operations / now.elapsed().as_secs_f64());
            }
            best / 1e9
        };
        match rayon::ThreadPoolBuilder::new().num_threads(self.threads).build() {
            Ok(pool) => pool.broadcast(|_| best()).into_iter().sum(),
            Err(_) => best(),
        }
    }
}

fn rounds<S: Simd, D: Dot>(s: S) -> f32 {
    s.run(Rounds(PhantomData::<D>))
}

struct Rounds<D>(PhantomData<D>);

impl<S: Simd, D: Dot> Op<S> for Rounds<D> {
    type Output = f32;

    #[inline(always)]
    fn run(self, s: S) -> f32 {
        let a = s.splat(std::hint::black_box(0.0));
        let b = s.splat(std::hint::black_box(1.0));
        let mut acc = [s.splat(0.0); ACCUMULATORS];
        for _ in 0..ROUNDS {
            for acc in &mut acc {
                *acc = D::dot(s, *acc, a, b);
            }
        }
        acc.iter().map(|&acc| s.sum(acc)).sum()
    }
}
