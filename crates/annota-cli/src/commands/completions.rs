use std::io::Write;

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use crate::Cli;

/// Prints a script that completes the arguments of annota in a shell
///
/// The shell must load the script, for example:
///
///   bash        source <(annota completions bash)
///   zsh         annota completions zsh > ~/.zfunc/_annota    (~/.zfunc is in fpath)
///   fish        annota completions fish > ~/.config/fish/completions/annota.fish
///   powershell  annota completions powershell | Out-String | Invoke-Expression
///   elvish      eval (annota completions elvish | slurp)
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub fn run(args: CompletionsArgs) -> anyhow::Result<()> {
    let mut script = Vec::new();
    generate(args.shell, &mut Cli::command(), "annota", &mut script);
    Ok(std::io::stdout().write_all(&script)?)
}
