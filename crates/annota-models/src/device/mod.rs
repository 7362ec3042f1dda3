//! Where a model runs: the one place that names burn's devices.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use annota_kernels::Isa;
use burn::tensor::Device;

use crate::{ModelError, Precision};

mod gpu;

/// A device as a user writes it: `auto`, `cpu`, `cpu:avx2`, `cpu:reference`, `wgpu`, `wgpu:1`, `vulkan`, `metal`, `cuda:0`.
///
/// Parsing opens nothing; [`DeviceSpec::open`] does, once per process and device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DeviceSpec {
    /// The first real GPU that this build can reach, through CUDA before wgpu, else the CPU. Never a software rasteriser.
    #[default]
    Auto,
    /// The CPU, by kernels of our own on burn's flex backend.
    Cpu,
    /// The CPU, by the same kernels with this instruction set instead of the best that the processor has.
    CpuWith(Isa),
    /// The CPU, by the operations of burn's flex backend: what the kernels are compared with.
    CpuReference,
    /// A GPU through wgpu; without a number a real GPU if there is one, else a software rasteriser.
    Wgpu(Option<usize>),
    /// wgpu with the Vulkan API.
    Vulkan,
    /// wgpu with the Metal API.
    Metal,
    /// An NVIDIA card through CUDA.
    Cuda(usize),
}

const EXPECTED: &str = "auto, cpu, cpu:portable, cpu:avx2, cpu:avx512, cpu:avx512-bf16, cpu:amx, cpu:neon, \
     cpu:reference, wgpu, wgpu:N, vulkan, metal, cuda or cuda:N";

impl FromStr for DeviceSpec {
    type Err = ModelError;

    fn from_str(given: &str) -> Result<Self, ModelError> {
        let unknown =
            || ModelError::Setting { setting: "device", value: given.to_owned(), expected: EXPECTED.to_owned() };
        let text = given.to_ascii_lowercase();
        let (name, index) = match text.split_once(':') {
            Some(("cpu", "reference")) => return Ok(DeviceSpec::CpuReference),
            Some(("cpu", isa)) => return isa.parse().map(DeviceSpec::CpuWith).map_err(|_| unknown()),
            Some((name, index)) => (name, Some(index.parse::<usize>().map_err(|_| unknown())?)),
            None => (text.as_str(), None),
        };
        match (name, index) {
            ("auto", None) => Ok(DeviceSpec::Auto),
            ("cpu", None) => Ok(DeviceSpec::Cpu),
            ("wgpu", index) => Ok(DeviceSpec::Wgpu(index)),
            ("vulkan", None) => Ok(DeviceSpec::Vulkan),
            ("metal", None) => Ok(DeviceSpec::Metal),
            ("cuda", index) => Ok(DeviceSpec::Cuda(index.unwrap_or(0))),
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for DeviceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeviceSpec::Auto => f.write_str("auto"),
            DeviceSpec::Cpu => f.write_str("cpu"),
            DeviceSpec::CpuWith(isa) => write!(f, "cpu:{isa}"),
            DeviceSpec::CpuReference => f.write_str("cpu:reference"),
            DeviceSpec::Wgpu(None) => f.write_str("wgpu"),
            DeviceSpec::Wgpu(Some(index)) => write!(f, "wgpu:{index}"),
            DeviceSpec::Vulkan => f.write_str("vulkan"),
            DeviceSpec::Metal => f.write_str("metal"),
            DeviceSpec::Cuda(index) => write!(f, "cuda:{index}"),
        }
    }
}

/// A device that is open, and what it turned out to be.
#[derive(Debug, Clone)]
pub struct OpenDevice {
    pub device: Device,
    /// `cpu`, or the adapter's own name.
    pub name: String,
    /// The adapter and its driver, as exactly as can be known.
    pub driver: String,
    pub kind: DeviceKind,
}

/// What computes, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceKind {
    /// By our own kernels: with this instruction set, else with the best for what is multiplied.
    Cpu(Option<Isa>),
    /// By burn's operations.
    CpuReference,
    /// By products and attention of burn's makers, compiled and tuned for every shape, and kernels of our own for the rest.
    Gpu,
}

