use std::arch::x86_64::*;

use super::{Op, Simd};

/// AVX2 with FMA: 16 registers of 8 words.
#[derive(Clone, Copy)]
pub(crate) struct Avx2(());

impl Avx2 {
    pub(crate) fn detect() -> Option<Self> {
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some(Avx2(()))
    }
}

/// An intrinsic, or several: every one of them needs only the instructions that `self` proves.
macro_rules! with {
    ($e:expr) => {
        // SAFETY: an `Avx2` is made only where the processor has AVX2 and FMA.
        unsafe { $e }
    };
}

impl Simd for Avx2 {
    const LANES: usize = 8;
    const ROWS: usize = 6;
    const OFFSET: i32 = 128;
    const PAIRS: bool = false;
    type V = __m256;

    #[inline(always)]
    fn run<O: Op<Self>>(self, op: O) -> O::Output {
        #[target_feature(enable = "avx2,fma")]
        fn enabled<O: Op<Avx2>>(s: Avx2, op: O) -> O::Output {
            op.run(s)
        }
        with!(enabled(self, op))
    }

    #[inline(always)]
    fn splat(self, x: f32) -> __m256 {
        with!(_mm256_set1_ps(x))
    }

    #[inline(always)]
    unsafe fn load_at(self, from: *const f32) -> __m256 {
        // SAFETY: the caller's promise.
        unsafe { _mm256_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn store_at(self, v: __m256, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { _mm256_storeu_ps(to, v) }
    }

    #[inline(always)]
    fn prefetch(self, at: *const f32) {
        with!(_mm_prefetch::<_MM_HINT_T1>(at.cast()))
    }

    #[inline(always)]
    fn add(self, a: __m256, b: __m256) -> __m256 {
        with!(_mm256_add_ps(a, b))
    }

    #[inline(always)]
    fn sub(self, a: __m256, b: __m256) -> __m256 {
        with!(_mm256_sub_ps(a, b))
    }

    #[inline(always)]
    fn mul(self, a: __m256, b: __m256) -> __m256 {
        with!(_mm256_mul_ps(a, b))
    }

    #[inline(always)]
    fn mul_add(self, a: __m256, b: __m256, c: __m256) -> __m256 {
        with!(_mm256_fmadd_ps(a, b, c))
    }

    #[inline(always)]
    fn max(self, a: __m256, b: __m256) -> __m256 {
        with!(_mm256_max_ps(a, b))
    }

    #[inline(always)]
    fn min(self, a: __m256, b: __m256) -> __m256 {
        with!(_mm256_min_ps(a, b))
    }

    #[inline(always)]
    fn round(self, v: __m256) -> __m256 {
        with!(_mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(v))
    }

    #[inline(always)]
    fn times_power(self, v: __m256, n: __m256) -> __m256 {
        with!({
            let exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
            _mm256_mul_ps(v, _mm256_castsi256_ps(_mm256_slli_epi32::<23>(exponent)))
        })
    }

    #[inline(always)]
    fn sum(self, v: __m256) -> f32 {
        with!({
            let v = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps::<1>(v));
            let v = _mm_add_ps(v, _mm_movehl_ps(v, v));
            _mm_cvtss_f32(_mm_add_ss(v, _mm_movehdup_ps(v)))
        })
    }

    #[inline(always)]
    fn top(self, v: __m256) -> f32 {
        with!({
            let v = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps::<1>(v));
            let v = _mm_max_ps(v, _mm_movehl_ps(v, v));
            _mm_cvtss_f32(_mm_max_ss(v, _mm_movehdup_ps(v)))
        })
    }

    #[inline(always)]
    fn dot_i8(self, acc: __m256, a: __m256, b: __m256) -> __m256 {
        with!({
            // Even and odd bytes widened to 16 bits: `vpmaddubsw` would saturate, `vpmaddwd` is exact.
            let (acc, a, b) = (_mm256_castps_si256(acc), _mm256_castps_si256(a), _mm256_castps_si256(b));
            let (a_even, a_odd) = (_mm256_and_si256(a, _mm256_set1_epi16(255)), _mm256_srli_epi16::<8>(a));
            let (b_even, b_odd) = (_mm256_srai_epi16::<8>(_mm256_slli_epi16::<8>(b)), _mm256_srai_epi16::<8>(b));
            let products = _mm256_add_epi32(_mm256_madd_epi16(a_even, b_even), _mm256_madd_epi16(a_odd, b_odd));
            _mm256_castsi256_ps(_mm256_add_epi32(acc, products))
        })
    }

    #[inline(always)]
    fn to_float(self, v: __m256) -> __m256 {
        with!(_mm256_cvtepi32_ps(_mm256_castps_si256(v)))
    }

    #[inline(always)]
    fn bytes(self, four: [__m256; 4]) -> __m256 {
        with!({
            // Both packs work in halves of 128 bits: the words come out of order.
            let [a, b, c, d] = [
                _mm256_cvtps_epi32(four[0]),
                _mm256_cvtps_epi32(four[1]),
                _mm256_cvtps_epi32(four[2]),
                _mm256_cvtps_epi32(four[3]),
            ];
            let packed = _mm256_packs_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
            let ordered = _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
            _mm256_castsi256_ps(_mm256_xor_si256(ordered, _mm256_set1_epi8(-128)))
        })
    }
}
