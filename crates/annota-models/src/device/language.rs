use std::fmt;

/// The language that the kernels of a GPU are compiled to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KernelLanguage {
    /// Vulkan's own language. The only one of wgpu's with cooperative matrices.
    SpirV,
    /// The language of WebGPU, which wgpu translates for every graphics API.
    Wgsl,
    /// Metal's own language.
    Msl,
    /// NVIDIA's own language.
    Ptx,
}

impl KernelLanguage {
    const NAMES: [(KernelLanguage, &str, &str); 4] = [
        (KernelLanguage::SpirV, "SPIR-V", "wgpu<spirv>"),
        (KernelLanguage::Wgsl, "WGSL", "wgpu<wgsl>"),
        (KernelLanguage::Msl, "MSL", "wgpu<msl>"),
        (KernelLanguage::Ptx, "PTX", "cuda"),
    ];

    /// The language of a runtime of burn's, by the runtime's name.
    #[cfg(any(feature = "wgpu", feature = "cuda"))]
    pub(super) fn of_runtime(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, _, runtime)| *runtime == name).map(|(language, ..)| *language)
    }
}

impl fmt::Display for KernelLanguage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES.iter().find(|(language, ..)| language == self);
        f.pad(name.map_or("", |(_, name, _)| name))
    }
}
