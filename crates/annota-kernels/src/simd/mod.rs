//! Vectors of one instruction set behind one trait, so that every kernel is written once.
//!
//! A value of a type that implements [`Simd`] is the proof that the processor has the instructions: it is made only by
//! [`Isa::dispatch`](crate::Isa::dispatch), which asks the processor first. Its methods can therefore be safe.

#[cfg(target_arch = "x86_64")]
mod amx;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512;
#[cfg(target_arch = "aarch64")]
pub(crate) mod neon;
pub(crate) mod portable;

use crate::grid::{Dots, Grid};

/// The widest vector of all instruction sets, in words of 32 bits.
pub(crate) const MAX_LANES: usize = 16;
/// The highest tile of all instruction sets, in rows.
pub(crate) const MAX_ROWS: usize = 14;

/// `inside` for [`MAX_LANES`] words, then `beyond`: read from `MAX_LANES - n` on, a vector that differs from its n-th word on.
pub(crate) const fn edge(inside: f32, beyond: f32) -> [f32; 2 * MAX_LANES] {
    let mut words = [beyond; 2 * MAX_LANES];
    let mut i = 0;
    while i < MAX_LANES {
        words[i] = inside;
        i += 1;
    }
    words
}

/// Code to be compiled for one instruction set. `run` must be `#[inline(always)]`, and so must everything hot that it
/// calls (so no closures: they cannot be told to be): only what is inlined into [`Simd::run`] is compiled with the
/// instructions of the set.
pub(crate) trait Op<S: Simd> {
    type Output;
    fn run(self, s: S) -> Self::Output;
}

/// An instruction set. A vector holds `LANES` words of 32 bits: an f32 each, two bf16, or four bytes.
pub(crate) trait Simd: Copy + Send + Sync + 'static {
    /// Words in a vector, at most [`MAX_LANES`].
    const LANES: usize;
    /// Rows of a full tile of the matrix product, at most [`MAX_ROWS`]: with two vectors a row, two vectors of weights
    /// and one broadcast it fills the registers.
    const ROWS: usize;
    /// Words of a column, in whole vectors, that all rows are multiplied by before the next ones, so that two blocks of
    /// weights stay in the first cache. Pays where products outrun the second.
    const SLICE: usize = usize::MAX;
    /// Whether rows of the left operand are called into the first cache a block before they are multiplied. Pays there too.
    const AHEAD: bool = false;
    /// What the bytes of the left operand of [`Simd::dot_i8`] are raised by: 128 where the instruction takes them
    /// unsigned, 0 where signed.
    const OFFSET: i32;
    /// Whether the set multiplies pairs of bf16. Otherwise bf16 are multiplied as the f32 that they are.
    const PAIRS: bool;
    /// Whether the set multiplies tiles: [`Simd::grid`]. Vectors are then of as many words as a tile has.
    const GRIDS: bool = false;
    type V: Copy;

    /// Runs `op` with the instructions of this set enabled.
    fn run<O: Op<Self>>(self, op: O) -> O::Output;

    fn splat(self, x: f32) -> Self::V;
    /// # Safety
    /// `from` is valid for reads of `LANES` words.
    unsafe fn load_at(self, from: *const f32) -> Self::V;
    /// # Safety
    /// `to` is valid for writes of `LANES` words.
    unsafe fn store_at(self, v: Self::V, to: *mut f32);
    /// Hints that the cache line at `at` is read some time: it may come into the second cache. Any address will do.
    #[inline(always)]
    fn prefetch(self, _at: *const f32) {}
    /// Hints that the cache line at `at` is read next: it may come into the first cache. Any address will do.
    #[inline(always)]
    fn prefetch_next(self, _at: *const f32) {}

    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a · b + c`, rounded once where the set has such an instruction.
    fn mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    fn max(self, a: Self::V, b: Self::V) -> Self::V;
    fn min(self, a: Self::V, b: Self::V) -> Self::V;
    /// To the nearest integer, ties to even. |v| < 2²².
    fn round(self, v: Self::V) -> Self::V;
    /// `v · 2ⁿ` for whole `n` in -126..=127.
    fn times_power(self, v: Self::V, n: Self::V) -> Self::V;
    fn sum(self, v: Self::V) -> f32;
    fn top(self, v: Self::V) -> f32;

    /// `acc + a · b` in f32, where each word of `a` and `b` is a pair of bf16. Only where `PAIRS`.
    #[inline(always)]
    fn dot_bf16(self, _acc: Self::V, _a: Self::V, _b: Self::V) -> Self::V {
        unreachable!("a set without pairs of bf16")
    }
    /// `acc + a · b` in i32, where each word of `a` is four bytes raised by `OFFSET`, each word of `b` four i8.
    fn dot_i8(self, acc: Self::V, a: Self::V, b: Self::V) -> Self::V;
    /// Computes `grid`. Only where `GRIDS`.
    ///
    /// # Safety
    /// `grid` is of memory that is valid for what it says.
    #[inline(always)]
    unsafe fn grid(self, _dots: Dots, _grid: Grid) {
        unreachable!("a set without tiles")
    }
    /// Words that are i32 to f32.
    fn to_float(self, v: Self::V) -> Self::V;
    /// Rounded to bf16, each still an f32.
    #[inline(always)]
    fn round_bf16(self, v: Self::V) -> Self::V {
        let mut values = [0.0; MAX_LANES];
        self.store(v, &mut values);
        for value in &mut values[..Self::LANES] {
            *value = crate::words::round_bf16(*value);
        }
        self.load(&values)
    }
    /// 2 · `LANES` values in `low`, `high` rounded to bf16, in their order, two a word. Only where `PAIRS`.
    #[inline(always)]
    fn pair(self, _low: Self::V, _high: Self::V) -> Self::V {
        unreachable!("a set without pairs of bf16")
    }
    /// 2 · `LANES` values in `low`, `high` as sums of three bf16 each: those, as [`Simd::pair`] has them. Only where `PAIRS`.
    #[inline(always)]
    fn thirds(self, _low: Self::V, _high: Self::V) -> [Self::V; 3] {
        unreachable!("a set without pairs of bf16")
    }
    /// 4 · `LANES` whole numbers in -127..=127 as the bytes that [`Simd::dot_i8`] takes on the left, in their order.
    fn bytes(self, four: [Self::V; 4]) -> Self::V;

    #[inline(always)]
    fn load(self, from: &[f32]) -> Self::V {
        assert!(from.len() >= Self::LANES);
        // SAFETY: `from` has LANES words.
        unsafe { self.load_at(from.as_ptr()) }
    }

    #[inline(always)]
    fn store(self, v: Self::V, to: &mut [f32]) {
        assert!(to.len() >= Self::LANES);
        // SAFETY: `to` has LANES words.
        unsafe { self.store_at(v, to.as_mut_ptr()) }
    }

    #[inline(always)]
    fn abs(self, v: Self::V) -> Self::V {
        self.max(v, self.sub(self.splat(0.0), v))
    }
}
