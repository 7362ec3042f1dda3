//! The processes of a cluster: a scheduler, and executors that supervise themselves.

mod executor;
mod health;
mod metrics;
mod scheduler;
mod signal;
#[cfg(test)]
mod tests;

pub use executor::{ExecutorSettings, run_executor};
pub use metrics::metrics;
pub use scheduler::{SchedulerSettings, run_scheduler};
pub use signal::{Signal, asked_to_stop};
