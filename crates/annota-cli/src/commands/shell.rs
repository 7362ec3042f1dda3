use std::path::PathBuf;

use annota::quote::literal;
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};
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
        say!("annota {}. \\? for help, \\q to quit.", env!("CARGO_PKG_VERSION"))?;
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
        if is_command(&statement, &line) {
            editor.add_history_entry(line.trim())?;
            if !command(runner, line.trim()).await? {
                break;
            }
            continue;
        }
        statement.push_str(&line);
        statement.push('\n');
        if is_complete(&statement) {
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

/// Whether a line is a command of the shell. Within a statement only one that leaves it.
fn is_command(statement: &str, line: &str) -> bool {
    let line = line.trim();
    let is_word = matches!(line.trim_end_matches(';').to_ascii_lowercase().as_str(), "help" | "quit" | "exit");
    match statement.trim().is_empty() {
        true => line.starts_with('\\') || is_word,
        false => line == "\\q" || line == "\\?",
    }
}

/// Whether statements end with a semicolon that is not in a text or a comment.
fn is_complete(statements: &str) -> bool {
    let dialect = GenericDialect {};
    let Ok(tokens) = Tokenizer::new(&dialect, statements).tokenize() else { return false };
    let last = tokens.iter().rfind(|token| !matches!(token, Token::Whitespace(_)));
    last == Some(&Token::SemiColon)
}

/// Runs a command of the shell; false to quit.
async fn command(runner: &mut Runner, line: &str) -> anyhow::Result<bool> {
    let (name, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let argument = argument.trim();
    match (name.trim_end_matches(';').to_ascii_lowercase().as_str(), argument) {
        ("\\q" | "quit" | "exit", _) => return Ok(false),
        ("\\?" | "help", _) => say!("{HELP}")?,
        ("\\d", "") => run_and_report(runner, "SHOW TABLES").await,
        ("\\d", _) => run_and_report(runner, &format!("DESCRIBE SELECT * FROM {argument}")).await,
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
    Ok(true)
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
    let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty())?;
    Some(home.join(".annota_history"))
}

#[cfg(test)]
mod tests {
    use super::{is_command, is_complete};

    #[test]
    fn statements_end_where_sql_says() {
        for text in ["SELECT 1;", "SELECT 1; -- note", "SELECT 'a;b';\n", "SELECT 1; /* ; */", ";"] {
            assert!(is_complete(text), "{text}");
        }
        for text in ["SELECT 1", "SELECT 'x;", "SELECT 1 -- ;", "SELECT \"a;", "/* ;", "SELECT 1;\nSELECT 2"] {
            assert!(!is_complete(text), "{text}");
        }
    }

    #[test]
    fn commands_are_lines_of_their_own() {
        for line in ["\\d", "help", "quit;", "EXIT", " \\q "] {
            assert!(is_command("", line), "{line}");
        }
        assert!(is_command("SELECT\n", "\\q"));
        for line in ["help", "\\d"] {
            assert!(!is_command("SELECT\n", line), "{line}");
        }
        assert!(!is_command("", "SELECT help"));
    }
}
