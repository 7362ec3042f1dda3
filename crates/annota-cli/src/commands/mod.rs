//! The subcommands, a file each.

pub mod access;
pub mod bench;
pub mod completions;
pub mod devices;
pub mod doctor;
pub mod executor;
pub mod functions;
pub mod jobs;
pub mod man;
pub mod models;
pub mod predict;
mod reading;
pub mod run;
mod runner;
pub mod scheduler;
mod shell;
pub mod sql;
pub mod tls;
