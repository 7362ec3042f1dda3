//! GPUs, by the runtimes that this build has.

#[cfg(feature = "wgpu")]
mod adapters;
#[cfg(feature = "cuda")]
mod cuda;
#[cfg(feature = "wgpu")]
mod server;
#[cfg(feature = "tuning-cache")]
mod tuning;

use super::{DeviceSpec, Hardware, OpenDevice};
use crate::ModelError;

/// A GPU, or a CPU that plays one, that this build can reach.
#[derive(Debug, Clone)]
pub struct Found {
    pub spec: DeviceSpec,
    pub name: String,
    pub hardware: Hardware,
    /// The graphics API, or CUDA.
    pub api: &'static str,
    /// With its version.
    pub driver: String,
}

/// All that there are, those of CUDA first. Nothing is opened.
pub fn found() -> Vec<Found> {
    #[cfg(feature = "cuda")]
    let by_cuda: Vec<Found> = cuda::found().collect();
    #[cfg(not(feature = "cuda"))]
    let by_cuda: Vec<Found> = Vec::new();
    #[cfg(feature = "wgpu")]
    let by_wgpu = adapters::all().iter().map(adapters::Adapter::found).collect();
    #[cfg(not(feature = "wgpu"))]
    let by_wgpu = Vec::new();
    [by_cuda, by_wgpu].concat()
}

/// Opens a device whose specification has a number.
pub fn open(spec: DeviceSpec) -> Result<OpenDevice, ModelError> {
    #[cfg(feature = "tuning-cache")]
    tuning::keep();
    match spec {
        #[cfg(feature = "cuda")]
        DeviceSpec::Cuda(index) => cuda::open(spec, index),
        #[cfg(feature = "wgpu")]
        DeviceSpec::Wgpu(Some(index)) => adapters::open(spec, index),
        spec => Err(spec.refused("expected a device with a number")),
    }
}

/// Linux shows a card as a device file. Asking Vulkan takes a tenth of a second, and where there is neither
/// card nor display its layers print errors.
pub fn has_graphics_card() -> bool {
    let files = ["/dev/dri", "/dev/nvidiactl", "/dev/dxg", "/dev/kfd"];
    !cfg!(target_os = "linux") || files.iter().any(|file| std::path::Path::new(file).exists())
}

/// What an open GPU can do.
#[derive(Debug, Clone, Copy, Default)]
pub struct Abilities {
    pub f16: bool,
    pub bf16: bool,
    pub cooperative_matrices: bool,
    /// Bytes, where the driver tells.
    pub memory: Option<u64>,
}

#[cfg(any(feature = "wgpu", feature = "cuda"))]
mod runtime {
    use burn::backend::DispatchDevice::Cube;
    use burn::tensor::{Device, FloatDType};
    use cubecl::client::Client;

    use super::{Abilities, Found};
    use crate::device::{DeviceKind, KernelLanguage, OpenDevice};

    fn client(device: &Device) -> Option<Client> {
        let Cube(device) = device.as_dispatch() else { return None };
        Some(device.client())
    }

    /// Bytes that this process holds of a GPU's memory.
    pub fn memory(device: &Device) -> Option<u64> {
        Some(client(device)?.memory_report(cubecl::MemoryScope::Device).usage().bytes_reserved)
    }

    pub fn abilities(device: &Device) -> Abilities {
        let Some(client) = client(device) else { return Abilities::default() };
        let matmul = &client.properties().features.matmul;
        Abilities {
            f16: device.supports_dtype(FloatDType::F16),
            bf16: device.supports_dtype(FloatDType::BF16),
            cooperative_matrices: !matmul.cmma.is_empty() || !matmul.mma.is_empty(),
            memory: client.properties().memory.max_memory(),
        }
    }

    /// A device after its runtime has been started.
    pub fn opened(found: Found, device: Device) -> OpenDevice {
        let Found { spec, name, hardware, api, driver } = found;
        let identity = device.identity();
        let name = identity.as_ref().map_or(name, |identity| identity.name.clone());
        let runtime = client(&device).map_or("", |client| client.name());
        let kernels = KernelLanguage::of_runtime(runtime).map_or_else(|| runtime.to_owned(), |it| it.to_string());
        let driver = format!("{identity:?} {api} {driver} by {kernels}");
        OpenDevice { device, spec, name, driver, kernels, hardware, kind: DeviceKind::Gpu }
    }
}

#[cfg(not(any(feature = "wgpu", feature = "cuda")))]
mod runtime {
    use burn::tensor::Device;

    use super::Abilities;

    pub fn memory(_: &Device) -> Option<u64> {
        None
    }

    pub fn abilities(_: &Device) -> Abilities {
        Abilities::default()
    }
}

pub use runtime::{abilities, memory};
