//! Workspace tests, one binary: linking it costs more than running it.

mod assemblers;
mod builds;
mod golden;
mod jobs;
mod pipelines;
mod slt;
mod stores;
mod tidy;
