//! Elementary functions of vectors. Errors are absolute errors against f64, found by trying a million arguments.

use crate::Activation;
use crate::simd::Simd;

/// 2ᶠ for |f| ≤ ½, relative error 2e-9 before rounding.
const POWER: [f32; 7] =
    [1.0, std::f32::consts::LN_2, 0.240_226_48, 5.550_328_6e-2, 9.618_489e-3, 1.339_993_1e-3, 1.534_581_2e-4];

/// log₂ of the upper tail of the normal distribution at a in 0..=[`TAIL_END`].
const TAIL: [f32; 9] = [
    -0.999_998_87,
    -1.151_123_3,
    -0.459_115_45,
    -5.271_42e-2,
    7.333_383_4e-3,
    -3.233_418_7e-4,
    -1.144_627_6e-4,
    2.508_332e-5,
    -1.690_402_5e-6,
];

/// The same of what the tanh approximation has in its place: log₂ sigmoid(-2u), u = √(2/π)·(a + 0.044715·a³).
const TAIL_TANH: [f32; 9] = [
    -1.000_010_4,
    -1.150_913_5,
    -0.460_391_3,
    -4.808_921_7e-2,
    2.339_866_2e-3,
    4.755_769e-3,
    -2.822_633_6e-3,
    5.198_15e-4,
    -3.314_964e-5,
];

/// Beyond this the tail is taken as constant: it is below 1e-9.
const TAIL_END: f32 = 6.0;

/// Of several vectors at once: one alone would wait for each step of its own.
#[inline(always)]
fn polynomial<S: Simd, const N: usize, const M: usize>(s: S, coefficients: &[f32; M], x: &[S::V; N]) -> [S::V; N] {
    let mut sums = [s.splat(coefficients[M - 1]); N];
    for i in (0..M - 1).rev() {
        for (sum, &x) in sums.iter_mut().zip(x) {
            *sum = s.mul_add(*sum, x, s.splat(coefficients[i]));
        }
    }
    sums
}

/// 2ᵗ for t in -126..=127, relative error 1e-7.
#[inline(always)]
pub(crate) fn exp2<S: Simd, const N: usize>(s: S, t: [S::V; N]) -> [S::V; N] {
    let mut rest = t;
    for rest in &mut rest {
        *rest = s.sub(*rest, s.round(*rest));
    }
    let mut powers = polynomial(s, &POWER, &rest);
    for (power, (&t, &rest)) in powers.iter_mut().zip(t.iter().zip(&rest)) {
        *power = s.times_power(*power, s.sub(t, rest));
    }
    powers
}

/// Error 3e-7. `x·Φ(x)` is written as `max(x, 0) - |x|·Φ(-|x|)`, which needs neither division nor erf: the logarithm of
/// the tail is all but a parabola.
#[inline(always)]
fn gelu<S: Simd, const N: usize>(s: S, tail: &[f32; 9], x: [S::V; N]) -> [S::V; N] {
    let (mut near, mut out) = (x, x);
    for near in &mut near {
        *near = s.min(s.abs(*near), s.splat(TAIL_END));
    }
    let tails = exp2(s, polynomial(s, tail, &near));
    let zero = s.splat(0.0);
    for (out, &tail) in out.iter_mut().zip(&tails) {
        *out = s.mul_add(s.sub(zero, s.abs(*out)), tail, s.max(*out, zero));
    }
    out
}

#[inline(always)]
pub(crate) fn activate<S: Simd, const N: usize>(s: S, activation: Activation, x: [S::V; N]) -> [S::V; N] {
    match activation {
        Activation::Gelu => gelu(s, &TAIL, x),
        Activation::GeluTanh => gelu(s, &TAIL_TANH, x),
        Activation::Relu => {
            let mut out = x;
            for out in &mut out {
                *out = s.max(*out, s.splat(0.0));
            }
            out
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Isa;
    use crate::isa::Work;
    use crate::simd::Op;

    /// What `f` makes of `x`, one value in all lanes.
    struct Try(fn(f64) -> f64, Function);

    #[derive(Clone, Copy)]
    enum Function {
        Exp2,
        Activate(Activation),
    }

    struct One(Function, f32);

    impl<S: Simd> Op<S> for One {
        type Output = f32;

        #[inline(always)]
        fn run(self, s: S) -> f32 {
            let x = [s.splat(self.1)];
            let [y] = match self.0 {
                Function::Exp2 => exp2(s, x),
                Function::Activate(activation) => activate(s, activation, x),
            };
            s.top(y)
        }
    }

    /// Largest difference over -20..=20, absolute below one, relative above.
    impl Work for Try {
        type Output = f64;

        fn run<S: Simd>(self, s: S) -> f64 {
            let steps = if cfg!(miri) { 20 } else { 20_000 };
            let arguments = (-steps..=steps).map(|i| i as f32 * (20.0 / steps as f32));
            let error = |x: f32| {
                let expected = self.0(f64::from(x));
                (f64::from(s.run(One(self.1, x))) - expected).abs() / expected.abs().max(1.0)
            };
            arguments.map(error).fold(0.0, f64::max)
        }
    }

    /// Simpson's rule on the density, from zero on.
    fn normal(x: f64) -> f64 {
        let (n, density) = (400, |t: f64| (-t * t / 2.0).exp());
        let h = x.clamp(-8.0, 8.0) / n as f64;
        let inner: f64 = (1..n).map(|i| density(i as f64 * h) * if i % 2 == 1 { 4.0 } else { 2.0 }).sum();
        0.5 + h / 3.0 * (1.0 + inner + density(n as f64 * h)) / (2.0 * std::f64::consts::PI).sqrt()
    }

    fn gelu_tanh(x: f64) -> f64 {
        x / (1.0 + (-2.0 * (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3))).exp())
    }

    #[test]
    fn functions_are_as_exact_as_they_say() {
        for isa in Isa::available() {
            assert!(isa.dispatch(Try(f64::exp2, Function::Exp2)) < 2e-7, "{isa}");
            assert!(isa.dispatch(Try(|x| x * normal(x), Function::Activate(Activation::Gelu))) < 3e-7, "{isa}");
            assert!(isa.dispatch(Try(gelu_tanh, Function::Activate(Activation::GeluTanh))) < 3e-7, "{isa}");
            assert!(isa.dispatch(Try(|x| x.max(0.0), Function::Activate(Activation::Relu))) == 0.0, "{isa}");
        }
    }
}
