use serde::Serialize;
use sysinfo::System;

use crate::version;

/// This program and the system that it runs on.
#[derive(Debug, Clone, Serialize)]
pub struct Program {
    /// `0.1.0`
    pub version: &'static str,
    /// The commit and its date.
    pub commit: &'static str,
    /// The cargo features that are compiled in.
    pub features: Vec<&'static str>,
    /// The target triple.
    pub target: &'static str,
    /// `debug` or `release`.
    pub profile: &'static str,
    /// The operating system with its version.
    pub system: String,
    /// The version of the kernel; empty if it is not known.
    pub kernel: String,
}

impl Program {
    pub fn look() -> Self {
        let system = [System::name(), System::os_version()].into_iter().flatten().collect::<Vec<_>>().join(" ");
        Program {
            version: env!("CARGO_PKG_VERSION"),
            commit: version::COMMIT,
            features: version::features(),
            target: version::TARGET,
            profile: version::PROFILE,
            system: if system.is_empty() { std::env::consts::OS.to_owned() } else { system },
            kernel: System::kernel_version().unwrap_or_default(),
        }
    }
}
