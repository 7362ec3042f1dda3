use std::path::PathBuf;

use annota::quote::literal;
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

use super::runner::Runner;
use crate::message;

const HELP: &str = "\
SQL statements end with a semicolon. Commands:
  \\d               list tables
  \\d NAME          columns of a table
  \\h, \\df          list functions
  \\h NAME          help on a function
  \\pset FORMAT     table, csv, tsv, json or ndjson
  \\quiet on|off    print results and nothing else
  \\?               this help
  \\q               quit";

/// Reads statements until the end.
pub async fn run(runner: &mut Runner) -> anyhow::Result<()> {
    if !runner.quiet {
        println!("annota {}. \\? for help, \\q to quit.", env!("CARGO_PKG_VERSION"));
    }
    let mut editor = DefaultEditor::new()?;
    let history = history_file();
    if let Some(history) = &history {
        // The first session has no history.
        let _ = editor.load_history(history);
    }
    let mut statement = String::new();
    loop {
        let prompt = if statement.is_empty() { "annota> " } else { "     -> " };
        let line = match editor.readline(prompt) {
            Ok(line) => line,
            Err(ReadlineError::Interrupted) => {
                statement.clear();
                continue;
            }
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(error.into()),
        };
        let is_command = statement.is_empty() && line.trim_start().starts_with('\\');
        if is_command {
            editor.add_history_entry(line.trim())?;
            if !command(runner, line.trim()).await {
                break;
            }
            continue;
        }
        statement.push_str(&line);
        statement.push('\n');
        if line.trim_end().ends_with(';') {
            editor.add_history_entry(statement.trim())?;
            run_and_report(runner, &std::mem::take(&mut statement)).await;
        } else if statement.trim().is_empty() {
            statement.clear();
        }
    }
    if let Some(history) = &history {
        editor.save_history(history)?;
    }
    Ok(())
}

/// Runs a backslash command; false to quit.
async fn command(runner: &mut Runner, line: &str) -> bool {
    let (name, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let argument = argument.trim();
    match (name, argument) {
        ("\\q", _) => return false,
        ("\\?", _) => println!("{HELP}"),
        ("\\d", "") => run_and_report(runner, "SHOW TABLES").await,
        ("\\d", _) => run_and_report(runner, &format!("SHOW COLUMNS FROM {argument}")).await,
        ("\\h" | "\\df", "") => {
            run_and_report(runner, "SELECT DISTINCT routine_name FROM information_schema.routines ORDER BY 1").await
        }
        ("\\h" | "\\df", _) => run_and_report(runner, &format!("SHOW FUNCTIONS LIKE {}", literal(argument))).await,
        ("\\pset", _) => match argument.parse() {
            Ok(format) => runner.printer.format = format,
            Err(error) => eprintln!("error: {error}"),
        },
        ("\\quiet", "on") => runner.quiet = true,
        ("\\quiet", "off") => runner.quiet = false,
        _ => eprintln!("error: command `{line}` is not known: expected one of those that \\? lists"),
    }
    true
}

async fn run_and_report(runner: &Runner, text: &str) {
    tokio::select! {
        result = runner.run(text) => {
            if let Err(error) = result {
                eprintln!("error: {}", message::one_line(&error));
            }
        }
        _ = tokio::signal::ctrl_c() => eprintln!("interrupted"),
    }
}

fn history_file() -> Option<PathBuf> {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty())?;
    Some(PathBuf::from(home).join(".annota_history"))
}
