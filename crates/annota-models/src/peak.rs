//! What a device can do at most: the roof under which a model's speed stands.

use std::time::Duration;

use annota_kernels::Isa;

use crate::{DeviceKind, ModelError, OpenDevice, Precision};

/// The most that a device does in products of a precision, measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Peak {
    /// The instruction set that models use on a processor; `None` on a GPU.
    pub instructions: Option<String>,
    /// 1e9 additions and multiplications a second.
    pub gflops: f64,
}

impl Peak {
    /// Measures for `time`: on a processor `threads` threads that multiply what is in the first cache; on a GPU burn's product
    /// of large square matrices, tuned before, for it has no faster one.
    ///
    /// # Errors
    /// [`ModelError::Compute`]: what a GPU says when it fails.
    pub fn measure(
        device: &OpenDevice,
        precision: Precision,
        threads: usize,
        time: Duration,
    ) -> Result<Self, ModelError> {
        let isa = match device.kind {
            DeviceKind::Gpu => {
                return gpu::gflops(device, precision, time).map(|gflops| Peak { instructions: None, gflops });
            }
            DeviceKind::Cpu(isa) => isa,
            DeviceKind::CpuReference => None,
        };
        let precision = precision.into();
        let isa = isa.unwrap_or_else(|| Isa::best_for(precision));
        let gflops = annota_kernels::peak(isa, precision, threads, time.as_secs_f64());
        Ok(Peak { instructions: Some(isa.to_string()), gflops })
    }
}

mod gpu {
    use std::time::{Duration, Instant};

    use burn::tensor::{Distribution, FloatDType, Tensor};

    use crate::{ModelError, OpenDevice, Precision};

    /// Sides of the matrices: enough to fill a card; and what a processor that plays one multiplies in a short time.
    const SIDE: usize = 4096;
    const SOFTWARE_SIDE: usize = 64;

    /// Products between two looks at the clock, so that the device does not wait for the next one.
    const ROUND: usize = 8;

    pub fn gflops(device: &OpenDevice, precision: Precision, time: Duration) -> Result<f64, ModelError> {
        let side = if device.is_software() { SOFTWARE_SIDE } else { SIDE };
        let float = if precision == Precision::F16 { FloatDType::F16 } else { FloatDType::F32 };
        let matrix = || Tensor::<2>::random([side, side], Distribution::Uniform(-1.0, 1.0), &device.device).cast(float);
        let (left, right) = (matrix(), matrix());
        let round = || {
            for _ in 0..ROUND {
                std::hint::black_box(left.clone().matmul(right.clone()));
            }
            let failed = |reason| ModelError::Compute { device: device.name.clone(), reason };
            device.device.sync().map_err(|error| failed(error.to_string()))
        };
        round()?;
        let operations = (ROUND * 2 * side.pow(3)) as f64;
        let (start, mut best) = (Instant::now(), 0.0_f64);
        loop {
            let now = Instant::now();
            round()?;
            best = best.max(operations / now.elapsed().as_secs_f64());
            if start.elapsed() >= time {
                return Ok(best / 1e9);
            }
        }
    }
}
