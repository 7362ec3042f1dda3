//! The devices of this machine.

use annota_kernels::Isa;

use super::gpu::{self, Abilities, Found};
use super::{DeviceSpec, Hardware};

/// A device of this machine, and what it can do.
#[derive(Debug, Clone)]
pub struct DeviceInfo {
    /// What opens it: `cpu`, `wgpu:0`, `cuda:0`.
    pub spec: DeviceSpec,
    pub name: String,
    pub hardware: Hardware,
    /// The graphics API, or CUDA; `None` for the CPU.
    pub api: Option<&'static str>,
    /// With its version; `None` for the CPU.
    pub driver: Option<String>,
    /// Instruction sets, the fastest first, or the language that kernels are compiled to. Empty where it cannot be opened.
    pub kernels: String,
    pub f16: bool,
    pub bf16: bool,
    pub cooperative_matrices: bool,
    /// Bytes, where they are known.
    pub memory: Option<u64>,
    /// Why it cannot be opened.
    pub error: Option<String>,
    /// Whether [`DeviceSpec::Auto`] is this device.
    pub is_auto: bool,
}

/// The CPU, and all GPUs and software rasterizers that this build can reach. Each is opened; one that cannot be opened is
/// in the list with the reason.
pub fn devices() -> Vec<DeviceInfo> {
    let auto = DeviceSpec::Auto.open().map_or(DeviceSpec::Cpu, |device| device.spec);
    let mut devices = vec![cpu()];
    devices.extend(gpu::found().into_iter().map(adapter));
    for device in &mut devices {
        device.is_auto = device.spec == auto;
    }
    devices
}

fn cpu() -> DeviceInfo {
    let isas: Vec<String> = Isa::available().iter().rev().map(Isa::to_string).collect();
    DeviceInfo {
        spec: DeviceSpec::Cpu,
        name: "cpu".to_owned(),
        hardware: Hardware::Cpu,
        api: None,
        driver: None,
        kernels: isas.join(" "),
        f16: false,
        bf16: true,
        cooperative_matrices: Isa::Amx.is_available(),
        memory: None,
        error: None,
        is_auto: false,
    }
}

fn adapter(found: Found) -> DeviceInfo {
    let Found { spec, name, hardware, api, driver } = found;
    let opened = spec.open();
    let abilities = opened.as_ref().map_or_else(|_| Abilities::default(), |open| gpu::abilities(&open.device));
    let (name, kernels, error) = match opened {
        Ok(open) => (open.name, open.kernels, None),
        Err(error) => (name, String::new(), Some(error.to_string())),
    };
    DeviceInfo {
        spec,
        name,
        hardware,
        api: Some(api),
        driver: Some(driver).filter(|driver| !driver.is_empty()),
        kernels,
        f16: abilities.f16,
        bf16: abilities.bf16,
        cooperative_matrices: abilities.cooperative_matrices,
        memory: abilities.memory,
        error,
        is_auto: false,
    }
}
