use std::hint::black_box;
use std::marker::PhantomData;
use std::time::Instant;

use crate::isa::Work;
use crate::simd::{MAX_LANES, MAX_ROWS, Op, Simd};
use crate::tile::{Bytes, Dot, Float, Pairs};
use crate::{Isa, Precision};

/// Steps of a tile between two looks at the clock.
const ROUNDS: usize = if cfg!(miri) { 10 } else { 100_000 };

/// The most that a processor can do in products of `precision`: GFLOP/s (of bytes: 1e9 additions and multiplications a
/// second) of `threads` threads that multiply what is in the first cache, for `seconds`; the best of many short runs.
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
        let operations = (2 * self.precision.per_word::<S>() * S::LANES * 2 * S::ROWS * ROUNDS) as f64;
        let start = Instant::now();
        let best = || {
            let mut best = 0.0_f64;
            while start.elapsed().as_secs_f64() < self.seconds {
                let now = Instant::now();
                black_box(rounds(s));
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
        // What nobody knows to be the same in every step.
        let (column, row) = ([0.0; MAX_ROWS], [[1.0; MAX_LANES]; 2]);
        let mut acc = [[s.splat(0.0); 2]; MAX_ROWS];
        for _ in 0..ROUNDS {
            let (column, row) = black_box((&column, &row));
            let weights = [s.load(&row[0]), s.load(&row[1])];
            for (acc, &value) in acc[..S::ROWS].iter_mut().zip(column) {
                let value = s.splat(value);
                for (acc, weight) in acc.iter_mut().zip(weights) {
                    *acc = D::dot(s, *acc, value, weight);
                }
            }
        }
        acc[..S::ROWS].as_flattened().iter().map(|&acc| s.sum(acc)).sum()
    }
}
