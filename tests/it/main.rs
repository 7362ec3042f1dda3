//! Workspace tests, one binary: linking it costs more than running it.

mod assemblers;
mod builds;
mod files;
mod golden;
mod jobs;
mod outputs;
mod pipelines;
mod slt;
mod stores;
mod tidy;
