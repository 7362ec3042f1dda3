use std::io::{IsTerminal, Read};
use std::path::PathBuf;

use annota::{ProcessSettings, Session};
use anyhow::Context;
use clap::Args;

use super::access::AccessArgs;
use super::reading::ReadArgs;
use super::runner::Runner;
use super::shell;
use crate::listed::{SQL_FORMATS, listed};
use crate::output::{Format, MaxRows, Printer};

/// Runs SQL: statements, files, a pipe, or a shell
#[derive(Args)]
pub struct SqlArgs {
    /// Run these statements and stop
    #[arg(short, long)]
    command: Vec<String>,
    /// Run the statements of these files and stop
    #[arg(short, long)]
    file: Vec<PathBuf>,
    /// The format of results
    #[arg(long, default_value = "automatic", value_parser = listed::<Format>(SQL_FORMATS))]
    format: Format,
    /// Rows that a table shows, or `inf`
    #[arg(long, default_value = "40")]
    maxrows: MaxRows,
    /// Print results and nothing else
    #[arg(short, long)]
    quiet: bool,
    /// Run queries on the cluster of this scheduler: df://host:port
    #[arg(long, env = "ANNOTA_CLUSTER")]
    cluster: Option<String>,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    access: AccessArgs,
}

pub async fn run(args: SqlArgs, settings: &ProcessSettings) -> anyhow::Result<()> {
    let printer = Printer { format: args.format, maxrows: args.maxrows, output: None };
    printer.check()?;
    let session = match &args.cluster {
        Some(cluster) => annota_cluster::connect(cluster, settings, &args.access.open()?).await?,
        None => Session::with_settings(settings)?,
    };
    args.read.apply(&session)?;
    let mut runner = Runner { session, printer, quiet: args.quiet };
    for file in &args.file {
        let text =
            std::fs::read_to_string(file).with_context(|| format!("file `{}` cannot be read", file.display()))?;
        runner.run(&text).await?;
    }
    for command in &args.command {
        runner.run(command).await?;
    }
    if !args.file.is_empty() || !args.command.is_empty() {
        return Ok(());
    }
    if std::io::stdin().is_terminal() {
        return shell::run(&mut runner).await;
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    runner.run(&text).await
}
