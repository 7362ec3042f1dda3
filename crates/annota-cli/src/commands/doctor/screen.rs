//! The report as one screen of 80 columns.

use bytesize::ByteSize;

use super::environment::Variable;
use super::folders::Folder;
use super::gpu::{Adapter, Gpus};
use super::memory::MemoryLimit;
use super::network::{Network, Reach};
use super::report::Report;
use super::selected::{Device, ModelFiles};

const WIDTH: usize = 80;
/// Columns of labels.
const LABEL: usize = 14;
/// Variables that the screen shows; the JSON has all of them.
const VARIABLES: usize = 6;
/// Characters that the screen shows of a driver's description.
const DRIVER: usize = 120;

/// The whole screen, with a line feed at its end.
pub fn text(report: &Report) -> String {
    let mut lines = Vec::new();
    program(report, &mut lines);
    cpu(report, &mut lines);
    memory(report, &mut lines);
    gpus(&report.gpus, &mut lines);
    report.folders.iter().for_each(|folder| entry(&mut lines, folder.name, &folder_text(folder)));
    network(&report.network, &mut lines);
    environment(&report.environment, &mut lines);
    lines.push(String::new());
    selected(report, &mut lines);
    suggestions(report, &mut lines);
    lines.join("\n") + "\n"
}

/// A number of bytes as text: `1.5 GiB`.
pub fn size(bytes: u64) -> String {
    ByteSize(bytes).display().iec().to_string()
}

/// A label and words, wrapped.
fn entry(lines: &mut Vec<String>, label: &str, text: &str) {
    wrap(lines, &format!("{label:LABEL$}"), LABEL, text);
}

/// Words in lines of [`WIDTH`]; the first line starts with `start`, the others are indented.
fn wrap(lines: &mut Vec<String>, start: &str, indent: usize, text: &str) {
    let (mut line, mut is_empty) = (start.to_owned(), true);
    for word in words(text) {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
            is_empty = true;
        }
        line += if is_empty { "" } else { " " };
        line += &word;
        is_empty = false;
    }
    lines.push(line);
}

/// The words of a text; a number and its unit are one.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match words.last_mut().filter(|last| last.parse::<f64>().is_ok()) {
            Some(number) => *number += &format!(" {word}"),
            None => words.push(word.to_owned()),
        }
    }
    words
}

fn program(report: &Report, lines: &mut Vec<String>) {
    let program = &report.program;
    let features = if program.features.is_empty() { "none".to_owned() } else { program.features.join(", ") };
    let text = format!("{} ({}), {} build, features: {features}", program.version, program.commit, program.profile);
    entry(lines, "annota", &text);
    entry(lines, "system", &format!("{}, kernel {}, {}", program.system, program.kernel, program.target));
}

fn cpu(report: &Report, lines: &mut Vec<String>) {
    let cpu = &report.cpu;
    let model = if cpu.model.is_empty() { "unknown model" } else { &cpu.model };
    let affinity = cpu.affinity.map_or_else(String::new, |affinity| format!(", affinity allows {affinity}"));
    let limit = cpu.cgroup_limit.map_or("no cgroup limit".to_owned(), |limit| format!("cgroup limit {limit:.1}"));
    entry(lines, "CPU", &format!("{model}, {} logical CPUs{affinity}, {limit}, {} threads", cpu.logical, cpu.threads));
    let kernels = &cpu.kernels;
    let text = format!(
        "kernels for {}; used: {} for f32, {} for bf16, {} for int8",
        cpu.instruction_sets.join(", "),
        kernels.f32,
        kernels.bf16,
        kernels.int8
    );
    entry(lines, "", &text);
}

fn memory(report: &Report, lines: &mut Vec<String>) {
    let memory = &report.memory;
    let limit = |version, limit: Option<u64>, by| match limit {
        Some(bytes) if memory.usable_by == by => format!(", cgroup {version} limit {} (applies)", size(bytes)),
        Some(bytes) => format!(", cgroup {version} limit {}", size(bytes)),
        None => String::new(),
    };
    let first = limit("v1", memory.cgroup_v1_limit, MemoryLimit::CgroupV1);
    let second = limit("v2", memory.cgroup_v2_limit, MemoryLimit::CgroupV2);
    let limits = if first.is_empty() && second.is_empty() { ", no cgroup limit".to_owned() } else { first + &second };
    entry(lines, "memory", &format!("{}, {} available{limits}", size(memory.total), size(memory.available)));
}

fn gpus(gpus: &Gpus, lines: &mut Vec<String>) {
    let cards: Vec<String> = gpus.cards.iter().map(|card| format!("{} at {}", card.vendor, card.address)).collect();
    let text = match (&gpus.adapter, cards.is_empty()) {
        _ if !gpus.is_responsive => "the driver does not respond".to_owned(),
        (Some(adapter), _) => adapter_text(adapter),
        (None, true) if gpus.device_files.is_empty() => "none".to_owned(),
        (None, true) => format!("none that Annota can use ({})", gpus.device_files.join(", ")),
        (None, false) => format!("none that Annota can use; cards: {}", cards.join(", ")),
    };
    entry(lines, "GPU", &text);
    if !gpus.vulkan_drivers.is_empty() {
        let names = gpus.vulkan_drivers.iter().map(|file| file.split("_icd").next().unwrap_or(file));
        entry(lines, "", &format!("Vulkan drivers: {}", names.collect::<Vec<_>>().join(", ")));
    }
}

