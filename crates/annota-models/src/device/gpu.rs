//! GPUs, by the runtimes that this build has.

use super::{DeviceSpec, OpenDevice};
use crate::ModelError;

pub fn open(spec: DeviceSpec) -> Result<OpenDevice, ModelError> {
    runtime::keep();
    match spec {
        DeviceSpec::Cuda(index) => cuda(spec, index),
        DeviceSpec::Metal if !cfg!(feature = "metal") => Err(spec.absent("metal")),
        DeviceSpec::Vulkan if !cfg!(feature = "vulkan") => Err(spec.absent("vulkan")),
        spec => wgpu(spec),
    }
}

/// The first GPU that is no software rasteriser.
pub fn first_real() -> Option<OpenDevice> {
    if !has_graphics_card() {
        return None;
    }
    runtime::keep();
    let cuda = if cfg!(feature = "cuda") { cuda(DeviceSpec::Cuda(0), 0).ok() } else { None };
    cuda.or_else(first_adapter)
}

/// Linux shows a card as a device file. Asking Vulkan takes a tenth of a second, and where there is neither
/// card nor display its layers print errors.
fn has_graphics_card() -> bool {
    let files = ["/dev/dri", "/dev/nvidiactl", "/dev/dxg", "/dev/kfd"];
    !cfg!(target_os = "linux") || files.iter().any(|file| std::path::Path::new(file).exists())
}

#[cfg(any(feature = "wgpu", feature = "cuda"))]
pub fn memory(device: &burn::tensor::Device) -> Option<u64> {
    use burn::backend::DispatchDevice::Cube;
    let Cube(device) = device.as_dispatch() else { return None };
    Some(device.client().memory_report(cubecl::MemoryScope::Device).usage().bytes_reserved)
}

#[cfg(not(any(feature = "wgpu", feature = "cuda")))]
pub fn memory(_: &burn::tensor::Device) -> Option<u64> {
    None
}

#[cfg(any(feature = "wgpu", feature = "cuda"))]
mod runtime {
    use burn::tensor::Device;
    use cubecl::config::cache::CacheConfig;
    use cubecl::config::{CubeClRuntimeConfig, RuntimeConfig};

    use crate::device::{DeviceKind, OpenDevice};
    use crate::kept;

    /// Has the runtime keep what it tunes and compiles in the user's cache folder, wherever a process was started; by
    /// itself it would look for a `target` folder. A `cubecl.toml` or `burn.toml` may name another place. To be called
    /// before a device is looked for.
    pub fn keep() {
        let mut config = CubeClRuntimeConfig::from_current_dir().override_from_env();
        if matches!(config.environment.path, CacheConfig::Target) {
            config.environment.path = kept::folder("gpu").map_or(CacheConfig::Global, CacheConfig::Directory);
        }
        config.compilation.cache = true;
        // A program that has used burn before has its own.
        CubeClRuntimeConfig::try_set(config);
    }

    /// An open device. `driver` tells of its driver and of what kernels are compiled to.
    pub fn opened(device: Device, otherwise: &str, driver: impl FnOnce(&str) -> String) -> OpenDevice {
        let identity = device.identity();
        let name = identity.as_ref().map_or_else(|| otherwise.to_owned(), |identity| identity.name.clone());
        let driver = format!("{identity:?} {}", driver(&name));
        OpenDevice { device, name, driver, kind: DeviceKind::Gpu }
    }
}

#[cfg(not(any(feature = "wgpu", feature = "cuda")))]
mod runtime {
    pub fn keep() {}
}

#[cfg(feature = "cuda")]
fn cuda(spec: DeviceSpec, index: usize) -> Result<OpenDevice, ModelError> {
    use burn::tensor::{Device, DeviceType};
    let found = Device::enumerate(DeviceType::Cuda).into_iter().count();
    if index >= found {
        return Err(spec.refused(format!("{found} CUDA devices found")));
    }
    // Windows does not tell of the driver this way; its users are asked again by the next release of Annota.
    let driver = |_: &str| std::fs::read_to_string("/proc/driver/nvidia/version").unwrap_or_default();
    Ok(runtime::opened(Device::cuda(index), "cuda", driver))
}

#[cfg(not(feature = "cuda"))]
fn cuda(spec: DeviceSpec, _index: usize) -> Result<OpenDevice, ModelError> {
    Err(spec.absent("cuda"))
}

