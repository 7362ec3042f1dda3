use std::arch::x86_64::*;
use std::mem::transmute;

use super::{Op, Simd, amx};
use crate::grid::{Dots, Grid};

/// AVX-512 F, BW, VL, DQ and VNNI, with `BF16` the dot product of bf16 as well, with `AMX` tiles as well: 32 registers of
/// 16 words.
#[derive(Clone, Copy)]
pub(crate) struct Avx512<const BF16: bool, const AMX: bool>(());

impl<const BF16: bool, const AMX: bool> Avx512<BF16, AMX> {
    pub(crate) fn detect() -> Option<Self> {
        let common = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vnni")
            && is_x86_feature_detected!("fma");
        let bf16 = !BF16 || is_x86_feature_detected!("avx512bf16");
        (common && bf16 && (!AMX || amx::is_available())).then_some(Avx512(()))
    }
}

/// An intrinsic, or several: every one of them needs only the instructions that `self` proves.
macro_rules! with {
    ($e:expr) => {
        // SAFETY: an `Avx512` is made only where the processor has the sets that its documentation names.
        unsafe { $e }
    };
}

impl<const BF16: bool, const AMX: bool> Simd for Avx512<BF16, AMX> {
    const LANES: usize = 16;
    const ROWS: usize = 14;
    const SLICE: usize = 192;
    const AHEAD: bool = true;
    const OFFSET: i32 = 128;
    const PAIRS: bool = BF16;
    const GRIDS: bool = AMX;
    type V = __m512;

    #[inline(always)]
    fn run<O: Op<Self>>(self, op: O) -> O::Output {
        #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,fma")]
        fn common<S: Simd, O: Op<S>>(s: S, op: O) -> O::Output {
            op.run(s)
        }
        #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx512bf16,fma")]
        fn with_bf16<S: Simd, O: Op<S>>(s: S, op: O) -> O::Output {
            op.run(s)
        }
        if const { BF16 } { with!(with_bf16(self, op)) } else { with!(common(self, op)) }
    }

    #[inline(always)]
    fn splat(self, x: f32) -> __m512 {
        with!(_mm512_set1_ps(x))
    }