fn adapter_text(adapter: &Adapter) -> String {
    let check = match adapter.has_passed_self_check {
        true => "has agreed with the CPU",
        false => "is compared with the CPU at its first use",
    };
    let mut driver: String = adapter.driver.chars().take(DRIVER).collect();
    driver += if driver.len() < adapter.driver.len() { "…" } else { "" };
    format!("{}, {check}, driver: {driver}", adapter.name)
}

fn folder_text(folder: &Folder) -> String {
    let source = folder.variable.map_or_else(|| "default".to_owned(), |variable| format!("by {variable}"));
    let state = match (folder.exists, folder.is_writable) {
        (true, true) => "exists, writable",
        (true, false) => "exists, not writable",
        (false, true) => "does not exist yet",
        (false, false) => "does not exist, cannot be created",
    };
    let free = folder.free.map_or_else(String::new, |free| format!(", {} free", size(free)));
    format!("{} ({source}), {state}{free}", folder.path)
}

fn network(network: &Network, lines: &mut Vec<String>) {
    let state = match &network.hub {
        Reach::Reached { milliseconds } => format!("reached in {milliseconds} ms"),
        Reach::Failed { .. } => "not reached".to_owned(),
        Reach::Skipped { reason } => format!("not checked ({reason})"),
    };
    let proxy = network.proxy.as_ref().map_or_else(|| "no proxy".to_owned(), |proxy| format!("proxy {proxy}"));
    let variables: Vec<String> = network.proxy_variables.iter().map(variable).collect();
    let variables = if variables.is_empty() { String::new() } else { format!(" ({})", variables.join(", ")) };
    entry(lines, "network", &format!("{}, {state}, {proxy}{variables}", network.endpoint));
}

fn variable(variable: &Variable) -> String {
    let value = if variable.value.is_empty() { "(empty, ignored)" } else { &variable.value };
    format!("{}={value}", variable.name)
}

fn environment(variables: &[Variable], lines: &mut Vec<String>) {
    for (at, found) in variables.iter().take(VARIABLES).enumerate() {
        entry(lines, if at == 0 { "environment" } else { "" }, &variable(found));
    }
    match variables.len().checked_sub(VARIABLES) {
        Some(more) if more > 0 => entry(lines, "", &format!("… and {more} more (--format json)")),
        _ if variables.is_empty() => entry(lines, "environment", "no ANNOTA_* or HF_* variable is set"),
        _ => {}
    }
}

fn selected(report: &Report, lines: &mut Vec<String>) {
    let selected = &report.selected;
    let device = match &selected.device {
        Device::Cpu => "cpu".to_owned(),
        Device::Gpu { name, .. } => name.clone(),
        Device::Failed { .. } => "none".to_owned(),
    };
    let files = match &selected.model_files {
        ModelFiles::Local { place } => place.clone(),
        ModelFiles::Remote => "not on this machine".to_owned(),
        ModelFiles::Unknown { .. } => "not found".to_owned(),
    };
    lines.push("Selected".to_owned());
    let (setting, precision) = (&selected.device_setting, &selected.precision);
    entry(lines, "  device", &format!("{device} (by `{setting}`), {precision}, {} threads", selected.threads));
    entry(lines, "  model", &format!("{} ({files}), profile {}", selected.model, selected.profile));
}

fn suggestions(report: &Report, lines: &mut Vec<String>) {
    lines.push(String::new());
    lines.push(if report.suggestions.is_empty() { "Suggestions: none" } else { "Suggestions" }.to_owned());
    for suggestion in &report.suggestions {
        wrap(lines, &format!("  {}: ", suggestion.severity.name()), 4, &suggestion.text);
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::{healthy, troubled};
    use super::super::suggestions::suggest;
    use super::*;

    fn check_size(screen: &str) {
        assert!(screen.lines().count() <= 40, "{screen}");
        assert!(screen.lines().all(|line| line.chars().count() <= WIDTH), "{screen}");
    }

    #[test]
    fn a_healthy_machine_fits_on_a_screen() {
        let screen = text(&healthy());
        check_size(&screen);
        for part in ["kernels for portable, avx2; used: avx2 for f32", "network       https://hub, reached in 20 ms"] {
            assert!(screen.contains(part), "{screen}");
        }
        assert!(screen.ends_with("\nSuggestions: none\n"), "{screen}");
    }

    #[test]
    fn a_machine_with_many_problems_fits_too() {
        let mut report = troubled();
        report.suggestions = suggest(&report);
        let screen = text(&report);
        check_size(&screen);
        for part in ["  error: device `cuda:7`", "cgroup v2 limit 512.0 MiB (applies)", "… and 6 more"] {
            assert!(screen.contains(part), "{screen}");
        }
    }

    #[test]
    fn words_are_wrapped_and_never_cut() {
        let mut lines = Vec::new();
        let long = "x".repeat(100);
        wrap(&mut lines, "a ", 2, &format!("b {long} c"));
        assert_eq!(lines, ["a b".to_owned(), format!("  {long}"), "  c".to_owned()]);
        assert_eq!(words("1.5 GiB of  8 CPUs"), ["1.5 GiB", "of", "8 CPUs"]);
    }
}
