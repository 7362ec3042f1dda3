//! The rules by which suggestions are made.

mod gpus;
mod places;
mod processor;
mod running;

#[cfg(test)]
mod tests;

use super::suggestions::Rule;
use super::suggestions::Severity::{Error, Hint, Warning};

/// All rules. A new one needs a case in `tests.rs`.
pub const RULES: &[Rule] = &[
    Rule { name: "device", severity: Error, find: running::device },
    Rule { name: "model_unknown", severity: Error, find: running::model_unknown },
    Rule { name: "model_unreachable", severity: Error, find: running::model_unreachable },
    Rule { name: "model_remote", severity: Hint, find: running::model_remote },
    Rule { name: "debug_build", severity: Warning, find: running::debug_build },
    Rule { name: "no_avx2", severity: Warning, find: processor::no_avx2 },
    Rule { name: "cgroup_cpus", severity: Warning, find: processor::cgroup_cpus },
    Rule { name: "affinity", severity: Warning, find: processor::affinity },
    Rule { name: "many_threads", severity: Warning, find: processor::many_threads },
    Rule { name: "few_threads", severity: Hint, find: processor::few_threads },
    Rule { name: "little_memory", severity: Warning, find: processor::little_memory },
    Rule { name: "bf16", severity: Hint, find: processor::bf16 },
    Rule { name: "gpu_no_answer", severity: Warning, find: gpus::no_answer },
    Rule { name: "gpu_hidden", severity: Warning, find: gpus::hidden },
    Rule { name: "gpu_not_built", severity: Warning, find: gpus::not_built },
    Rule { name: "no_cuda", severity: Warning, find: gpus::no_cuda },
    Rule { name: "no_vulkan_driver", severity: Warning, find: gpus::no_vulkan_driver },
    Rule { name: "gpu_unused", severity: Hint, find: gpus::unused },
    Rule { name: "gpu_software", severity: Warning, find: gpus::software },
    Rule { name: "not_writable", severity: Warning, find: places::not_writable },
    Rule { name: "disk_full", severity: Warning, find: places::disk_full },
    Rule { name: "relative_folder", severity: Warning, find: places::relative_folder },
    Rule { name: "no_annota_cache", severity: Warning, find: places::no_annota_cache },
    Rule { name: "hub_unreachable", severity: Warning, find: places::hub_unreachable },
    Rule { name: "network_forbidden", severity: Hint, find: places::network_forbidden },
    Rule { name: "unknown_variable", severity: Warning, find: places::unknown_variable },
];

/// The suggestion of a rule that has one at most.
fn one(applies: bool, text: impl FnOnce() -> String) -> Vec<String> {
    applies.then(text).into_iter().collect()
}
