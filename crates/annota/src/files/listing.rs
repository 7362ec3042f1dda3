use std::io::Read;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion::catalog::Session as DataFusionSession;
use datafusion::logical_expr::type_coercion::binary::type_union_resolution;
use datafusion::object_store::{ObjectStore, ObjectStoreExt};
use futures::{StreamExt, TryStreamExt};

use super::paths::{Found, found};
use super::text::{self, Keys, unreadable, unreadable_path};
use super::{Compression, InputFile, Kind, ReadOptions, Union, parquet};
use crate::{Error, Result};

/// Bytes of a CSV file, decompressed, from which the types of its columns are inferred; fewer where files are many.
const CSV_HEAD: u64 = 8 << 20;
/// Bytes of a JSON file, decompressed, from which its columns are inferred. A key that is not in them is an error.
pub const JSON_HEAD: u64 = 64 << 20;
/// Bytes that are looked at in all files together, but for [`LEAST`] in each.
const ALL_HEADS: u64 = 2 << 30;
const LEAST: u64 = 64 << 10;
/// Bytes that tell whether a file is read as it is stored.
const FIRST: u64 = 4096;
/// Files that are looked at at the same time.
const FILES: usize = 16;

/// The files of an input and the columns that their rows have.
#[derive(Debug, Clone)]
pub struct Listing {
    /// In the order of the paths, and by name within a path.
    pub files: Vec<InputFile>,
    /// The columns of the files, by name.
    pub file_schema: SchemaRef,
    /// The columns that folders name (`year=2026`), which stand behind those of files.
    pub partition_columns: Vec<FieldRef>,
    /// Files of folders that are not read: hidden ones and those of other formats.
    pub left_out: Vec<String>,
}

/// The columns of one file.
struct Head {
    file: InputFile,
    fields: Vec<FieldRef>,
    keys: Option<Keys>,
}

impl Listing {
    /// The columns of a row.
    pub fn schema(&self) -> SchemaRef {
        let fields = self.file_schema.fields().iter().chain(&self.partition_columns).cloned();
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }

    /// The formats of the files, each once.
    pub fn kinds(&self) -> Vec<Kind> {
        let mut kinds: Vec<Kind> = self.files.iter().map(|file| file.format.kind).collect();
        kinds.sort();
        kinds.dedup();
        kinds
    }
}

/// The files that `paths` name: files, folders with their sub-folders, globs and URLs. Columns are joined by name.
///
/// # Errors
/// A path without files, a file that cannot be read, and columns of one name whose types have none in common.
pub async fn listing(state: &dyn DataFusionSession, paths: &[String], options: &ReadOptions) -> Result<Listing> {
    if paths.is_empty() {
        return Err(Error::Pipeline("there is no input: expected a file, a folder, a glob or a URL".to_owned()));
    }
    let mut all = Found::default();
    for path in paths {
        let Found { files, partition_columns, left_out } = found(state, path, options).await?;
        if all.files.is_empty() {
            all.partition_columns = partition_columns;
        } else if all.partition_columns != partition_columns {
            return Err(unreadable_path(path, &"its folders name other columns than those of the inputs before it"));
        }
        all.files.extend(files);
        all.left_out.extend(left_out);
    }
    let share = ALL_HEADS / all.files.len().max(1) as u64;
    let heads = all.files.into_iter().map(|file| head(state, file, options, share));
    let heads: Vec<Head> = futures::stream::iter(heads).buffered(FILES).try_collect().await?;
    let fields = joined(&heads, options)?;
    let fields = fields.into_iter().filter(|field| !all.partition_columns.contains(field.name()));
    let file_schema: SchemaRef = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let files: Vec<InputFile> = heads.into_iter().map(|head| described(head, &file_schema)).collect();
    let partition_columns = partition_fields(&all.partition_columns, &files);
    Ok(Listing { files, file_schema, partition_columns, left_out: all.left_out })
}

async fn head(state: &dyn DataFusionSession, mut file: InputFile, options: &ReadOptions, share: u64) -> Result<Head> {
    let store = state.runtime_env().object_store(file.store()?)?;
    if file.format.kind == Kind::Parquet {
        let schema = parquet::schema(state, &store, &file).await?;
        let fields = schema.fields().iter().map(|field| Arc::new(field.as_ref().clone().with_nullable(true)));
        return Ok(Head { file, fields: fields.collect(), keys: None });
    }
    file.encoding.clone_from(&options.encoding);
    if file.format.compression == Compression::None && file.size > 0 {
        let first = store.get_range(&file.location()?, 0..file.size.min(FIRST)).await;
        file.plain_from = file.plain_text(&first.map_err(|error| unreadable(&file, &error))?);
    }
    let most = if file.format.kind == Kind::Csv { CSV_HEAD } else { JSON_HEAD };
    let limit = share.clamp(LEAST, most);
    let (file, text) = start(store, file, limit).await?;
    let is_whole = (text.len() as u64) < limit;
    let described = tokio::task::spawn_blocking({
        let options = options.clone();
        move || of_text(file, &text, is_whole, &options)
    });
    described.await.map_err(|error| Error::Pipeline(error.to_string()))?
}

/// The start of the normalized text of a file.
async fn start(store: Arc<dyn ObjectStore>, file: InputFile, limit: u64) -> Result<(InputFile, Vec<u8>)> {
    let stored = text::stored(store.as_ref(), &file).await?;
    let read = tokio::task::spawn_blocking(move || {
        let mut start = Vec::new();
        let read = text::start_of_text(stored, &file).and_then(|text| text.take(limit).read_to_end(&mut start));
        match read {
            Ok(_) => Ok((file, start)),
            Err(error) => Err(unreadable(&file, &error)),
        }
    });
    read.await.map_err(|error| Error::Pipeline(error.to_string()))?
}

