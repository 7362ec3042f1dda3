//! Tests of the `annota` binary.

mod cli;
#[cfg(unix)]
mod cluster;
#[cfg(unix)]
mod faults;
mod hub;
#[cfg(unix)]
mod services;
