//! The subcommands, a file each.

pub mod bench;
pub mod functions;
pub mod jobs;
pub mod models;
pub mod predict;
pub mod run;
mod runner;
mod shell;
pub mod sql;
