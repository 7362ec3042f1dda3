//! Conditions under which Annota cannot run, or runs slowly because of its build.

use super::one;
use crate::commands::doctor::network::Reach;
use crate::commands::doctor::report::Report;
use crate::commands::doctor::selected::{Device, ModelFiles};

pub fn device(report: &Report) -> Vec<String> {
    match &report.selected.device {
        Device::Failed { reason } => vec![format!("{reason}: set --device (ANNOTA_DEVICE) to `auto` or `cpu`")],
        _ => Vec::new(),
    }
}

pub fn model_unknown(report: &Report) -> Vec<String> {
    match &report.selected.model_files {
        ModelFiles::Unknown { reason } => vec![format!("{reason}: set --model (ANNOTA_MODEL) to one that exists")],
        _ => Vec::new(),
    }
}

pub fn model_unreachable(report: &Report) -> Vec<String> {
    let is_remote = matches!(report.selected.model_files, ModelFiles::Remote);
    let is_cut_off = report.network.forbidden_by.is_some() || matches!(report.network.hub, Reach::Failed { .. });
    one(is_remote && is_cut_off && !is_in_object_store(report), || {
        format!(
            "model `{}` is not on this machine and cannot be downloaded: connect to the hub once, or use \
             another model (--model, ANNOTA_MODEL)",
            report.selected.model
        )
    })
}

pub fn model_remote(report: &Report) -> Vec<String> {
    let model = &report.selected.model;
    one(matches!(report.selected.model_files, ModelFiles::Remote) && model_unreachable(report).is_empty(), || {
        format!("model `{model}` is downloaded at its first use: to do it now run `annota models pull {model}`")
    })
}

/// Models in object stores do not come from the hub.
fn is_in_object_store(report: &Report) -> bool {
    report.selected.model.contains("://")
}

pub fn debug_build(report: &Report) -> Vec<String> {
    one(report.program.profile == "debug", || {
        "this is a debug build, which is several times slower: build with `cargo build --release -p annota-cli`"
            .to_owned()
    })
}
