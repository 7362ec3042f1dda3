//! Batch jobs: a folder of Parquet with vectors out of files with texts.

mod provenance;
mod query;
mod report;
mod run;
mod spec;
mod writer;

pub use report::{Progress, Summary};
pub use run::run;
pub use spec::{Job, Level};
