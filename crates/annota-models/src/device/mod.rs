//! Where a model runs: the one place that names burn's devices.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use annota_kernels::Isa;
use burn::tensor::Device;

use crate::{ModelError, Precision};
use gpu::Found;

mod gpu;
mod language;
mod list;

pub use language::KernelLanguage;
pub use list::{DeviceInfo, devices};

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

/// What a device is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hardware {
    Cpu,
    /// A card with memory of its own.
    Discrete,
    /// A GPU that shares the processor's memory.
    Integrated,
    /// A GPU that a virtual machine is lent.
    Virtual,
    /// A CPU that plays a GPU: fine for tests, slow for all else.
    Software,
    /// A driver that does not tell.
    Other,
}

impl fmt::Display for Hardware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Hardware::Cpu => "cpu",
            Hardware::Discrete => "discrete",
            Hardware::Integrated => "integrated",
            Hardware::Virtual => "virtual",
            Hardware::Software => "software",
            Hardware::Other => "other",
        })
    }
}

/// A device that is open, and what it turned out to be.
#[derive(Debug, Clone)]
pub struct OpenDevice {
    pub device: Device,
    /// What opens this device again, with a number: `cpu`, `wgpu:0`, `cuda:0`.
    pub spec: DeviceSpec,
    /// `cpu`, or the adapter's own name.
    pub name: String,
    /// The adapter and its driver, as exactly as can be known.
    pub driver: String,
    /// The instruction set, or the language that kernels are compiled to.
    pub kernels: String,
    pub hardware: Hardware,
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
    fn cpu(spec: DeviceSpec, kind: DeviceKind) -> Self {
        let (name, driver) = ("cpu".to_owned(), "cpu".to_owned());
        let kernels = match kind {
            DeviceKind::Cpu(isa) => isa.unwrap_or_else(Isa::best).to_string(),
            DeviceKind::CpuReference | DeviceKind::Gpu => "burn-flex".to_owned(),
        };
        OpenDevice { device: Device::flex(), spec, name, driver, kernels, hardware: Hardware::Cpu, kind }
    }

    /// Bytes that this process holds of a GPU's memory; `None` for a CPU, whose memory is the process' own.
    pub fn memory(&self) -> Option<u64> {
        gpu::memory(&self.device)
    }

    /// Whether it is a CPU that plays a GPU: fine for tests, slow for all else.
    pub fn is_software(&self) -> bool {
        self.hardware == Hardware::Software
    }
}

impl Target {
    /// # Errors
    /// As [`DeviceSpec::open`].
    pub fn open(device: DeviceSpec, precision: Precision) -> Result<Self, ModelError> {
        Ok(Target { device: device.open()?, precision })
    }
}

/// Devices opened so far, by all specifications that were asked for: a runtime can be started only once per process.
static OPEN: Mutex<Option<HashMap<DeviceSpec, OpenDevice>>> = Mutex::new(None);

/// The devices that this process has opened.
pub fn open_devices() -> Vec<OpenDevice> {
    let open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    open.iter().flatten().filter(|(spec, device)| **spec == device.spec).map(|(_, device)| device.clone()).collect()
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
        let mut refusal = None;
        for spec in self.candidates()? {
            let device = open.get(&spec).cloned().map_or_else(|| spec.start(), Ok);
            match device {
                Ok(device) => {
                    open.insert(spec, device.clone());
                    open.insert(self, device.clone());
                    return Ok(device);
                }
                Err(error) => {
                    if spec != self {
                        log::warn!("{error}; it is not taken for `{self}`");
                    }
                    refusal = Some(error);
                }
            }
        }
        Err(refusal.unwrap_or_else(|| self.refused("no such device found: `annota devices` lists those that are")))
    }

    /// The devices that this specification may mean, the best first, each with its number.
    fn candidates(self) -> Result<Vec<DeviceSpec>, ModelError> {
        let listed = |is_meant: &dyn Fn(&Found) -> bool| {
            let mut found: Vec<Found> = gpu::found().into_iter().filter(is_meant).collect();
            found.sort_by_key(|it| it.hardware == Hardware::Software);
            found.iter().map(|it| it.spec).collect::<Vec<_>>()
        };
        let is_real = |it: &Found| it.hardware != Hardware::Software;
        Ok(match self {
            DeviceSpec::Auto if !gpu::has_graphics_card() => vec![DeviceSpec::Cpu],
            DeviceSpec::Auto => [listed(&is_real), vec![DeviceSpec::Cpu]].concat(),
            DeviceSpec::Wgpu(_) | DeviceSpec::Vulkan if !cfg!(feature = "wgpu") => return Err(self.absent("wgpu")),
            DeviceSpec::Metal if !cfg!(feature = "metal") => return Err(self.absent("metal")),
            DeviceSpec::Cuda(_) if !cfg!(feature = "cuda") => return Err(self.absent("cuda")),
            DeviceSpec::Wgpu(None) => listed(&|it| matches!(it.spec, DeviceSpec::Wgpu(_))),
            DeviceSpec::Vulkan => listed(&|it| is_real(it) && it.api == "Vulkan"),
            DeviceSpec::Metal => listed(&|it| is_real(it) && it.api == "Metal"),
            spec => vec![spec],
        })
    }

    /// Opens a device that is none of several.
    fn start(self) -> Result<OpenDevice, ModelError> {
        match self {
            DeviceSpec::Cpu => Ok(OpenDevice::cpu(self, DeviceKind::Cpu(None))),
            DeviceSpec::CpuWith(isa) if isa.is_available() => Ok(OpenDevice::cpu(self, DeviceKind::Cpu(Some(isa)))),
            DeviceSpec::CpuWith(_) => {
                let available: Vec<String> = Isa::available().iter().map(Isa::to_string).collect();
                Err(self.refused(format!("this processor has {}", available.join(", "))))
            }
            DeviceSpec::CpuReference => Ok(OpenDevice::cpu(self, DeviceKind::CpuReference)),
            spec => gpu::open(spec),
        }
    }

    fn absent(self, feature: &str) -> ModelError {
        self.refused(format!("this build lacks the cargo feature `{feature}`"))
    }

    /// The error of a number that no device has.
    #[cfg(any(feature = "wgpu", feature = "cuda"))]
    fn absent_among(self, found: &[Found]) -> ModelError {
        let names: Vec<String> = found.iter().map(|it| format!("`{}` ({})", it.spec, it.name)).collect();
        let there = if names.is_empty() { "no GPU".to_owned() } else { names.join(", ") };
        self.refused(format!("not found: expected one of {there}; `annota devices` lists them"))
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
