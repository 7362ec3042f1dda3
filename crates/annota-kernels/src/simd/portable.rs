use super::{Op, Simd};

/// Arrays of eight, for every processor; the compiler makes of them what the target has.
#[derive(Clone, Copy)]
pub(crate) struct Portable;

type V = [f32; 8];

#[inline(always)]
fn zip(a: V, b: V, f: impl Fn(f32, f32) -> f32) -> V {
    let mut out = a;
    for i in 0..8 {
        out[i] = f(a[i], b[i]);
    }
    out
}

#[inline(always)]
fn map(a: V, f: impl Fn(f32) -> f32) -> V {
    zip(a, a, |x, _| f(x))
}

impl Simd for Portable {
    const LANES: usize = 8;
    const ROWS: usize = 3;
    const OFFSET: i32 = 0;
    const PAIRS: bool = false;
    type V = V;

    #[inline(always)]
    fn run<O: Op<Self>>(self, op: O) -> O::Output {
        op.run(self)
    }

    #[inline(always)]
    fn splat(self, x: f32) -> V {
        [x; 8]
    }

    #[inline(always)]
    unsafe fn load_at(self, from: *const f32) -> V {
        // SAFETY: the caller's promise; no alignment is asked for beyond that of an f32.
        unsafe { from.cast::<V>().read() }
    }

    #[inline(always)]
    unsafe fn store_at(self, v: V, to: *mut f32) {
        // SAFETY: as in `load_at`.
        unsafe { to.cast::<V>().write(v) }
    }

    #[inline(always)]
    fn add(self, a: V, b: V) -> V {
        zip(a, b, |a, b| a + b)
    }

    #[inline(always)]
    fn sub(self, a: V, b: V) -> V {
        zip(a, b, |a, b| a - b)
    }

    #[inline(always)]
    fn mul(self, a: V, b: V) -> V {
        zip(a, b, |a, b| a * b)
    }

    #[inline(always)]
    fn mul_add(self, a: V, b: V, c: V) -> V {
        self.add(self.mul(a, b), c)
    }

    #[inline(always)]
    fn max(self, a: V, b: V) -> V {
        zip(a, b, |a, b| if a > b { a } else { b })
    }

    #[inline(always)]
    fn min(self, a: V, b: V) -> V {
        zip(a, b, |a, b| if a < b { a } else { b })
    }

    #[inline(always)]
    fn round(self, v: V) -> V {
        // At 1.5·2²³ the last bit of an f32 is worth one; a call of libm for each lane would cost far more.
        const ONES: f32 = 12_582_912.0;
        map(v, |x| (x + ONES) - ONES)
    }

    #[inline(always)]
    fn times_power(self, v: V, n: V) -> V {
        zip(v, n, |x, n| x * f32::from_bits(((n as i32 + 127) as u32) << 23))
    }

    #[inline(always)]
    fn sum(self, v: V) -> f32 {
        ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]))
    }

    #[inline(always)]
    fn top(self, v: V) -> f32 {
        v.into_iter().fold(f32::NEG_INFINITY, f32::max)
    }

    #[inline(always)]
    fn dot_i8(self, acc: V, a: V, b: V) -> V {
        let mut out = acc;
        for i in 0..8 {
            let (a, b) = (a[i].to_bits().to_le_bytes(), b[i].to_bits().to_le_bytes());
            let mut sum = acc[i].to_bits() as i32;
            for j in 0..4 {
                sum = sum.wrapping_add(i32::from(a[j] as i8) * i32::from(b[j] as i8));
            }
            out[i] = f32::from_bits(sum as u32);
        }
        out
    }

    #[inline(always)]
    fn to_float(self, v: V) -> V {
        map(v, |x| x.to_bits() as i32 as f32)
    }

    #[inline(always)]
    fn bytes(self, four: [V; 4]) -> V {
        let values = four.as_flattened();
        let mut out = [0.0; 8];
        for (out, four) in out.iter_mut().zip(values.chunks_exact(4)) {
            let bytes = [four[0], four[1], four[2], four[3]].map(|x| x as i8 as u8);
            *out = f32::from_bits(u32::from_le_bytes(bytes));
        }
        out
    }
}
