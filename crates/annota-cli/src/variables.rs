//! Environment variables that arguments read.

use std::ffi::OsStr;

use clap::Command;
use clap::builder::Resettable;

/// Makes arguments ignore variables that are empty: `ANNOTA_DEVICE= annota` is the same as `annota`.
pub fn without_empty(command: Command) -> Command {
    without(command, &|name| std::env::var_os(name).is_some_and(|value| value.is_empty()))
}

/// Removes the variables for which `is_ignored` is true from all arguments of a command and of its subcommands.
fn without(command: Command, is_ignored: &dyn Fn(&OsStr) -> bool) -> Command {
    let command = command.mut_args(|argument| match argument.get_env().is_some_and(is_ignored) {
        true => argument.env(Resettable::Reset),
        false => argument,
    });
    command.mut_subcommands(|subcommand| without(subcommand, is_ignored))
}

/// The variables of all arguments of a command and of its subcommands.
pub fn names(command: &Command) -> Vec<String> {
    let own = command.get_arguments().filter_map(|argument| argument.get_env());
    let own = own.map(|name| name.to_string_lossy().into_owned());
    let mut names: Vec<String> = own.chain(command.get_subcommands().flat_map(names)).collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::Cli;

    #[test]
    fn every_variable_can_be_ignored() {
        let all = names(&Cli::command());
        assert!(all.len() > 20 && all.iter().any(|name| name == "ANNOTA_BIND_HTTP_PORT"), "{all:?}");
        for name in &all {
            let left = names(&without(Cli::command(), &|other| other == name.as_str()));
            let others: Vec<&String> = all.iter().filter(|other| *other != name).collect();
            assert_eq!(left.iter().collect::<Vec<_>>(), others, "{name}");
        }
        assert!(names(&without(Cli::command(), &|_| true)).is_empty());
    }
}
