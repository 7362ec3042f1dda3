//! `annota doctor`: reports the machine and the configuration, and suggests improvements.

mod cpu;
mod environment;
mod folders;
mod gpu;
mod memory;
mod network;
mod patience;
mod program;
mod report;
mod rules;
mod screen;
mod selected;
mod suggestions;

use std::io::Write;

use annota::ProcessSettings;
use clap::{Args, ValueEnum};

use report::Report;

/// Shows what Annota finds on this machine and suggests what to change
///
/// The exit code is 0 if Annota can compute with the device and the model that are set, and 1 if it cannot: the device
/// does not exist, the model is not known, or the model is not on this machine and cannot be downloaded. Slow or wrong settings
/// are suggestions and do not change the exit code. The values of tokens and passwords are not shown.
#[derive(Args)]
pub struct DoctorArgs {
    /// The format of the report
    #[arg(long, default_value = "text")]
    format: ReportFormat,
    /// Do not check that the Hugging Face hub can be reached
    #[arg(long)]
    offline: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ReportFormat {
    /// One screen for people
    Text,
    /// One JSON object for programs; sizes are bytes
    Json,
}

pub fn run(args: DoctorArgs, settings: &ProcessSettings) -> anyhow::Result<()> {
    let report = Report::new(settings, args.offline);
    let text = match args.format {
        ReportFormat::Text => screen::text(&report),
        ReportFormat::Json => serde_json::to_string_pretty(&report)? + "\n",
    };
    std::io::stdout().write_all(text.as_bytes())?;
    match report.first_error() {
        Some(error) => Err(anyhow::anyhow!("annota cannot run: {error}")),
        None => Ok(()),
    }
}
