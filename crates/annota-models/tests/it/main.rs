//! Tests of the public interface, in one binary: each one links burn, which takes seconds and 200 MB.

mod bundled;
mod checkpoints;
mod engine;
mod golden;
mod hub;
mod import;
mod pieces;
mod reference;
#[cfg(feature = "tuning-cache")]
mod tuning_cache;
mod vectors;
mod verify;
#[cfg(feature = "wgpu")]
mod wgpu;
mod windows;
