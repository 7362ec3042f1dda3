use std::hint::black_box;
use std::marker::PhantomData;
use std::time::Instant;

use crate::grid::{Dots, Grid, SIDE};
use crate::isa::Work;
use crate::simd::{MAX_LANES, MAX_ROWS, Op, Simd};
use crate::thirds::TERMS;
use crate::tile::{Bytes, Dot, Float, Pairs};
use crate::words::Words;
use crate::{Isa, Precision};

/// Steps of a tile between two looks at the clock.
const ROUNDS: usize = if cfg!(miri) { 10 } else { 100_000 };

/// The most that a processor can do in products of `precision`: GFLOP/s (of bytes: 1e9 additions and multiplications a
/// second) of `threads` threads that multiply what is in the first cache, for `seconds`; the best of many short runs, by
/// vectors or by tiles (of f32: a sixth of what tiles of bf16 do, [`Method::Thirds`](crate::Method::Thirds)).
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
        let vectors = match self.precision {
            Precision::Bf16 if S::PAIRS => vectors::<S, Pairs>,
            Precision::F32 | Precision::Bf16 => vectors::<S, Float>,
            Precision::Int8 => vectors::<S, Bytes>,
        };
        let dots = if self.precision == Precision::Int8 { Dots::Bytes } else { Dots::Pairs };
        let words = (2 * self.precision.per_word::<S>() * ROUNDS) as f64;
        // Of an f32, a word of each third is half, and six are multiplied.
        let f32s = if self.precision == Precision::F32 { 2.0 / TERMS.len() as f64 } else { 1.0 };
        let of_vectors = words * (S::LANES * 2 * S::ROWS) as f64;
        let of_tiles = words * (4 * SIDE * SIDE * SIDE) as f64 * f32s;
        let start = Instant::now();
        let best = || {
            let mut best = 0.0_f64;
            while start.elapsed().as_secs_f64() < self.seconds {
                best = best.max(of_vectors / time(|| vectors(s)));
                if S::GRIDS {
                    best = best.max(of_tiles / time(|| tiles(s, dots)));
                }
            }
            best / 1e9
        };
        match rayon::ThreadPoolBuilder::new().num_threads(self.threads).build() {
            Ok(pool) => pool.broadcast(|_| best()).into_iter().sum(),
            Err(_) => best(),
        }
    }
}

/// Seconds of a call.
fn time<T>(call: impl FnOnce() -> T) -> f64 {
    let now = Instant::now();
    black_box(call());
    now.elapsed().as_secs_f64()
}

fn vectors<S: Simd, D: Dot>(s: S) -> f32 {
    s.run(Vectors(PhantomData::<D>))
}

struct Vectors<D>(PhantomData<D>);

impl<S: Simd, D: Dot> Op<S> for Vectors<D> {
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

/// The same tiles again and again, of numbers between 1 and 2 if they are bf16: zeros would need less power, and so be faster
/// than others.
fn tiles<S: Simd>(s: S, dots: Dots) {
    const TILE: usize = SIDE * SIDE;
    const BYTES: usize = TILE * size_of::<f32>();
    let mut operand = Words::zeros(2 * TILE);
    for (i, word) in operand.iter_mut().enumerate() {
        *word = f32::from_bits(0x3f80_3f80 | (i as u32).wrapping_mul(0x9e37_79b9) & 0x7f_007f);
    }
    let mut c = Words::zeros(4 * TILE);
    let grid = Grid {
        rows: 2 * SIDE,
        columns: 2 * SIDE,
        count: 1,
        steps: ROUNDS,
        start: c.as_ptr(),
        start_row: 0,
        start_lower: 0,
        start_right: 0,
        a: operand.as_ptr(),
        a_step: 0,
        a_part: 0,
        b: operand.as_ptr(),
        b_step: 0,
        b_right: BYTES,
        b_part: 0,
        c: c.as_mut_ptr(),
        c_right: 2 * BYTES,
        next: operand.as_ptr(),
        next_step: 0,
    };
    // SAFETY: both operands are two tiles, `c` is four, and the start is the first row of them.
    unsafe { s.grid(dots, grid) }
    black_box(c[0]);
}
