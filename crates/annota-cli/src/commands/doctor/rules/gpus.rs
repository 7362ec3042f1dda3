//! GPUs that are present but not used, or slow.

use super::one;
use crate::commands::doctor::report::Report;
use crate::commands::doctor::selected::Device;

pub fn no_answer(report: &Report) -> Vec<String> {
    one(!report.gpus.is_responsive, || {
        "a GPU driver hangs or crashes: update the driver, or set ANNOTA_DEVICE=cpu".to_owned()
    })
}

pub fn hidden(report: &Report) -> Vec<String> {
    let gpus = &report.gpus;
    let text = |vendor| {
        format!(
            "an {vendor} GPU is in this machine but has no device file here: install its driver, or start the container \
             with {}",
            if vendor == "NVIDIA" { "`--gpus all`" } else { "`--device /dev/dri`" }
        )
    };
    let card = gpus.cards.first().filter(|_| gpus.device_files.is_empty());
    card.map(|card| text(card.vendor)).into_iter().collect()
}

pub fn not_built(report: &Report) -> Vec<String> {
    one(report.gpus.has_card() && report.program.features.is_empty(), || {
        "a GPU is present but this build cannot use GPUs: build with `cargo install --path crates/annota-cli`, which includes wgpu"
            .to_owned()
    })
}

pub fn no_cuda(report: &Report) -> Vec<String> {
    let gpus = &report.gpus;
    let lacks_cuda = !report.program.features.contains(&"cuda");
    let is_unused = gpus.has_nvidia_card() && !gpus.device_files.is_empty() && gpus.adapter.is_none();
    one(lacks_cuda && is_unused, || {
        "an NVIDIA GPU is present but this build lacks CUDA: build with `cargo install --path crates/annota-cli --features \
         cuda`"
            .to_owned()
    })
}

pub fn no_vulkan_driver(report: &Report) -> Vec<String> {
    let gpus = &report.gpus;
    let needs_one = report.program.target.contains("linux") && report.program.features.contains(&"wgpu");
    let is_visible = gpus.has_card() && !gpus.device_files.is_empty();
    one(needs_one && is_visible && gpus.adapter.is_none() && !gpus.has_vulkan_driver(), || {
        let action = match gpus.has_nvidia_card() {
            true => "install NVIDIA's driver; in a container set NVIDIA_DRIVER_CAPABILITIES=all",
            false => "on Debian `apt-get install mesa-vulkan-drivers`",
        };
        format!("no Vulkan driver found for the GPU: {action}")
    })
}

pub fn unused(report: &Report) -> Vec<String> {
    let setting = &report.selected.device_setting;
    let adapter = report.gpus.adapter.as_ref().filter(|_| matches!(report.selected.device, Device::Cpu));
    let text = |name: &str| format!("a GPU is present (`{name}`) but the device is set to `{setting}`: use `auto`");
    adapter.map(|adapter| text(&adapter.name)).into_iter().collect()
}

pub fn software(report: &Report) -> Vec<String> {
    one(matches!(report.selected.device, Device::Gpu { is_software: true, .. }), || {
        let setting = &report.selected.device_setting;
        format!("device `{setting}` is a CPU that emulates a GPU, which is slow: use `cpu` or `auto`")
    })
}
