use std::collections::BTreeMap;

use annota::Session;
use clap::Args;

use crate::listed::{COLUMNS, INPUT_FORMATS, UNIONS, listed};

/// How input files are read where their names and contents do not say it.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Reading files")]
pub struct ReadArgs {
    /// The format of all input files; by the endings of their names by default
    #[arg(long, value_parser = listed::<String>(INPUT_FORMATS))]
    input_format: Option<String>,
    /// The character between two fields of CSV, `\t` for a tab; by the name and the first records by default
    #[arg(long)]
    delimiter: Option<String>,
    /// The character around quoted fields of CSV [default: "]
    #[arg(long)]
    quote: Option<String>,
    /// The character before a quote within a quoted field of CSV; a doubled quote by default
    #[arg(long)]
    escape: Option<String>,
    /// The first record of CSV is a row, and columns are named column_1, column_2 and so on
    #[arg(long)]
    no_header: bool,
    /// The encoding of text files, as windows-1252; UTF-8, or what a byte order mark says, by default
    #[arg(long)]
    encoding: Option<String>,
    /// The types of CSV's columns: those of their values, or text
    #[arg(long, value_parser = listed::<String>(COLUMNS))]
    columns: Option<String>,
    /// Several files: join their columns by name, or refuse files with other columns
    #[arg(long, value_parser = listed::<String>(UNIONS))]
    union: Option<String>,
}

impl ReadArgs {
    /// The values by the names of `SET input.…`.
    pub fn values(&self) -> BTreeMap<String, String> {
        let header = self.no_header.then(|| "false".to_owned());
        let values = [
            ("format", &self.input_format),
            ("delimiter", &self.delimiter),
            ("quote", &self.quote),
            ("escape", &self.escape),
            ("header", &header),
            ("encoding", &self.encoding),
            ("columns", &self.columns),
            ("union", &self.union),
        ];
        values.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?))).collect()
    }

    /// Sets the options of a session.
    ///
    /// # Errors
    /// A value that an option does not take.
    pub fn apply(&self, session: &Session) -> anyhow::Result<()> {
        let state = session.context().state_ref();
        let mut state = state.write();
        for (name, value) in self.values() {
            state.config_mut().options_mut().set(&format!("input.{name}"), &value)?;
        }
        Ok(())
    }
}