    #[inline(always)]
    unsafe fn load_at(self, from: *const f32) -> __m512 {
        // SAFETY: the caller's promise.
        unsafe { _mm512_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn store_at(self, v: __m512, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { _mm512_storeu_ps(to, v) }
    }

    #[inline(always)]
    fn prefetch(self, at: *const f32) {
        with!(_mm_prefetch::<_MM_HINT_T1>(at.cast()))
    }

    #[inline(always)]
    fn prefetch_next(self, at: *const f32) {
        with!(_mm_prefetch::<_MM_HINT_T0>(at.cast()))
    }

    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        with!(_mm512_add_ps(a, b))
    }

    #[inline(always)]
    fn sub(self, a: __m512, b: __m512) -> __m512 {
        with!(_mm512_sub_ps(a, b))
    }

    #[inline(always)]
    fn mul(self, a: __m512, b: __m512) -> __m512 {
        with!(_mm512_mul_ps(a, b))
    }

    #[inline(always)]
    fn mul_add(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        with!(_mm512_fmadd_ps(a, b, c))
    }

    #[inline(always)]
    fn max(self, a: __m512, b: __m512) -> __m512 {
        with!(_mm512_max_ps(a, b))
    }

    #[inline(always)]
    fn min(self, a: __m512, b: __m512) -> __m512 {
        with!(_mm512_min_ps(a, b))
    }

    #[inline(always)]
    fn round(self, v: __m512) -> __m512 {
        with!(_mm512_roundscale_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(v))
    }

    #[inline(always)]
    fn times_power(self, v: __m512, n: __m512) -> __m512 {
        with!(_mm512_scalef_ps(v, n))
    }

    #[inline(always)]
    fn sum(self, v: __m512) -> f32 {
        with!(_mm512_reduce_add_ps(v))
    }

    #[inline(always)]
    fn top(self, v: __m512) -> f32 {
        with!(_mm512_reduce_max_ps(v))
    }

    #[inline(always)]
    fn dot_bf16(self, acc: __m512, a: __m512, b: __m512) -> __m512 {
        debug_assert!(BF16);
        with!({
            let (a, b) = (_mm512_castps_si512(a), _mm512_castps_si512(b));
            // Bits are bits: there is no cast between the two types.
            _mm512_dpbf16_ps(acc, transmute::<__m512i, __m512bh>(a), transmute::<__m512i, __m512bh>(b))
        })
    }

    #[inline(always)]
    fn dot_i8(self, acc: __m512, a: __m512, b: __m512) -> __m512 {
        with!({
            let (acc, a, b) = (_mm512_castps_si512(acc), _mm512_castps_si512(a), _mm512_castps_si512(b));
            _mm512_castsi512_ps(_mm512_dpbusd_epi32(acc, a, b))
        })
    }

    #[inline(always)]
    unsafe fn grid(self, dots: Dots, grid: Grid) {
        debug_assert!(AMX);
        // SAFETY: the caller's promise.
        unsafe { amx::multiply(dots, grid) }
    }

    #[inline(always)]
    fn to_float(self, v: __m512) -> __m512 {
        with!(_mm512_cvtepi32_ps(_mm512_castps_si512(v)))
    }

    #[inline(always)]
    fn bytes(self, four: [__m512; 4]) -> __m512 {
        with!({
            let mut out = _mm512_castsi128_si512(_mm512_cvtepi32_epi8(_mm512_cvtps_epi32(four[0])));
            out = _mm512_inserti32x4::<1>(out, _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(four[1])));
            out = _mm512_inserti32x4::<2>(out, _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(four[2])));
            out = _mm512_inserti32x4::<3>(out, _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(four[3])));
            _mm512_castsi512_ps(_mm512_xor_si512(out, _mm512_set1_epi8(-128)))
        })
    }

    #[inline(always)]
    fn thirds(self, low: __m512, high: __m512) -> [__m512; 3] {
        let (low, high) = (split(low), split(high));
        [upper_halves(low[0], high[0]), upper_halves(low[1], high[1]), upper_halves(low[2], high[2])]
    }

    #[inline(always)]
    fn pair(self, low: __m512, high: __m512) -> __m512 {
        upper_halves(round(low), round(high))
    }
}

/// To the nearest bf16, ties to even, in the upper half; NaNs stay NaNs. The instruction would take denormals for zeros.
#[inline(always)]
fn round(v: __m512) -> __m512 {
    with!({
        let bits = _mm512_castps_si512(v);
        let odd = _mm512_and_si512(_mm512_srli_epi32::<16>(bits), _mm512_set1_epi32(1));
        let up = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
        let nan = _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(v, v);
        _mm512_castsi512_ps(_mm512_mask_mov_epi32(up, nan, _mm512_set1_epi32(0x7fc0_0000)))
    })
}

/// Three bf16 whose sum is `v`.
#[inline(always)]
fn split(v: __m512) -> [__m512; 3] {
    let first = part(v);
    let left = with!(_mm512_sub_ps(v, first));
    let second = part(left);
    [first, second, with!(_mm512_sub_ps(left, second))]
}

/// To the nearest bf16. Where ties go does not matter, for the next part takes what this one leaves.
#[inline(always)]
fn part(v: __m512) -> __m512 {
    with!({
        let bits = _mm512_add_epi32(_mm512_castps_si512(v), _mm512_set1_epi32(0x8000));
        _mm512_castsi512_ps(_mm512_and_si512(bits, _mm512_set1_epi32(-0x1_0000)))
    })
}

/// Of all words of `low`, then of `high`.
#[inline(always)]
fn upper_halves(low: __m512, high: __m512) -> __m512 {
    const ODD: [i16; 32] = {
        let mut odd = [0; 32];
        let mut i = 0;
        while i < 32 {
            odd[i] = 2 * i as i16 + 1;
            i += 1;
        }
        odd
    };
    with!({
        let (low, high) = (_mm512_castps_si512(low), _mm512_castps_si512(high));
        let odd = _mm512_loadu_si512(ODD.as_ptr().cast());
        _mm512_castsi512_ps(_mm512_permutex2var_epi16(low, odd, high))
    })
}
