use std::path::Path;
use std::thread::available_parallelism;

use annota::models::{DeviceSpec, Isa};
use annota_cluster::cgroup;
use annota_kernels::Precision;
use serde::Serialize;
use sysinfo::{CpuRefreshKind, System};

use crate::version::instruction_sets;

/// The processor and the part of it that this process uses.
#[derive(Debug, Clone, Serialize)]
pub struct Cpu {
    /// The processor's own name; empty if it is not known.
    pub model: String,
    /// Logical CPUs of the machine.
    pub logical: usize,
    /// Logical CPUs that the affinity of this process allows; `None` where it is not known.
    pub affinity: Option<usize>,
    /// CPUs that the control groups of this process allow, as a time share.
    pub cgroup_limit: Option<f64>,
    /// CPUs that this process can use, by affinity and control groups.
    pub usable: usize,
    /// Threads that compute.
    pub threads: usize,
    /// The instruction sets with kernels that the processor has, the fastest last.
    pub instruction_sets: Vec<String>,
    /// The instruction set that multiplies in each precision.
    pub kernels: Kernels,
}

#[derive(Debug, Clone, Serialize)]
pub struct Kernels {
    pub f32: String,
    pub bf16: String,
    pub int8: String,
}

impl Cpu {
    /// `device` may name an instruction set.
    pub fn look(device: DeviceSpec) -> Self {
        let mut system = System::new();
        system.refresh_cpu_list(CpuRefreshKind::nothing());
        let limits = cgroup::limits(Path::new("/"));
        let usable = available_parallelism().map_or(1, usize::from);
        Cpu {
            model: system.cpus().first().map_or("", |cpu| cpu.brand().trim()).to_owned(),
            logical: system.cpus().len().max(1),
            affinity: affinity(),
            cgroup_limit: limits.iter().filter_map(|limits| limits.cpus).reduce(f64::min),
            usable,
            threads: rayon::current_num_threads(),
            instruction_sets: instruction_sets(),
            kernels: Kernels::new(device),
        }
    }
}

impl Kernels {
    fn new(device: DeviceSpec) -> Self {
        let name = |precision| match device {
            DeviceSpec::CpuWith(isa) => isa.to_string(),
            DeviceSpec::CpuReference => "reference".to_owned(),
            _ => Isa::best_for(precision).to_string(),
        };
        Kernels { f32: name(Precision::F32), bf16: name(Precision::Bf16), int8: name(Precision::Int8) }
    }
}

fn affinity() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    count(status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?)
}

/// The count of numbers in ranges such as `0-3,8`.
fn count(ranges: &str) -> Option<usize> {
    let length = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some(last.parse::<usize>().ok()?.checked_sub(first.parse().ok()?)? + 1)
    };
    ranges.trim().split(',').map(length).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_counted() {
        let cases = [("0", Some(1)), ("0-3", Some(4)), ("\t0-3,8,10-11\n", Some(7)), ("", None), ("3-1", None)];
        for (ranges, expected) in cases {
            assert_eq!(count(ranges), expected, "{ranges}");
        }
    }

    #[test]
    fn a_named_instruction_set_serves_every_precision() {
        let kernels = Kernels::new(DeviceSpec::CpuWith(Isa::Portable));
        assert_eq!([kernels.f32, kernels.bf16, kernels.int8], ["portable"; 3]);
        assert_eq!(Kernels::new(DeviceSpec::Auto).f32, Isa::best().to_string());
    }

    #[test]
    fn this_machine_has_a_processor() {
        let cpu = Cpu::look(DeviceSpec::Auto);
        assert!(cpu.usable >= 1 && cpu.usable <= cpu.logical && cpu.threads >= 1, "{cpu:?}");
        assert!(cpu.affinity.is_none_or(|affinity| cpu.usable <= affinity), "{cpu:?}");
    }
}
