//! A job over an output that is there already: only texts that are new or changed are computed, and what is gone is dropped.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use annota::files::InputFile;
use annota::{Error, Result};
use datafusion::arrow::array::{Array, RecordBatch};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::error::DataFusionError;
use datafusion::execution::runtime_env::RuntimeEnv;
use sha2::{Digest, Sha256};

use super::output::Output;
use super::read::{self, Columns};
use super::shard::{Part, Piece, Record, Renewed, Shard};
use super::stored::StoredParquet;

/// What must be done so that an output is that of the input as it is now.
#[derive(Debug, Default)]
pub struct Changes {
    /// Rows with texts that are new or changed, and the rows of files of which some do not stay as they are.
    pub shards: Vec<Shard>,
    /// Files that stay as they are.
    pub kept: Vec<Record>,
}

/// A row's key, its text, or all its columns, as a hash.
type Hash = [u8; 16];

/// What tells a row apart, and from what it was.
#[derive(Clone, Copy)]
struct Row {
    key: Hash,
    text: Hash,
    whole: Hash,
}

/// A row of the output.
struct Known {
    row: Row,
    fate: Fate,
}

/// What becomes of a row of the output.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    /// The input does not have it, or with another text.
    Gone,
    Kept,
    /// It gets its columns anew from this place of this shard of the input.
    Renewed {
        shard: usize,
        place: u64,
    },
}

/// Compares the input, cut into `shards`, with what the files of an output were made of. Takes some 150 bytes of memory a
/// row.
///
/// # Errors
/// A key that is NULL, or that two rows of the input have.
pub async fn changes(
    runtime: &RuntimeEnv,
    shards: &[Shard],
    columns: &Columns,
    names: Names<'_>,
    output: &Output,
    manifest: Vec<Record>,
) -> Result<Changes> {
    let schema = &columns.all;
    let hashes = Hashes::new(schema, names)?;
    let (mut known, mut files) = (HashMap::new(), Vec::new());
    for record in manifest {
        let Some(name) = &record.output else { continue };
        let file = Arc::new(output.input_file(name).await?);
        let mut keys = Vec::new();
        for batch in read::columns(runtime, &file, schema).await? {
            for row in hashes.of(&batch, &file.to_string())? {
                known.insert(row.key, Known { row, fate: Fate::Gone });
                keys.push(row.key);
            }
        }
        files.push((record, file, keys));
    }
    let (mut changes, mut new) = (Changes::default(), HashSet::new());
    for (number, shard) in shards.iter().enumerate() {
        let mut places = Vec::new();
        let rows = read::rows(runtime, shard, columns).await?;
        let rows = rows.iter().map(|batch| hashes.of(batch, &shard.input())).collect::<Result<Vec<_>>>()?;
        for (place, row) in (0..).zip(rows.into_iter().flatten()) {
            let before = known.get_mut(&row.key);
            if new.contains(&row.key) || before.as_ref().is_some_and(|before| before.fate != Fate::Gone) {
                return Err(hashes.refused(&shard.input(), place, "is in the input twice"));
            }
            match before {
                Some(before) if before.row.whole == row.whole => before.fate = Fate::Kept,
                Some(before) if before.row.text == row.text => before.fate = Fate::Renewed { shard: number, place },
                _ => {
                    places.push(place);
                    new.insert(row.key);
                }
            }
        }
        if !places.is_empty() {
            changes.shards.push(Shard { only: Some(places), ..shard.clone() });
        }
    }
    for (record, file, keys) in files {
        let fates = keys.iter().map(|key| known.get(key).map_or(Fate::Gone, |known| known.fate));
        let staying: Vec<(u64, Fate)> = (0..).zip(fates).filter(|(_, fate)| *fate != Fate::Gone).collect();
        if staying.len() == keys.len() && staying.iter().all(|(_, fate)| *fate == Fate::Kept) {
            changes.kept.push(record);
        } else if !staying.is_empty() {
            let (number, rows) = ((shards.len() + changes.shards.len()) as u64, keys.len() as u64);
            let only = Some(staying.iter().map(|(place, _)| *place).collect());
            let renewed = renewed(&staying, shards);
            let pieces = vec![piece(runtime, file, rows).await?];
            changes.shards.push(Shard { number, pieces, rows, only, kept: true, renewed });
        }
    }
    Ok(changes)
}

/// All rows of a file of the output.
async fn piece(runtime: &RuntimeEnv, file: Arc<InputFile>, rows: u64) -> Result<Piece> {
    let mut reader = StoredParquet::of(runtime.object_store(&file.store()?)?, &file)?;
    let (_, checksum) = reader.footer().await?;
    Ok(Piece { file, part: Part::Rows { skip: 0, count: rows }, rows, checksum })
}

/// From where the rows of a file get their columns that do not keep them.
fn renewed(staying: &[(u64, Fate)], shards: &[Shard]) -> Vec<Renewed> {
    let mut places: BTreeMap<usize, Vec<[u64; 2]>> = BTreeMap::new();
    for (old, fate) in staying {
        if let Fate::Renewed { shard, place } = fate {
            places.entry(*shard).or_default().push([*old, *place]);
        }
    }
    let of = |(shard, places): (usize, _)| {
        let Shard { pieces, rows, .. } = &shards[shard];
        Renewed { pieces: pieces.clone(), rows: *rows, places }
    };
    places.into_iter().map(of).collect()
}

/// The columns by which rows are compared.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    pub key: &'a str,
    pub text: &'a str,
}

/// How rows are told apart.
struct Hashes {
    key: usize,
    text: usize,
    name: String,
    types: Vec<SortField>,
}

impl Hashes {
    fn new(schema: &SchemaRef, names: Names<'_>) -> Result<Self> {
        let types = schema.fields().iter().map(|field| SortField::new(field.data_type().clone())).collect();
        let index = |name: &str| schema.index_of(name).map_err(DataFusionError::from);
        Ok(Hashes { key: index(names.key)?, text: index(names.text)?, name: names.key.to_owned(), types })
    }

    fn of(&self, batch: &RecordBatch, source: &str) -> Result<Vec<Row>> {
        let keys = batch.column(self.key);
        if let Some(place) = (0..keys.len()).find(|&row| keys.is_null(row)) {
            return Err(self.refused(source, place as u64, "is NULL"));
        }
        let hashed = |types: Vec<SortField>, columns: &[datafusion::arrow::array::ArrayRef]| {
            let rows = RowConverter::new(types)?.convert_columns(columns)?;
            Ok::<_, DataFusionError>(rows.iter().map(|row| short(row.as_ref())).collect::<Vec<_>>())
        };
        let column = |index: usize| hashed(vec![self.types[index].clone()], std::slice::from_ref(batch.column(index)));
        let (keys, texts) = (column(self.key)?, column(self.text)?);
        let wholes = hashed(self.types.clone(), batch.columns())?;
        let rows = keys.into_iter().zip(texts).zip(wholes);
        Ok(rows.map(|((key, text), whole)| Row { key, text, whole }).collect())
    }

    fn refused(&self, source: &str, place: u64, what: &str) -> Error {
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
