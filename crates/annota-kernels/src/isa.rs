use std::fmt;
use std::str::FromStr;

use crate::Precision;
use crate::simd::Simd;
use crate::simd::portable::Portable;

/// An instruction set that the kernels are compiled for. Which of them the processor has is found out at run time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Isa {
    /// What every processor of the target has.
    Portable,
    /// AVX2 and FMA.
    Avx2,
    /// AVX-512 F, BW, VL, DQ and VNNI.
    Avx512,
    /// [`Isa::Avx512`] and the dot product of bf16.
    Avx512Bf16,
    /// [`Isa::Avx512Bf16`] and the tiles of AMX, of bf16 and of bytes.
    Amx,
    /// Of 64-bit ARM.
    Neon,
}

/// Code that is written for every instruction set.
pub(crate) trait Work {
    type Output;
    fn run<S: Simd>(self, s: S) -> Self::Output;
}

impl Isa {
    /// From the slowest to the fastest.
    const ALL: [Isa; 6] = [Isa::Portable, Isa::Neon, Isa::Avx2, Isa::Avx512, Isa::Avx512Bf16, Isa::Amx];

    /// The fastest that this processor has.
    pub fn best() -> Isa {
        Isa::available().pop().unwrap_or(Isa::Portable)
    }

    /// The fastest that this processor has for products of `precision`. On Intel's processors without AMX the dot product of
    /// bf16 takes longer than the two products of f32 that it stands for (Emerald Rapids: 1.7 times as long; AMD's Zen 5 half as
    /// long), so bf16 are multiplied as the f32 that they are.
    pub fn best_for(precision: Precision) -> Isa {
        match Isa::best() {
            Isa::Avx512Bf16 if precision == Precision::Bf16 && is_intel() => Isa::Avx512,
            best => best,
        }
    }

    /// All that this processor has, the fastest last.
    pub fn available() -> Vec<Isa> {
        Isa::ALL.into_iter().filter(|isa| isa.is_available()).collect()
    }

    /// Whether this processor has it.
    pub fn is_available(self) -> bool {
        struct Nothing;
        impl Work for Nothing {
            type Output = ();
            fn run<S: Simd>(self, _: S) {}
        }
        self.try_dispatch(Nothing).is_some()
    }

    /// Words in a vector.
    pub(crate) fn lanes(self) -> usize {
        struct Lanes;
        impl Work for Lanes {
            type Output = usize;
            fn run<S: Simd>(self, _: S) -> usize {
                S::LANES
            }
        }
        self.dispatch(Lanes)
    }

    /// Runs `work` with this instruction set.
    ///
    /// # Panics
    /// If the processor does not have it.
    pub(crate) fn dispatch<W: Work>(self, work: W) -> W::Output {
        self.try_dispatch(work).unwrap_or_else(|| panic!("this processor has no {self}"))
    }

    fn try_dispatch<W: Work>(self, work: W) -> Option<W::Output> {
        match self {
            Isa::Portable => Some(work.run(Portable)),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => crate::simd::avx2::Avx2::detect().map(|s| work.run(s)),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => crate::simd::avx512::Avx512::<false, false>::detect().map(|s| work.run(s)),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512Bf16 => crate::simd::avx512::Avx512::<true, false>::detect().map(|s| work.run(s)),
            #[cfg(target_arch = "x86_64")]
            Isa::Amx => crate::simd::avx512::Avx512::<true, true>::detect().map(|s| work.run(s)),
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => crate::simd::neon::Neon::detect().map(|s| work.run(s)),
            #[allow(unreachable_patterns)]
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Isa::Portable => "portable",
            Isa::Avx2 => "avx2",
            Isa::Avx512 => "avx512",
            Isa::Avx512Bf16 => "avx512-bf16",
            Isa::Amx => "amx",
            Isa::Neon => "neon",
        }
    }
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(target_arch = "x86_64")]
fn is_intel() -> bool {
    let leaf = std::arch::x86_64::__cpuid(0);
    [leaf.ebx, leaf.edx, leaf.ecx].map(u32::to_le_bytes).as_flattened() == b"GenuineIntel"
}

#[cfg(not(target_arch = "x86_64"))]
fn is_intel() -> bool {
    false
}

/// A name that is no instruction set's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownIsa(String);

impl fmt::Display for UnknownIsa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Isa::ALL.map(Isa::name).join(", ");
        write!(f, "unknown instruction set {:?}: known are {names}", self.0)
    }
}

impl std::error::Error for UnknownIsa {}

impl FromStr for Isa {
    type Err = UnknownIsa;

    fn from_str(name: &str) -> Result<Self, UnknownIsa> {
        Isa::ALL.into_iter().find(|isa| isa.name() == name).ok_or_else(|| UnknownIsa(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        assert!(Isa::ALL.iter().all(|isa| isa.to_string().parse() == Ok(*isa)));
        assert!("sse9".parse::<Isa>().unwrap_err().to_string().contains("avx512-bf16"));
    }

    #[test]
    fn the_best_is_available() {
        assert_eq!(Isa::available().first(), Some(&Isa::Portable));
        assert_eq!(Isa::available().last(), Some(&Isa::best()));
        for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
            assert!(Isa::available().contains(&Isa::best_for(precision)));
        }
        assert_eq!(Isa::best_for(Precision::F32), Isa::best());
    }

    #[test]
    fn a_peak_is_found() {
        let peak = crate::peak(Isa::Portable, crate::Precision::F32, 2, 1e-6);
        assert!(peak >= 0.0 && peak.is_finite());
    }
}