/// Where a model is to be loaded, and in which numbers it is to compute.
#[derive(Debug, Clone)]
pub struct Target {
    pub device: OpenDevice,
    pub precision: Precision,
}

impl OpenDevice {
    fn cpu(kind: DeviceKind) -> Self {
        OpenDevice { device: Device::flex(), name: "cpu".to_owned(), driver: "cpu".to_owned(), kind }
    }

    /// Bytes that this process holds of a GPU's memory; `None` for a CPU, whose memory is the process' own.
    pub fn memory(&self) -> Option<u64> {
        gpu::memory(&self.device)
    }

    /// Whether it is a CPU that plays a GPU: fine for tests, slow for all else.
    pub fn is_software(&self) -> bool {
        let name = self.name.to_ascii_lowercase();
        ["llvmpipe", "swiftshader", "microsoft basic render"].iter().any(|software| name.contains(software))
    }
}

impl Target {
    /// # Errors
    /// As [`DeviceSpec::open`].
    pub fn open(device: DeviceSpec, precision: Precision) -> Result<Self, ModelError> {
        Ok(Target { device: device.open()?, precision })
    }
}

/// Devices opened so far: a runtime can be initialised only once per process.
static OPEN: Mutex<Option<HashMap<DeviceSpec, OpenDevice>>> = Mutex::new(None);

/// The devices that this process has opened.
pub fn open_devices() -> Vec<OpenDevice> {
    let open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    open.iter().flat_map(HashMap::values).cloned().collect()
}

impl DeviceSpec {
    /// Opens the device, or returns the one this process has opened before.
    ///
    /// # Errors
    /// [`ModelError::Device`] when the device is not compiled in or not there.
    pub fn open(self) -> Result<OpenDevice, ModelError> {
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        let open = open.get_or_insert_default();
        if let Some(device) = open.get(&self) {
            return Ok(device.clone());
        }
        let device = match self {
            DeviceSpec::Cpu => OpenDevice::cpu(DeviceKind::Cpu(None)),
            DeviceSpec::CpuWith(isa) if isa.is_available() => OpenDevice::cpu(DeviceKind::Cpu(Some(isa))),
            DeviceSpec::CpuWith(_) => {
                let available: Vec<String> = Isa::available().iter().map(Isa::to_string).collect();
                return Err(self.refused(format!("this processor has {}", available.join(", "))));
            }
            DeviceSpec::CpuReference => OpenDevice::cpu(DeviceKind::CpuReference),
            DeviceSpec::Auto => gpu::first_real().unwrap_or_else(|| OpenDevice::cpu(DeviceKind::Cpu(None))),
            spec => gpu::open(spec)?,
        };
        open.insert(self, device.clone());
        Ok(device)
    }

    #[cfg_attr(all(feature = "wgpu", feature = "cuda"), allow(dead_code))]
    fn absent(self, feature: &str) -> ModelError {
        self.refused(format!("this build lacks the cargo feature `{feature}`"))
    }

    fn refused(self, reason: impl fmt::Display) -> ModelError {
        ModelError::Device { device: self.to_string(), reason: reason.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::DeviceSpec;

    #[test]
    fn specs_print_as_they_parse() {
        for text in [
            "auto",
            "cpu",
            "cpu:avx2",
            "cpu:avx512-bf16",
            "cpu:amx",
            "cpu:reference",
            "wgpu",
            "wgpu:1",
            "vulkan",
            "metal",
            "cuda:0",
        ] {
            assert_eq!(text.parse::<DeviceSpec>().map(|spec| spec.to_string()).ok().as_deref(), Some(text));
        }
        for text in ["", "gpu", "cpu:1", "cpu:", "cpu:sse9", "wgpu:", "wgpu:x", "cuda:-1"] {
            assert!(text.parse::<DeviceSpec>().is_err(), "{text}");
        }
    }
}
