//! Annota on Ballista. Client, scheduler and executors are all built from [`session_state`], so that every
//! process finds the same functions under the same names.

mod in_process;
pub mod job;
mod state;

pub use in_process::in_process;
pub use state::{cluster_config, session_state};
