//! The adapters of wgpu.

use std::sync::LazyLock;

use burn::tensor::Device;
use burn::tensor::wgpu::wgpu as api;
use cubecl_wgpu::{AutoGraphicsApi, RuntimeOptions, WgpuBackend, WgpuDevice, WgpuDeviceKind, try_init_setup};
use futures::executor::block_on;

use super::{Found, runtime, server};
use crate::ModelError;
use crate::device::{DeviceSpec, Hardware, KernelLanguage, OpenDevice};

/// The graphics APIs of this system, best first. The OpenGL of Linux and Windows is left out: asking for it prints errors
/// where there is no display, and it reaches no GPU that the others do not.
const APIS: &[WgpuBackend] = if cfg!(any(target_os = "linux", target_os = "android")) {
    &[WgpuBackend::Vulkan]
} else if cfg!(windows) {
    &[WgpuBackend::Vulkan, WgpuBackend::Dx12]
} else if cfg!(all(target_vendor = "apple", feature = "vulkan")) {
    &[WgpuBackend::Metal, WgpuBackend::Vulkan]
} else if cfg!(target_vendor = "apple") {
    &[WgpuBackend::Metal]
} else {
    &[WgpuBackend::Vulkan, WgpuBackend::Gl]
};

/// Never dropped: Vulkan's loader crashes where instances come and go on several threads.
static INSTANCE: LazyLock<api::Instance> = LazyLock::new(|| {
    let backends = APIS.iter().map(|api| backends(*api)).collect();
    api::Instance::new(api::InstanceDescriptor { backends, ..api::InstanceDescriptor::new_without_display_handle() })
});

fn backends(api: WgpuBackend) -> api::Backends {
    match api {
        WgpuBackend::Vulkan => api::Backends::VULKAN,
        WgpuBackend::Metal => api::Backends::METAL,
        WgpuBackend::Dx12 => api::Backends::DX12,
        WgpuBackend::Gl => api::Backends::GL,
        WgpuBackend::WebGpu | WgpuBackend::Auto => api::Backends::empty(),
    }
}

/// An adapter as wgpu shows it, and what the runtime calls it.
pub struct Adapter {
    spec: DeviceSpec,
    device: WgpuDevice,
    handle: api::Adapter,
    info: api::AdapterInfo,
}

/// Every adapter of every graphics API: a card that two of them reach is there twice.
pub fn all() -> Vec<Adapter> {
    let mut all: Vec<Adapter> = Vec::new();
    for api in APIS {
        for handle in block_on(INSTANCE.enumerate_adapters(backends(*api))) {
            let info = handle.get_info();
            let is_alike = |it: &&Adapter| it.device.backend == *api && it.info.device_type == info.device_type;
            let device = WgpuDevice::new(kind(info.device_type, all.iter().filter(is_alike).count())).on(*api);
            all.push(Adapter { spec: DeviceSpec::Wgpu(Some(all.len())), device, handle, info });
        }
    }
    all
}

/// The runtime counts the adapters of each type by themselves.
fn kind(device: api::DeviceType, index: usize) -> WgpuDeviceKind {
    match device {
        api::DeviceType::DiscreteGpu => WgpuDeviceKind::DiscreteGpu(index),
        api::DeviceType::IntegratedGpu => WgpuDeviceKind::IntegratedGpu(index),
        api::DeviceType::VirtualGpu => WgpuDeviceKind::VirtualGpu(index),
        api::DeviceType::Cpu => WgpuDeviceKind::Cpu,
        api::DeviceType::Other => WgpuDeviceKind::Other(index),
    }
}

impl Adapter {
    pub fn found(&self) -> Found {
        let hardware = match self.info.device_type {
            api::DeviceType::DiscreteGpu => Hardware::Discrete,
            api::DeviceType::IntegratedGpu => Hardware::Integrated,
            api::DeviceType::VirtualGpu => Hardware::Virtual,
            api::DeviceType::Cpu => Hardware::Software,
            api::DeviceType::Other => Hardware::Other,
        };
        let api = match self.info.backend {
            api::Backend::Vulkan => "Vulkan",
            api::Backend::Metal => "Metal",
            api::Backend::Dx12 => "DirectX 12",
            api::Backend::Gl => "OpenGL",
            api::Backend::BrowserWebGpu | api::Backend::Noop => "WebGPU",
        };
        let driver = format!("{} {}", self.info.driver, self.info.driver_info).trim().to_owned();
        Found { spec: self.spec, name: self.info.name.clone(), hardware, api, driver }
    }

