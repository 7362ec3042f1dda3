//! A job over an output that is there already: only what is new or changed is computed, and what is gone is dropped.

use std::collections::HashMap;

use annota::{Error, Result};
use datafusion::arrow::array::{Array, RecordBatch};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::error::DataFusionError;
use datafusion::execution::runtime_env::RuntimeEnv;
use sha2::{Digest, Sha256};

use super::output::Output;
use super::read;
use super::shard::{Part, Record, Shard, Source};

/// What must be done so that an output is that of the input as it is now.
#[derive(Debug, Default)]
pub struct Changes {
    /// Rows that are new or changed, and the rows of files of which some are not kept.
    pub shards: Vec<Shard>,
    /// Files that stay as they are.
    pub kept: Vec<Record>,
}

/// A row's key, or all its columns, as a hash.
type Hash = [u8; 16];

/// A row of the output.
struct Known {
    row: Hash,
    /// Whether the input has it still.
    is_kept: bool,
}

/// Compares the input, cut into `shards`, with what the files of an output were made of. Takes 64 bytes of memory a row.
///
/// # Errors
/// A key that is NULL, or that two rows of the input have.
pub async fn changes(
    runtime: &RuntimeEnv,
    shards: &[Shard],
    schema: &SchemaRef,
    key: &str,
    output: &Output,
    manifest: Vec<Record>,
) -> Result<Changes> {
    let hashes = Hashes::new(schema, key)?;
    let (mut known, mut files) = (HashMap::new(), Vec::new());
    for record in manifest {
        let Some(name) = &record.output else { continue };
        let source = Source { store: output.url.as_str().to_owned(), path: output.path(name).to_string() };
        let mut keys = Vec::new();
        for batch in read::columns(runtime, &source, schema).await? {
            for (key, row) in hashes.of(&batch, &source)? {
                known.insert(key, Known { row, is_kept: false });
                keys.push(key);
            }
        }
        files.push((record, source, keys));
    }
    let mut changes = Changes::default();
    let mut new: HashMap<Hash, ()> = HashMap::new();
    for shard in shards {
        let mut places = Vec::new();
        let rows = read::rows(runtime, shard, schema).await?;
        let rows = rows.iter().map(|batch| hashes.of(batch, &shard.source)).collect::<Result<Vec<_>>>()?;
        for (place, (key, row)) in rows.into_iter().flatten().enumerate() {
            let twice = match known.get_mut(&key).filter(|known| known.row == row) {
                Some(known) => std::mem::replace(&mut known.is_kept, true),
                None => {
                    places.push(place as u64);
                    new.insert(key, ()).is_some()
                }
            };
            if twice || new.contains_key(&key) && known.get(&key).is_some_and(|known| known.is_kept) {
                return Err(hashes.refused(&shard.source, place, "is in the input twice"));
            }
        }
        if !places.is_empty() {
            changes.shards.push(Shard { only: Some(places), ..shard.clone() });
        }
    }
    for (record, source, keys) in files {
        let is_kept = |key: &Hash| known.get(key).is_some_and(|known| known.is_kept);
        let places: Vec<u64> = (0..).zip(&keys).filter(|(_, key)| is_kept(key)).map(|(place, _)| place).collect();
        if places.len() == keys.len() {
            changes.kept.push(record);
        } else if !places.is_empty() {
            let (number, rows) = ((shards.len() + changes.shards.len()) as u64, keys.len() as u64);
            let part = Part::Rows { skip: 0, count: rows };
            changes.shards.push(Shard { number, source, part, rows, only: Some(places), kept: true });
        }
    }
    Ok(changes)
}

/// How rows are told apart.
struct Hashes {
    key: usize,
    name: String,
    types: Vec<SortField>,
}

impl Hashes {
    fn new(schema: &SchemaRef, key: &str) -> Result<Self> {
        let types = schema.fields().iter().map(|field| SortField::new(field.data_type().clone())).collect();
        let index = schema.index_of(key).map_err(DataFusionError::from)?;
        Ok(Hashes { key: index, name: key.to_owned(), types })
    }

    /// Key and whole of each row.
    fn of(&self, batch: &RecordBatch, source: &Source) -> Result<Vec<(Hash, Hash)>> {
        let keys = batch.column(self.key);
        if let Some(place) = (0..keys.len()).find(|&row| keys.is_null(row)) {
            return Err(self.refused(source, place, "is NULL"));
        }
        let hashed = |types: Vec<SortField>, columns: &[datafusion::arrow::array::ArrayRef]| {
            let rows = RowConverter::new(types)?.convert_columns(columns)?;
            Ok::<_, DataFusionError>(rows.iter().map(|row| short(row.as_ref())).collect::<Vec<_>>())
        };
        let keys = hashed(vec![self.types[self.key].clone()], std::slice::from_ref(keys))?;
        let rows = hashed(self.types.clone(), batch.columns())?;
        Ok(keys.into_iter().zip(rows).collect())
    }

    fn refused(&self, source: &Source, place: usize, what: &str) -> Error {
        let key = &self.name;
        Error::Pipeline(format!(
            "key `{key}` of row {place} in a part of `{source}` {what}: expected one of its own in every row"
        ))
    }
}

fn short(bytes: &[u8]) -> Hash {
    let mut hash = Hash::default();
    hash.copy_from_slice(&Sha256::digest(bytes)[..16]);
    hash
}
