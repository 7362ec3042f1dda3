use std::collections::BTreeSet;

use super::RULES;
use crate::commands::doctor::environment::Variable;
use crate::commands::doctor::gpu::{Adapter, Card};
use crate::commands::doctor::network::Reach;
use crate::commands::doctor::report::Report;
use crate::commands::doctor::report::tests::healthy;
use crate::commands::doctor::selected::{Device, ModelFiles};
use crate::commands::doctor::suggestions::suggest;

/// A change of a healthy machine, the rule that finds it, and a part of its text.
type Case = (&'static str, fn(&mut Report), &'static str);

fn card(vendor: &'static str) -> Vec<Card> {
    vec![Card { vendor, address: "0000:03:00.0".to_owned() }]
}

fn failed(reason: &str) -> Reach {
    Reach::Failed { reason: reason.to_owned() }
}

fn adapter(report: &mut Report) {
    let (name, driver) = ("A GPU".to_owned(), "A driver".to_owned());
    report.gpus.adapter = Some(Adapter { name, driver, has_passed_self_check: true });
}

fn remote(report: &mut Report) {
    report.selected.model = "org/name".to_owned();
    report.selected.model_files = ModelFiles::Remote;
}

const CASES: &[Case] = &[
    ("device", |it| it.selected.device = Device::Failed { reason: "device `cuda:7`".to_owned() }, "`auto` or `cpu`"),
    (
        "model_unknown",
        |it| it.selected.model_files = ModelFiles::Unknown { reason: "unknown model `nope`".to_owned() },
        "`nope`: set --model",
    ),
    (
        "model_unreachable network_forbidden",
        |it| {
            remote(it);
            it.network.forbidden_by = Some("HF_HUB_OFFLINE");
        },
        "model `org/name` is not on this machine",
    ),
    (
        "model_unreachable hub_unreachable",
        |it| {
            remote(it);
            it.network.hub = failed("no answer");
        },
        "cannot be downloaded",
    ),
    ("model_remote", remote, "`annota models pull org/name`"),
    (
        "model_remote hub_unreachable",
        |it| {
            remote(it);
            it.selected.model = "s3://bucket/model".to_owned();
            it.network.hub = failed("no answer");
        },
        "s3://bucket/model",
    ),
    ("debug_build", |it| it.program.profile = "debug", "--release"),
    ("no_avx2", |it| it.cpu.instruction_sets.truncate(1), "no AVX2"),
    (
        "",
        |it| {
            it.cpu.instruction_sets.truncate(1);
            it.program.target = "aarch64-apple-darwin";
        },
        "",
    ),
    ("cgroup_cpus", |it| it.cpu.cgroup_limit = Some(1.0), "cgroup limits this process to 1.0 of 8 CPUs"),
    ("", |it| it.cpu.cgroup_limit = Some(8.0), ""),
    ("affinity", |it| it.cpu.affinity = Some(2), "to 2 of 8 CPUs"),
    ("many_threads", |it| it.cpu.threads = 9, "to 8, or not at all"),
    ("few_threads", |it| it.cpu.threads = 1, "1 of 8 usable CPUs"),
    ("little_memory", |it| it.memory.usable = 512 << 20, "only 512.0 MiB"),
    ("little_memory", |it| it.memory.available = 1 << 20, "only 1.0 MiB"),
    ("bf16", |it| it.cpu.kernels.bf16 = "amx".to_owned(), "annota bench --precision bf16"),
    ("gpu_no_answer", |it| it.gpus.is_responsive = false, "ANNOTA_DEVICE=cpu"),
    ("gpu_hidden", |it| it.gpus.cards = card("AMD"), "`--device /dev/dri`"),
    ("gpu_hidden", |it| it.gpus.cards = card("NVIDIA"), "`--gpus all`"),
    (
        "gpu_not_built",
        |it| {
            it.gpus.device_files = vec!["/dev/kfd".to_owned()];
            it.program.features.clear();
        },
        "cargo install",
    ),
    (
        "no_vulkan_driver",
        |it| {
            it.gpus.cards = card("Intel");
            it.gpus.device_files = vec!["/dev/dri".to_owned()];
            it.gpus.vulkan_drivers = vec!["lvp_icd.x86_64.json".to_owned()];
        },
        "apt-get install mesa-vulkan-drivers",
    ),
    ("no_cuda no_vulkan_driver", |it| it.gpus.device_files = vec!["/dev/nvidiactl".to_owned()], "--features cuda"),
    (
        "",
        |it| {
            it.gpus.cards = card("Intel");
            it.gpus.device_files = vec!["/dev/dri".to_owned()];
            it.gpus.vulkan_drivers = vec!["intel_icd.x86_64.json".to_owned()];
        },
        "",
    ),
    ("", |it| it.gpus.device_files = vec!["/dev/dri".to_owned()], ""),
    (
        "gpu_unused",
        |it| {
            adapter(it);
            it.selected.device_setting = "cpu".to_owned();
        },
        "(`A GPU`) but the device is set to `cpu`",
    ),
    (
        "gpu_software",
        |it| it.selected.device = Device::Gpu { name: "llvmpipe".to_owned(), is_software: true },
        "emulates a GPU",
    ),
    ("not_writable", |it| it.folders[0].is_writable = false, "is not writable: set HF_HOME"),
    ("disk_full", |it| it.folders[2].free = Some(1 << 20), "has 1.0 MiB left"),
    ("relative_folder", |it| it.folders[0].is_relative = true, "set HOME or HF_HOME"),
    ("no_annota_cache", |it| drop(it.folders.remove(1)), "XDG_CACHE_HOME"),
    ("hub_unreachable", |it| it.network.hub = failed("no answer within 3 s"), "(no answer within 3 s)"),
    ("network_forbidden", |it| it.network.forbidden_by = Some("HF_HUB_OFFLINE"), "HF_HUB_OFFLINE is set"),
    (
        "unknown_variable",
        |it| {
            let name = "ANNOTA_DEVCE".to_owned();
            it.environment.push(Variable { name, value: "cpu".to_owned(), is_known: false });
        },
        "`ANNOTA_DEVCE`",
    ),
];

#[test]
fn a_healthy_machine_needs_nothing() {
    assert_eq!(suggest(&healthy()), []);
}

#[test]
fn each_rule_finds_its_case_and_no_other() {
    for (at, (rules, change, part)) in CASES.iter().enumerate() {
        let mut report = healthy();
        change(&mut report);
        let found = suggest(&report);
        let names: BTreeSet<&str> = found.iter().map(|suggestion| suggestion.rule).collect();
        assert_eq!(names, rules.split_whitespace().collect(), "case {at}: {found:?}");
        assert!(
            part.is_empty() || found.iter().any(|suggestion| suggestion.text.contains(part)),
            "case {at}: {found:?}"
        );
    }
}

#[test]
fn each_rule_has_a_case_and_a_name_of_its_own() {
    let covered: BTreeSet<&str> = CASES.iter().flat_map(|(rules, ..)| rules.split_whitespace()).collect();
    let names: BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(covered, names);
    assert_eq!(names.len(), RULES.len());
}

#[test]
fn suggestions_are_one_line_and_the_most_severe_come_first() {
    let mut report = healthy();
    CASES.iter().for_each(|(_, change, _)| change(&mut report));
    let found = suggest(&report);
    assert!(found.iter().all(|suggestion| !suggestion.text.contains(['\n', '\t']) && !suggestion.text.contains("  ")));
    assert!(found.is_sorted_by_key(|suggestion| suggestion.severity));
}
