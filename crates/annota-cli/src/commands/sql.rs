use std::io::{IsTerminal, Read};
use std::path::PathBuf;
use std::time::Instant;

use annota::{ProcessSettings, Session};
use anyhow::Context;
use clap::Args;
use datafusion::logical_expr::LogicalPlan;

use super::shell;
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
    /// automatic, table, csv, tsv, json or ndjson
    #[arg(long, default_value = "automatic")]
    format: Format,
    /// Rows that a table shows, or `inf`
    #[arg(long, default_value = "40")]
    maxrows: MaxRows,
    /// Print results and nothing else
    #[arg(short, long)]
    quiet: bool,
}

/// Runs statements and prints what they give.
pub struct Runner {
    pub session: Session,
    pub printer: Printer,
    pub quiet: bool,
}

pub async fn run(args: SqlArgs, settings: &ProcessSettings) -> anyhow::Result<()> {
    let session = Session::with_settings(settings)?;
    let printer = Printer { format: args.format, maxrows: args.maxrows, output: None };
    printer.check()?;
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

impl Runner {
    /// Runs statements one after another; the first that fails ends it.
    pub async fn run(&self, text: &str) -> anyhow::Result<()> {
        for statement in self.session.parse(text)? {
            let start = Instant::now();
            let data = self.session.plan(statement).await?;
            let shows = !matches!(data.logical_plan(), LogicalPlan::Ddl(_) | LogicalPlan::Statement(_));
            let shows = shows && !data.schema().fields().is_empty();
            let rows = if shows { self.printer.print(data).await? } else { data.collect().await?.len() };
            if !self.quiet && self.printer.is_for_people() {
                println!("{rows} row(s) fetched. Elapsed {:.3} seconds.\n", start.elapsed().as_secs_f64());
            }
        }
        Ok(())
    }
}
