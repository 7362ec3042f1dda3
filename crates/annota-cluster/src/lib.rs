//! Annota on Ballista. Client, scheduler and executors are all built from [`session_state`], so that every
//! process finds the same functions under the same names, and [`version`]s are compared when they meet.

pub mod cgroup;
mod client;
mod codec;
mod error;
mod in_process;
pub mod job;
pub mod roles;
pub mod secure;
mod state;
mod version;

pub use client::{ClusterInfo, ExecutorInfo, connect, job_id, plainly};
pub use error::ClusterError;
pub use in_process::in_process;
pub use secure::Access;
pub use state::{cluster_config, session_state};
pub use version::version;
