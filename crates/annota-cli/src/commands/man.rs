use std::fs;
use std::io::Write;
use std::path::PathBuf;

use clap::builder::Resettable;
use clap::{Args, CommandFactory};
use clap_mangen::Man;

use crate::Cli;

/// Prints the manual page of annota, or writes the pages of all subcommands into a folder
#[derive(Args)]
pub struct ManArgs {
    /// Folder to write annota.1, annota-run.1, … into; it is created if it does not exist
    #[arg(long)]
    output: Option<PathBuf>,
}

pub fn run(args: ManArgs) -> anyhow::Result<()> {
    // The long version names the instruction sets of this processor; manual pages are for all machines.
    let command = Cli::command().long_version(Resettable::Reset);
    let Some(folder) = args.output else {
        let mut page = Vec::new();
        Man::new(command).render(&mut page)?;
        return Ok(std::io::stdout().write_all(&page)?);
    };
    let written = fs::create_dir_all(&folder).and_then(|()| clap_mangen::generate_to(command, &folder));
    written.map_err(|error| anyhow::anyhow!("manual pages cannot be written to `{}`: {error}", folder.display()))
}
