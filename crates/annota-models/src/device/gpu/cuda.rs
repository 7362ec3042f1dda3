//! NVIDIA's cards by CUDA.

use burn::tensor::{Device, DeviceType};

use super::{Found, runtime};
use crate::ModelError;
use crate::device::{DeviceSpec, Hardware, OpenDevice};

fn count() -> usize {
    Device::enumerate(DeviceType::Cuda).into_iter().count()
}

pub fn found() -> impl Iterator<Item = Found> {
    (0..count()).map(|index| Found {
        spec: DeviceSpec::Cuda(index),
        // Only an open device tells its own.
        name: "NVIDIA".to_owned(),
        hardware: Hardware::Discrete,
        api: "CUDA",
        driver: driver(),
    })
}

pub fn open(spec: DeviceSpec, index: usize) -> Result<OpenDevice, ModelError> {
    let found = found().nth(index).ok_or_else(|| spec.absent_among(&super::found()))?;
    Ok(runtime::opened(found, Device::cuda(index)))
}

/// Windows does not tell the version of the driver this way; its users are asked again by the next release of Annota.
fn driver() -> String {
    let version = std::fs::read_to_string("/proc/driver/nvidia/version").unwrap_or_default();
    version.lines().next().unwrap_or_default().trim_start_matches("NVRM version:").trim().to_owned()
}