fn of_text(mut file: InputFile, text: &[u8], is_whole: bool, options: &ReadOptions) -> Result<Head> {
    file.is_known = is_whole;
    if file.format.kind == Kind::Csv {
        let head = text::head(text, is_whole, file.format.delimiter, options);
        let text::Head { dialect, fields } = head.map_err(|reason| unreadable(&file, &reason))?;
        file.columns = fields.iter().map(|field| field.name().clone()).collect();
        file.dialect = dialect;
        return Ok(Head { file, fields, keys: None });
    }
    let keys = text::keys(text, is_whole).map_err(|reason| unreadable(&file, &reason))?;
    Ok(Head { file, fields: keys.fields(), keys: Some(keys) })
}

/// The columns of all files by name.
fn joined(heads: &[Head], options: &ReadOptions) -> Result<Vec<FieldRef>> {
    let mut known: Vec<(FieldRef, &InputFile)> = Vec::new();
    let mut json = Keys::default();
    heads.iter().filter_map(|head| head.keys.clone()).for_each(|keys| json.join(keys));
    let json = Schema::new(json.fields());
    for Head { file, fields, keys } in heads {
        for field in fields {
            // What one file of JSON says alone is not what all say.
            let field = match json.field_with_name(field.name()) {
                Ok(of_all) if keys.is_some() => Arc::new(of_all.clone()),
                _ => field.clone(),
            };
            let is_text = options.text_columns.contains(field.name());
            let field = if is_text
                && !is_string(field.data_type())
                && field.data_type().is_primitive()
                && file.format.kind != Kind::Parquet
            {
                Arc::new(field.as_ref().clone().with_data_type(DataType::Utf8))
            } else {
                field
            };
            match known.iter_mut().find(|(known, _)| known.name() == field.name()) {
                None => known.push((field, file)),
                Some((first, of)) if first.data_type() != field.data_type() => {
                    let data_type = common(first.data_type(), field.data_type(), [of.format.kind, file.format.kind]);
                    let data_type = data_type.ok_or_else(|| {
                        let name = field.name();
                        unreadable(
                            file,
                            &format!(
                                "column `{name}` is of type {}, in `{of}` of type {}: expected one type",
                                field.data_type(),
                                first.data_type()
                            ),
                        )
                    })?;
                    *first = Arc::new(first.as_ref().clone().with_data_type(data_type));
                }
                Some(_) => {}
            }
        }
    }
    if options.union == Union::Strict {
        strict(heads)?;
    }
    Ok(known.into_iter().map(|(field, _)| field).collect())
}

/// Files that have the same columns, in any order.
fn strict(heads: &[Head]) -> Result<()> {
    let names = |head: &Head| {
        let mut names: Vec<String> = head.fields.iter().map(|field| field.name().clone()).collect();
        names.sort();
        names
    };
    let Some((first, others)) = heads.split_first() else { return Ok(()) };
    let expected = names(first);
    for other in others {
        let found = names(other);
        if found != expected {
            let reason = format!(
                "it has the columns `{}`, `{}` has `{}`: expected the same columns in all files, or `--union name`",
                found.join("`, `"),
                first.file,
                expected.join("`, `")
            );
            return Err(unreadable(&other.file, &reason));
        }
    }
    Ok(())
}

fn is_string(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// A type that holds the values of both. Values of text files are texts before they are anything else.
fn common(a: &DataType, b: &DataType, kinds: [Kind; 2]) -> Option<DataType> {
    use DataType::{Float64, Int64, UInt64, Utf8};
    if kinds.contains(&Kind::Parquet) {
        return type_union_resolution(&[a.clone(), b.clone()]);
    }
    Some(match (a, b) {
        (Int64 | Float64, Int64 | Float64) => Float64,
        (UInt64 | Int64 | Float64, UInt64 | Int64 | Float64) => Utf8,
        (DataType::Timestamp(a, None), DataType::Timestamp(b, None)) => DataType::Timestamp((*a).max(*b), None),
        _ => Utf8,
    })
}

/// The columns that folders name: whole numbers or dates where all values are such, else texts.
fn partition_fields(names: &[String], files: &[InputFile]) -> Vec<FieldRef> {
    let field = |(index, name): (usize, &String)| {
        let values = || files.iter().filter_map(|file| file.partition.get(index)?.as_deref());
        let data_type = match values().next() {
            Some(_) if values().all(|value| value.parse::<i64>().is_ok()) => DataType::Int64,
            Some(_) if values().all(is_date) => DataType::Date32,
            _ => DataType::Utf8,
        };
        Arc::new(Field::new(name, data_type, true))
    };
    names.iter().enumerate().map(field).collect()
}

fn is_date(value: &str) -> bool {
    let parts: Vec<&str> = value.split('-').collect();
    matches!(parts.as_slice(), [year, month, day] if [year.len(), month.len(), day.len()] == [4, 2, 2])
        && chrono::NaiveDate::parse_from_str(value, "%Y-%m-%d").is_ok()
}

/// The file with what its reader has to know of the table.
fn described(head: Head, table: &Schema) -> InputFile {
    let Head { mut file, keys, .. } = head;
    let is_text = |name: &&String| table.field_with_name(name).is_ok_and(|field| is_string(field.data_type()));
    file.as_json = keys.iter().flat_map(Keys::not_texts).filter(is_text).cloned().collect();
    file
}
