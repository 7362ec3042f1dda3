//! Batch jobs: a folder of Parquet with vectors out of files with texts.
//!
//! A job is cut into shards (`plan`); a driver gives them to workers and writes down which are done (`driver`,
//! `journal`); a worker reads a shard, annotates it and writes it to a file whose name is the job's and the shard's
//! (`work`). So whoever dies, the same job run again does what is left, and repeats nothing.

mod cluster;
mod driver;
mod function;
mod incremental;
mod journal;
mod lease;
mod output;
mod plan;
mod provenance;
mod query;
mod read;
mod rejects;
mod renew;
mod report;
mod run;
mod shard;
mod spec;
mod standing;
mod status;
mod stored;
mod work;
mod workers;
mod writer;

pub use cluster::Cluster;
pub use function::function as shard_function;
pub use report::{Progress, Summary};
pub use run::{OnProgress, run, run_by};
pub use shard::{Failure, Part, Piece, Record, Renewed, Shard, Task};
pub use spec::{Job, Level, VectorType};
pub use status::{Status, cancel, status};
pub use work::work;
pub use workers::{Local, Workers};