#[cfg(feature = "wgpu")]
mod adapters {
    use burn::tensor::wgpu::{WgpuBackend, WgpuInitError, wgpu as api};
    use burn::tensor::{Device, DeviceKind as AdapterKind, DeviceType};
    use futures::executor::block_on;

    use super::{has_graphics_card, runtime};
    use crate::ModelError;
    use crate::device::{DeviceSpec, OpenDevice};

    fn init(kind: AdapterKind, api: WgpuBackend) -> Result<OpenDevice, WgpuInitError> {
        Ok(opened(Device::wgpu_options().device_kind(kind).graphics_api(api).init()?))
    }

    fn opened(device: Device) -> OpenDevice {
        runtime::opened(device, "wgpu", driver)
    }

    /// What burn compiles kernels to, for adapters of this build.
    const COMPILER: &str = if cfg!(feature = "vulkan") {
        "SPIR-V"
    } else if cfg!(feature = "metal") {
        "MSL"
    } else {
        "WGSL"
    };

    /// The drivers of adapters of this name, with their versions, and the compiler.
    fn driver(name: &str) -> String {
        let is_vulkan = matches!(NATIVE, WgpuBackend::Vulkan);
        let backends = if is_vulkan { api::Backends::VULKAN } else { api::Backends::PRIMARY };
        let asked = api::InstanceDescriptor { backends, ..api::InstanceDescriptor::new_without_display_handle() };
        let adapters = block_on(api::Instance::new(asked).enumerate_adapters(backends));
        let adapters = adapters.iter().map(api::Adapter::get_info).filter(|adapter| adapter.name == name);
        let drivers: Vec<String> = adapters.map(|it| format!("{} {}", it.driver, it.driver_info)).collect();
        format!("{} by {COMPILER}", drivers.join(", "))
    }

    /// The graphics API of this system. Linux' OpenGL is left out: asking for it prints errors where there is
    /// no display, and it leads to no GPU that Vulkan does not reach.
    const NATIVE: WgpuBackend = if cfg!(target_os = "linux") { WgpuBackend::Vulkan } else { WgpuBackend::Auto };

    /// The first adapter that is not a software rasteriser.
    fn real(api: WgpuBackend) -> Option<OpenDevice> {
        [AdapterKind::DiscreteGpu(0), AdapterKind::IntegratedGpu(0), AdapterKind::VirtualGpu(0)]
            .into_iter()
            .find_map(|kind| init(kind, api).ok())
    }

    pub fn first_adapter() -> Option<OpenDevice> {
        real(NATIVE)
    }

    pub fn wgpu(spec: DeviceSpec) -> Result<OpenDevice, ModelError> {
        match spec {
            DeviceSpec::Wgpu(Some(index)) => nth(spec, index),
            DeviceSpec::Vulkan => real(WgpuBackend::Vulkan).ok_or_else(|| spec.refused("no Vulkan GPU found")),
            DeviceSpec::Metal => real(WgpuBackend::Metal).ok_or_else(|| spec.refused("no Metal GPU found")),
            _ => has_graphics_card().then(first_adapter).flatten().map_or_else(|| software(spec), Ok),
        }
    }

    fn nth(spec: DeviceSpec, index: usize) -> Result<OpenDevice, ModelError> {
        let mut devices = Device::enumerate(DeviceType::Wgpu).into_iter();
        let found = devices.len();
        let device = devices.nth(index).ok_or_else(|| spec.refused(format!("{found} adapters found")))?;
        Ok(opened(device))
    }

    /// Software rasterisers run WGSL well, and crash in their driver on the SPIR-V of the `vulkan` feature.
    fn software(spec: DeviceSpec) -> Result<OpenDevice, ModelError> {
        if cfg!(feature = "vulkan") {
            return Err(
                spec.refused("no GPU found, and a build with the feature `vulkan` refuses software rasterisers")
            );
        }
        init(AdapterKind::Cpu, NATIVE)
            .map_err(|error| spec.refused(format!("no adapter found ({})", first_line(&error.to_string()))))
    }

    fn first_line(text: &str) -> &str {
        text.lines().next().unwrap_or_default()
    }
}

#[cfg(feature = "wgpu")]
use adapters::{first_adapter, wgpu};

#[cfg(not(feature = "wgpu"))]
fn first_adapter() -> Option<OpenDevice> {
    None
}

#[cfg(not(feature = "wgpu"))]
fn wgpu(spec: DeviceSpec) -> Result<OpenDevice, ModelError> {
    Err(spec.absent("wgpu"))
}
