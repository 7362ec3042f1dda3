//! Workspace tests, one binary: linking it costs more than running it.

mod jobs;
mod pipelines;
mod slt;
mod stores;
mod tidy;
