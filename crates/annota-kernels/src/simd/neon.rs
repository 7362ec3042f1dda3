use std::arch::aarch64::*;

use super::{Op, Simd};

/// NEON, which every 64-bit ARM processor has: 32 registers of 4 words.
#[derive(Clone, Copy)]
pub(crate) struct Neon(());

impl Neon {
    pub(crate) fn detect() -> Option<Self> {
        std::arch::is_aarch64_feature_detected!("neon").then_some(Neon(()))
    }
}

/// An intrinsic, or several: every one of them needs only the instructions that `self` proves.
macro_rules! with {
    ($e:expr) => {
        // SAFETY: a `Neon` is made only where the processor has NEON.
        unsafe { $e }
    };
}

impl Simd for Neon {
    const LANES: usize = 4;
    const ROWS: usize = 12;
    const OFFSET: i32 = 0;
    const PAIRS: bool = false;
    type V = float32x4_t;

    #[inline(always)]
    fn run<O: Op<Self>>(self, op: O) -> O::Output {
        #[target_feature(enable = "neon")]
        fn enabled<O: Op<Neon>>(s: Neon, op: O) -> O::Output {
            op.run(s)
        }
        with!(enabled(self, op))
    }

    #[inline(always)]
    fn splat(self, x: f32) -> float32x4_t {
        with!(vdupq_n_f32(x))
    }

    #[inline(always)]
    unsafe fn load_at(self, from: *const f32) -> float32x4_t {
        // SAFETY: the caller's promise.
        unsafe { vld1q_f32(from) }
    }

    #[inline(always)]
    unsafe fn store_at(self, v: float32x4_t, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { vst1q_f32(to, v) }
    }

    #[inline(always)]
    fn add(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        with!(vaddq_f32(a, b))
    }

    #[inline(always)]
    fn sub(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        with!(vsubq_f32(a, b))
    }

    #[inline(always)]
    fn mul(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        with!(vmulq_f32(a, b))
    }

    #[inline(always)]
    fn mul_add(self, a: float32x4_t, b: float32x4_t, c: float32x4_t) -> float32x4_t {
        with!(vfmaq_f32(c, a, b))
    }

    #[inline(always)]
    fn max(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        with!(vmaxq_f32(a, b))
    }

    #[inline(always)]
    fn min(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        with!(vminq_f32(a, b))
    }

    #[inline(always)]
    fn round(self, v: float32x4_t) -> float32x4_t {
        with!(vrndnq_f32(v))
    }

    #[inline(always)]
    fn times_power(self, v: float32x4_t, n: float32x4_t) -> float32x4_t {
        with!({
            let exponent = vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(127));
            vmulq_f32(v, vreinterpretq_f32_s32(vshlq_n_s32::<23>(exponent)))
        })
    }

    #[inline(always)]
    fn sum(self, v: float32x4_t) -> f32 {
        with!(vaddvq_f32(v))
    }

    #[inline(always)]
    fn top(self, v: float32x4_t) -> f32 {
        with!(vmaxvq_f32(v))
    }

    #[inline(always)]
    fn dot_i8(self, acc: float32x4_t, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        with!({
            let (a, b) = (vreinterpretq_s8_f32(a), vreinterpretq_s8_f32(b));
            let low = vpaddlq_s16(vmull_s8(vget_low_s8(a), vget_low_s8(b)));
            let high = vpaddlq_s16(vmull_high_s8(a, b));
            vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(acc), vpaddq_s32(low, high)))
        })
    }

    #[inline(always)]
    fn to_float(self, v: float32x4_t) -> float32x4_t {
        with!(vcvtq_f32_s32(vreinterpretq_s32_f32(v)))
    }

    #[inline(always)]
    fn bytes(self, four: [float32x4_t; 4]) -> float32x4_t {
        with!({
            let low = vcombine_s16(vmovn_s32(vcvtq_s32_f32(four[0])), vmovn_s32(vcvtq_s32_f32(four[1])));
            let high = vcombine_s16(vmovn_s32(vcvtq_s32_f32(four[2])), vmovn_s32(vcvtq_s32_f32(four[3])));
            vreinterpretq_f32_s8(vcombine_s8(vmovn_s16(low), vmovn_s16(high)))
        })
    }
}
