//! The subcommands, a file each.

pub mod bench;
pub mod functions;
pub mod models;
pub mod predict;
pub mod run;
mod runner;
mod shell;
pub mod sql;