    fn open(&self) -> Result<OpenDevice, ModelError> {
        let offers_spirv = server::offers_spirv(&self.handle);
        let language = language(&self.info, offers_spirv, asked()?);
        let failed = |error: String| self.spec.refused(error.lines().next().unwrap_or_default());
        match language {
            KernelLanguage::Wgsl if self.info.backend == api::Backend::Vulkan => {
                server::Plan::wgsl(&self.handle).and_then(|plan| plan.start(&self.device)).map_err(failed)?;
            }
            KernelLanguage::SpirV if !offers_spirv => {
                server::Plan::spirv(&self.handle).and_then(|plan| plan.start(&self.device)).map_err(failed)?;
            }
            // What the runtime takes by itself.
            _ => {
                let options = RuntimeOptions::try_default().map_err(|error| failed(error.to_string()))?;
                try_init_setup::<AutoGraphicsApi>(&self.device, options).map_err(|error| failed(error.to_string()))?;
            }
        }
        Ok(runtime::opened(self.found(), Device::new(self.device.clone())))
    }
}

pub fn open(spec: DeviceSpec, index: usize) -> Result<OpenDevice, ModelError> {
    all().get(index).ok_or_else(|| spec.absent_among(&super::found()))?.open()
}

const ASKED: &str = "ANNOTA_VULKAN_KERNELS";

/// The language that the environment asks for on Vulkan adapters: WGSL where a driver is wrong about SPIR-V, SPIR-V for
/// tests on Mesa's software rasterizer.
fn asked() -> Result<Option<KernelLanguage>, ModelError> {
    let Some(value) = std::env::var_os(ASKED).filter(|value| !value.is_empty()) else { return Ok(None) };
    match value.to_string_lossy().as_ref() {
        "spirv" => Ok(Some(KernelLanguage::SpirV)),
        "wgsl" => Ok(Some(KernelLanguage::Wgsl)),
        other => {
            let expected = "spirv or wgsl".to_owned();
            Err(ModelError::Setting { setting: ASKED, value: other.to_owned(), expected })
        }
    }
}

/// The language of an adapter's kernels: on Vulkan what is asked for, else SPIR-V on real GPUs that it runs on
/// ([`server::offers_spirv`]) and WGSL on software rasterizers, so that tests on them run what adapters without Vulkan run.
fn language(adapter: &api::AdapterInfo, offers_spirv: bool, asked: Option<KernelLanguage>) -> KernelLanguage {
    let is_software = adapter.device_type == api::DeviceType::Cpu;
    let chosen = if offers_spirv && !is_software { KernelLanguage::SpirV } else { KernelLanguage::Wgsl };
    match adapter.backend {
        api::Backend::Vulkan => asked.unwrap_or(chosen),
        api::Backend::Metal if cfg!(feature = "metal") => KernelLanguage::Msl,
        _ => KernelLanguage::Wgsl,
    }
}

#[cfg(test)]
mod tests {
    use super::{KernelLanguage, all, api, language, server};
    use api::{AdapterInfo, Backend, DeviceType};

    #[test]
    fn real_gpus_get_spirv_and_software_rasterizers_wgsl() {
        for real in [DeviceType::DiscreteGpu, DeviceType::IntegratedGpu, DeviceType::VirtualGpu, DeviceType::Other] {
            let adapter = AdapterInfo::new(real, Backend::Vulkan);
            assert_eq!(language(&adapter, true, None), KernelLanguage::SpirV, "{real:?}");
            assert_eq!(language(&adapter, false, None), KernelLanguage::Wgsl, "{real:?} without what SPIR-V needs");
            assert_eq!(language(&adapter, true, Some(KernelLanguage::Wgsl)), KernelLanguage::Wgsl, "{real:?}, asked");
        }
        let software = AdapterInfo::new(DeviceType::Cpu, Backend::Vulkan);
        assert_eq!(language(&software, true, None), KernelLanguage::Wgsl);
        assert_eq!(language(&software, false, Some(KernelLanguage::SpirV)), KernelLanguage::SpirV);
        let other = AdapterInfo::new(DeviceType::DiscreteGpu, Backend::Dx12);
        assert_eq!(language(&other, false, Some(KernelLanguage::SpirV)), KernelLanguage::Wgsl);
    }

    /// On the adapters of this machine, and only Mesa's software rasterizer is known there.
    #[test]
    fn lavapipe_gets_wgsl() {
        let adapters = all();
        let Some(lavapipe) = adapters.iter().find(|it| it.info.name.contains("llvmpipe")) else {
            eprintln!("skipped: lavapipe_gets_wgsl: no such adapter");
            return;
        };
        let offers_spirv = server::offers_spirv(&lavapipe.handle);
        assert_eq!(language(&lavapipe.info, offers_spirv, None), KernelLanguage::Wgsl);
    }
}
