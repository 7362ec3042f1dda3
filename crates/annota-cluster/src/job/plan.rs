//! A job as shards: by file, and by row groups or records within it.

use std::sync::Arc;

use annota::files::{Kind, Listing, StoredFile};
use annota::{Error, Result};
use datafusion::error::DataFusionError;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::object_store::{ObjectStore, ObjectStoreExt};
use datafusion::parquet::arrow::async_reader::AsyncFileReader;
use futures::{StreamExt, TryStreamExt};
use tokio_util::io::{StreamReader, SyncIoBridge};

use super::cuts::{Run, cut};
use super::shard::{Part, Shard, Source};
use super::stored::StoredParquet;

/// Shards of a job whose size is not said, if they do not become too small or too large by that.
const SHARDS: u64 = 32;
const LEAST_ROWS: u64 = 50;
const MOST_ROWS: u64 = 4096;
/// Files that are looked into at the same time.
const FILES: usize = 8;

/// All rows of the input, each in one shard. The same input gives the same shards, whoever asks.
///
/// # Errors
/// A file that cannot be read.
pub async fn shards(runtime: &RuntimeEnv, listing: &Listing, rows: Option<u64>) -> Result<Vec<Shard>> {
    let files = runs_of_all(runtime, listing, rows.unwrap_or(LEAST_ROWS)).await?;
    let total: u64 = files.iter().flat_map(|(_, runs)| runs).map(|run| run.rows).sum();
    let most = rows.unwrap_or_else(|| (total / SHARDS).clamp(LEAST_ROWS, MOST_ROWS));
    let mut shards = Vec::new();
    for (file, runs) in files {
        for run in merged(&runs, most) {
            let part = match listing.format.kind {
                Kind::Parquet => Part::Rows { skip: run.start, count: run.rows },
                _ => Part::Bytes { start: run.start, end: run.end },
            };
            let (number, source) = (shards.len() as u64, Source::of(&file));
            shards.push(Shard { number, source, part, rows: run.rows, only: None, kept: false, renewed: Vec::new() });
        }
    }
    Ok(shards)
}

async fn runs_of_all(runtime: &RuntimeEnv, listing: &Listing, rows: u64) -> Result<Vec<(StoredFile, Vec<Run>)>> {
    let files = listing.files.iter().map(|file| async {
        let store = runtime.object_store(&file.store)?;
        let found = match listing.format.kind {
            Kind::Parquet => row_groups(store, file, rows).await,
            _ => records(store, file, listing, rows).await,
        };
        let runs = found.map_err(|error| Error::Pipeline(format!("input `{}`: {error}", Source::of(file))))?;
        Ok((file.clone(), runs))
    });
    futures::stream::iter(files).buffered(FILES).try_collect().await
}

/// Row groups, cut where they are larger than a shard may be. `start` and `end` count rows.
async fn row_groups(store: Arc<dyn ObjectStore>, file: &StoredFile, rows: u64) -> Result<Vec<Run>, DataFusionError> {
    let mut reader = StoredParquet::open(store, file.meta.location.clone()).await?;
    let metadata = reader.get_metadata(None).await?;
    let (mut runs, mut start) = (Vec::new(), 0);
    for group in metadata.row_groups() {
        let end = start + u64::try_from(group.num_rows()).unwrap_or_default();
        while start < end {
            let rows = rows.min(end - start);
            runs.push(Run { start, end: start + rows, rows });
            start += rows;
        }
    }
    Ok(runs)
}

/// Records of a text, read from its start to its end.
async fn records(
    store: Arc<dyn ObjectStore>,
    file: &StoredFile,
    listing: &Listing,
    rows: u64,
) -> Result<Vec<Run>, DataFusionError> {
    let bytes = store.get(&file.meta.location).await?.into_stream().map_err(DataFusionError::from);
    let text = listing.format.compression.convert_stream(bytes.boxed())?;
    let text = SyncIoBridge::new(StreamReader::new(text.map_err(std::io::Error::other)));
    let kind = listing.format.kind;
    let cut = tokio::task::spawn_blocking(move || cut(text, kind, rows));
    Ok(cut.await.map_err(|error| DataFusionError::External(error.into()))??)
}

/// Neighbours together, as many as fit into `most` rows.
fn merged(runs: &[Run], most: u64) -> Vec<Run> {
    let mut merged: Vec<Run> = Vec::new();
    for run in runs {
        match merged.last_mut() {
            Some(last) if last.rows + run.rows <= most => {
                last.end = run.end;
                last.rows += run.rows;
            }
            _ => merged.push(*run),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_merged_and_nothing_is_lost() {
        let runs: Vec<Run> = [3, 4, 1, 9, 2, 2]
            .iter()
            .scan(0, |at, &rows| {
                let start = *at;
                *at += rows;
                Some(Run { start, end: *at, rows })
            })
            .collect();
        let merged = merged(&runs, 8);
        assert_eq!(merged.iter().map(|run| run.rows).collect::<Vec<_>>(), [8, 9, 4]);
        assert!(merged.windows(2).all(|pair| pair[0].end == pair[1].start));
    }
}
