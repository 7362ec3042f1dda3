//! Processors and memory.

use super::one;
use crate::commands::doctor::report::Report;
use crate::commands::doctor::screen::size;
use crate::commands::doctor::selected::Device;

/// Bytes below which batches of large models may not fit.
const LITTLE_MEMORY: u64 = 1 << 30;

pub fn no_avx2(report: &Report) -> Vec<String> {
    let is_slow = report.program.target.starts_with("x86_64") && report.cpu.instruction_sets == ["portable"];
    one(is_slow, || {
        "no AVX2: models compute with portable code, which is several times slower: use a processor with AVX2, or a \
         virtual CPU type that includes it"
            .to_owned()
    })
}

pub fn cgroup_cpus(report: &Report) -> Vec<String> {
    let cpus = report.cpu.affinity.unwrap_or(report.cpu.logical);
    let limit = report.cpu.cgroup_limit.filter(|limit| *limit < cpus as f64);
    let text = |limit| {
        format!(
            "cgroup limits this process to {limit:.1} of {} CPUs: raise the limit (`docker run --cpus`, \
             `resources.limits.cpu` of Kubernetes)",
            report.cpu.logical
        )
    };
    limit.map(text).into_iter().collect()
}

pub fn affinity(report: &Report) -> Vec<String> {
    let (logical, affinity) = (report.cpu.logical, report.cpu.affinity.unwrap_or(report.cpu.logical));
    one(affinity < logical, || {
        format!(
            "CPU affinity limits this process to {affinity} of {logical} CPUs: start it without `taskset`, or with a larger \
             cpuset"
        )
    })
}

pub fn many_threads(report: &Report) -> Vec<String> {
    let (threads, usable) = (report.cpu.threads, report.cpu.usable);
    one(threads > usable, || {
        format!(
            "{threads} threads share {usable} usable CPUs: set --threads (ANNOTA_THREADS) to {usable}, or not at all"
        )
    })
}

pub fn few_threads(report: &Report) -> Vec<String> {
    let (threads, usable) = (report.cpu.threads, report.cpu.usable);
    one(threads < usable, || {
        format!(
            "{threads} of {usable} usable CPUs compute: unset ANNOTA_THREADS and RAYON_NUM_THREADS to use all of them"
        )
    })
}

pub fn little_memory(report: &Report) -> Vec<String> {
    let left = report.memory.available.min(report.memory.usable);
    one(left < LITTLE_MEMORY, || {
        format!("only {} of memory is available: stop other programs, or raise the limit of the container", size(left))
    })
}

/// Only where products of bf16 are fast: [`annota::models::Isa`] says so.
pub fn bf16(report: &Report) -> Vec<String> {
    let is_fast = ["amx", "avx512-bf16"].contains(&report.cpu.kernels.bf16.as_str());
    let is_used = matches!(report.selected.device, Device::Cpu) && report.selected.precision == "f32";
    one(is_fast && is_used, || {
        "this processor multiplies bf16 faster than f32, a little less exactly: compare `annota bench --precision bf16`, then \
         use `precision => 'bf16'` in SQL or `annota run --precision bf16`"
            .to_owned()
    })
}
