//! Files as tables: CSV, JSON and Parquet by the endings of their names, joined by the names of their columns.
//!
//! [`listing`] finds files and their columns, [`table`] makes a table of them, and [`text`] reads CSV and JSON; batch
//! jobs, SQL and `predict` all read by these.

pub mod columns;
mod external;
mod format;
mod in_from;
mod input;
mod listing;
mod models;
mod options;
mod parquet;
mod paths;
mod scan;
mod stores;
mod table;
pub mod text;

use std::sync::Arc;

use datafusion::catalog::{Session as DataFusionSession, TableProvider};

use crate::Result;

pub use format::{Compression, Format, Kind};
pub use in_from::files_in_from;
pub use input::InputFile;
pub use listing::{JSON_HEAD, Listing, listing};
pub use models::reach_object_stores;
pub use options::{Columns, ReadOptions, Union};
pub use paths::absolute;
pub use scan::{TextScan, told};
pub use stores::runtime;
pub use table::{FileTable, partition_values};

/// A table of the rows of files, folders, globs and URLs.
///
/// # Errors
/// As [`listing`].
pub async fn table(
    state: &dyn DataFusionSession,
    paths: &[String],
    options: &ReadOptions,
) -> Result<Arc<dyn TableProvider>> {
    Ok(Arc::new(FileTable::new(listing(state, paths, options).await?)))
}
