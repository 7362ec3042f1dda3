//! A job as shards: runs of rows of one file, or of several small ones.

use std::sync::Arc;

use annota::files::text::records::{self, Run};
use annota::files::text::{self, unreadable};
use annota::files::{InputFile, Kind, Listing};
use annota::{Error, Result};
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::object_store::ObjectStore;
use futures::{StreamExt, TryStreamExt};

use super::shard::{Part, Piece, Shard};
use super::stored::StoredParquet;

/// Shards of a job whose size is not set, if they do not become too small or too large by that.
const SHARDS: u64 = 32;
const LEAST_ROWS: u64 = 50;
const MOST_ROWS: u64 = 4096;
/// Files that are looked into at the same time.
const FILES: usize = 8;

/// The pieces of one file in the order of their rows, and a checksum of all of them.
#[derive(Debug, Clone)]
pub struct Cut {
    pub file: InputFile,
    pub pieces: Vec<Piece>,
    pub checksum: u32,
}

/// Cuts every file of a listing into pieces that a shard of `rows` rows can hold.
///
/// # Errors
/// A file that cannot be read.
pub async fn cuts(runtime: &RuntimeEnv, listing: &Listing, rows: Option<u64>) -> Result<Vec<Cut>> {
    let rows = rows.unwrap_or(LEAST_ROWS);
    let files = listing.files.iter().map(|file| async move {
        let store = runtime.object_store(&file.store()?)?;
        match file.format.kind {
            Kind::Parquet => row_groups(store, file, rows).await,
            _ => runs(store, file, rows).await,
        }
    });
    futures::stream::iter(files).buffered(FILES).try_collect().await
}

/// All rows of the input, each in one shard. The same input gives the same shards.
pub fn shards(cuts: &[Cut], rows: Option<u64>) -> Vec<Shard> {
    let total: u64 = cuts.iter().flat_map(|cut| &cut.pieces).map(|piece| piece.rows).sum();
    let most = rows.unwrap_or_else(|| (total / SHARDS).clamp(LEAST_ROWS, MOST_ROWS));
    let mut shards: Vec<Shard> = Vec::new();
    for piece in cuts.iter().flat_map(|cut| &cut.pieces) {
        match shards.last_mut() {
            Some(last) if last.rows + piece.rows <= most => last.push(piece),
            _ => {
                let mut next = Shard::new(shards.len() as u64);
                next.push(piece);
                shards.push(next);
            }
        }
    }
    shards
}

/// Row groups, cut where they are larger than a shard may be.
async fn row_groups(store: Arc<dyn ObjectStore>, file: &InputFile, rows: u64) -> Result<Cut> {
    let mut reader = StoredParquet::of(store, file)?;
    let (metadata, checksum) = reader.footer().await.map_err(|error| unreadable(file, &error))?;
    let (mut pieces, mut start) = (Vec::new(), 0);
    for group in metadata.row_groups() {
        let end = start + u64::try_from(group.num_rows()).unwrap_or_default();
        while start < end {
            let count = rows.min(end - start);
            let part = Part::Rows { skip: start, count };
            pieces.push(Piece { file: Arc::new(file.clone()), part, rows: count, checksum });
            start += count;
        }
    }
    Ok(Cut { file: file.clone(), pieces, checksum })
}

/// Runs of records of text, which is read from its start to its end.
async fn runs(store: Arc<dyn ObjectStore>, file: &InputFile, rows: u64) -> Result<Cut> {
    let stored = text::stored(store.as_ref(), file).await?;
    let cut = tokio::task::spawn_blocking({
        let file = file.clone();
        move || {
            let text = text::text(stored, &file)?;
            match file.format.kind {
                Kind::Csv => records::csv(text, &file.dialect, rows),
                _ => records::json(text, rows),
            }
        }
    });
    let runs = cut.await.map_err(|error| Error::Pipeline(error.to_string()))?;
    let runs = runs.map_err(|error| unreadable(file, &error))?;
    let (source, mut whole) = (Arc::new(file.clone()), crc32fast::Hasher::new());
    runs.iter().for_each(|run| whole.combine(&run.checksum));
    let piece = |run: Run| {
        let (part, checksum) = (Part::Bytes { start: run.start, end: run.end }, run.checksum);
        Piece { file: source.clone(), part, rows: run.rows, checksum: checksum.finalize() }
    };
    Ok(Cut { file: file.clone(), pieces: runs.into_iter().map(piece).collect(), checksum: whole.finalize() })
}
