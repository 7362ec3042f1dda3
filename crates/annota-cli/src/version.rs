//! The version of this program and how it was built.

use std::sync::LazyLock;

use annota::models::Isa;

/// The version and the commit: `0.1.0 (1a2b3c4 2026-07-01)`.
pub const SHORT: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("ANNOTA_BUILD_COMMIT"), ")");
pub const COMMIT: &str = env!("ANNOTA_BUILD_COMMIT");
/// The target triple.
pub const TARGET: &str = env!("ANNOTA_BUILD_TARGET");
/// `debug` or `release`.
pub const PROFILE: &str = env!("ANNOTA_BUILD_PROFILE");
const RUSTC: &str = env!("ANNOTA_BUILD_RUSTC");

/// The cargo features of this crate, and which of them are compiled in.
const FEATURES: [(&str, bool); 5] = [
    ("wgpu", cfg!(feature = "wgpu")),
    ("vulkan", cfg!(feature = "vulkan")),
    ("metal", cfg!(feature = "metal")),
    ("cuda", cfg!(feature = "cuda")),
    ("tuning-cache", cfg!(feature = "tuning-cache")),
];

static LONG: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{SHORT}\nfeatures: {}\ntarget: {TARGET}\nprofile: {PROFILE}\nrustc: {}\ninstruction sets: {}",
        listed(&features()),
        RUSTC.trim_start_matches("rustc "),
        listed(&instruction_sets()),
    )
});

/// [`SHORT`], and a line for each fact of the build.
pub fn long() -> &'static str {
    &LONG
}

/// The cargo features that are compiled in.
pub fn features() -> Vec<&'static str> {
    FEATURES.iter().filter(|(_, is_in)| *is_in).map(|(name, _)| *name).collect()
}

/// The instruction sets of the CPU kernels that this processor has, the fastest last.
pub fn instruction_sets() -> Vec<String> {
    Isa::available().iter().map(Isa::to_string).collect()
}

fn listed(names: &[impl AsRef<str>]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
