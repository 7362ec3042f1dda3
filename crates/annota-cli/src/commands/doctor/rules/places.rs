//! Folders, the network and the environment.

use super::one;
use crate::commands::doctor::environment::Variable;
use crate::commands::doctor::folders::Folder;
use crate::commands::doctor::network::Reach;
use crate::commands::doctor::report::Report;
use crate::commands::doctor::screen::size;

/// Free bytes below which a model may not fit.
const LITTLE_SPACE: u64 = 1 << 30;

fn of_folders(report: &Report, applies: fn(&Folder) -> bool, text: fn(&Folder) -> String) -> Vec<String> {
    report.folders.iter().filter(|folder| applies(folder)).map(text).collect()
}

pub fn not_writable(report: &Report) -> Vec<String> {
    of_folders(
        report,
        |folder| !folder.is_writable,
        |folder| {
            let Folder { name, path, moved_by, .. } = folder;
            format!("{name} `{path}` is not writable: set {moved_by} to a folder that is")
        },
    )
}

pub fn disk_full(report: &Report) -> Vec<String> {
    of_folders(
        report,
        |folder| folder.is_writable && folder.free.is_some_and(|free| free < LITTLE_SPACE),
        |folder| {
            let Folder { name, path, moved_by, .. } = folder;
            let free = size(folder.free.unwrap_or_default());
            format!("{name} `{path}` has {free} left: free some space, or set {moved_by} to a folder on another disk")
        },
    )
}

pub fn relative_folder(report: &Report) -> Vec<String> {
    of_folders(
        report,
        |folder| folder.is_relative,
        |folder| {
            let Folder { name, path, moved_by, .. } = folder;
            format!("{name} `{path}` is below the folder where a command is started: set HOME or {moved_by}")
        },
    )
}

pub fn no_annota_cache(report: &Report) -> Vec<String> {
    one(report.folders.iter().all(|folder| folder.name != "Annota cache"), || {
        "there is no Annota cache, so every process compiles GPU kernels and checks the GPU again: set HOME or XDG_CACHE_HOME"
            .to_owned()
    })
}

pub fn hub_unreachable(report: &Report) -> Vec<String> {
    let Reach::Failed { reason } = &report.network.hub else { return Vec::new() };
    vec![format!(
        "no model can be downloaded ({reason}): set HTTPS_PROXY, HF_ENDPOINT to a mirror, or HF_HUB_OFFLINE=1 to use only \
         models on this machine"
    )]
}

pub fn network_forbidden(report: &Report) -> Vec<String> {
    let text = |variable| format!("{variable} is set, so no model is downloaded: unset it to download models");
    report.network.forbidden_by.map(text).into_iter().collect()
}

pub fn unknown_variable(report: &Report) -> Vec<String> {
    let unknown = report.environment.iter().filter(|variable| !variable.is_known);
    let text = |Variable { name, .. }: &Variable| {
        format!("`{name}` is not a variable of Annota: correct its name; `annota help SUBCOMMAND` lists the variables")
    };
    unknown.map(text).collect()
}
