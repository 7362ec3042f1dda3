//! A checkpoint's tensors: `<prefix>.index` says what lies where in `<prefix>.data-…`.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::{crc, table};
use crate::import::ImportError;
use crate::import::tensor::{FloatType, NamedTensor, shape_of};
use crate::protobuf::{Value, array, fields, take, varint};

const STRING: u64 = 7;

pub(super) struct Bundle {
    index: PathBuf,
    shards: u64,
    entries: BTreeMap<String, Entry>,
    files: HashMap<u64, Shard>,
}

/// `BundleEntryProto`.
#[derive(Default)]
struct Entry {
    data_type: u64,
    dims: Vec<u64>,
    shard: u64,
    offset: u64,
    size: u64,
    crc: Option<u32>,
    sliced: bool,
}

struct Shard {
    path: PathBuf,
    file: File,
    length: u64,
    /// What may still be read of it; entries that overlap do not multiply a small file.
    left: u64,
}

impl Bundle {
    /// Opens the checkpoint whose index this is.
    pub fn open(index: &Path) -> Result<Self, ImportError> {
        let file = std::fs::read(index).map_err(|error| ImportError::read(index, &error))?;
        let fail = |reason: String| ImportError::malformed(index, reason);
        let mut table = table::entries(&file).map_err(fail)?.into_iter();
        let header = table.next().filter(|(key, _)| key.is_empty());
        let (_, header) = header.ok_or_else(|| fail("it has no header, expected a checkpoint's index".to_owned()))?;
        let shards = header_shards(header).map_err(fail)?;
        let entries = table.map(|(key, value)| Ok((key, entry(value).map_err(fail)?)));
        let entries = entries.collect::<Result<_, ImportError>>()?;
        Ok(Bundle { index: index.to_owned(), shards, entries, files: HashMap::new() })
    }

    /// The keys, in their order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// The numbers of a tensor of floats.
    pub fn tensor(&mut self, key: &str, name: &str) -> Result<NamedTensor, ImportError> {
        let index = self.index.clone();
        let fail = |reason: String| ImportError::tensor(&index, key, reason);
        let entry = self.entry(key)?;
        let float = match entry.data_type {
            1 => FloatType::F32,
            2 => FloatType::F64,
            14 => FloatType::BF16,
            19 => FloatType::F16,
            other => {
                let reason = format!("has TensorFlow data type {other}, expected float, half, bfloat16 or double");
                return Err(fail(reason));
            }
        };
        let (shape, count) = shape_of(&entry.dims).map_err(fail)?;
        let needed = count.checked_mul(float.size()).and_then(|bytes| u64::try_from(bytes).ok());
        if needed != Some(entry.size) {
            let reason = format!("has {} bytes, expected {count} numbers for its shape {shape:?}", entry.size);
            return Err(fail(reason));
        }
        let crc = entry.crc;
        let bytes = self.bytes(key)?;
        if crc.is_some_and(|crc| crc != crc::masked(&bytes)) {
            return Err(fail("has a wrong checksum, expected the data that were written".to_owned()));
        }
        Ok(NamedTensor { name: name.to_owned(), shape, data: float.decode(&bytes) })
    }

    /// The bytes of a single string, if there is one of that key.
    pub fn string(&mut self, key: &str) -> Result<Option<Vec<u8>>, ImportError> {
        if !self.entries.contains_key(key) {
            return Ok(None);
        }
        let index = self.index.clone();
        let fail = |reason: String| ImportError::tensor(&index, key, reason);
        let entry = self.entry(key)?;
        if entry.data_type != STRING || !entry.dims.is_empty() {
            return Err(fail(format!("has TensorFlow data type {}, expected one string", entry.data_type)));
        }
        let crc = entry.crc;
        let bytes = self.bytes(key)?;
        string(&bytes, crc).map(|string| Some(string.to_vec())).map_err(fail)
    }

    fn entry(&self, key: &str) -> Result<&Entry, ImportError> {
        let entry = self.entries.get(key);
        let entry = entry.ok_or_else(|| ImportError::tensor(&self.index, key, "is missing, expected an entry"))?;
        if entry.sliced {
            let reason = "is cut into slices, expected a checkpoint without partitioned variables";
            return Err(ImportError::tensor(&self.index, key, reason));
        }
        Ok(entry)
    }

    fn bytes(&mut self, key: &str) -> Result<Vec<u8>, ImportError> {
        let &Entry { shard, offset, size, .. } = self.entry(key)?;
        if shard >= self.shards {
            let reason = format!("lies in data file {shard}, expected one of {}", self.shards);
            return Err(ImportError::tensor(&self.index, key, reason));
        }
        if !self.files.contains_key(&shard) {
            self.files.insert(shard, Shard::open(&self.index, shard, self.shards)?);
        }
        let Some(file) = self.files.get_mut(&shard) else { return Ok(Vec::new()) };
        let end = offset.checked_add(size).filter(|end| *end <= file.length);
        let (Some(_), Some(left)) = (end, file.left.checked_sub(size)) else {
            let reason = format!(
                "is {size} bytes at {offset} of {} in `{}`, expected them inside it",
                file.length,
                file.path.display()
            );
            return Err(ImportError::tensor(&self.index, key, reason));
        };
        file.left = left;
        file.read(offset, size).map_err(|error| ImportError::read(&file.path, &error))
    }
}

impl Shard {
    fn open(index: &Path, shard: u64, shards: u64) -> Result<Self, ImportError> {
        let path = index.with_extension(format!("data-{shard:05}-of-{shards:05}"));
        let open = || {
            let file = File::open(&path)?;
            let length = file.metadata()?.len();
            Ok((file, length))
        };
        let (file, length) = open().map_err(|error| ImportError::read(&path, &error))?;
        Ok(Shard { path, file, length, left: length.saturating_mul(2) })
    }

    fn read(&mut self, offset: u64, size: u64) -> std::io::Result<Vec<u8>> {
        self.file.seek(SeekFrom::Start(offset))?;
        let mut bytes = vec![0; usize::try_from(size).map_err(std::io::Error::other)?];
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

/// A single string: its length, the checksum of the length, its bytes. The entry's checksum is of the same three, but
/// with the length in four bytes.
fn string(bytes: &[u8], crc: Option<u32>) -> Result<&[u8], String> {
    let mut rest = bytes;
    let length = varint(&mut rest)?;
    let sum: [u8; 4] = array(&mut rest)?;
    let string = take(&mut rest, length)?;
    let length = u32::try_from(length).map_err(|_| format!("has {length} bytes, expected fewer than 4 GiB"))?;
    let summed = [&length.to_le_bytes()[..], &sum, string].concat();
    match crc {
        Some(crc) if crc != crc::masked(&summed) => {
            Err("has a wrong checksum, expected the text that was written".to_owned())
        }
        _ => Ok(string),
    }
}

/// `BundleHeaderProto`: how many data files there are.
fn header_shards(message: &[u8]) -> Result<u64, String> {
    let mut shards = 0;
    for field in fields(message) {
        match field? {
            (1, value) => shards = value.number("num_shards")?,
            (2, value) if value.number("endianness")? != 0 => {
                return Err("its numbers are big-endian, expected little-endian ones".to_owned());
            }
            _ => {}
        }
    }
    Ok(shards)
}

fn entry(message: &[u8]) -> Result<Entry, String> {
    let mut entry = Entry::default();
    for field in fields(message) {
        match field? {
            (1, value) => entry.data_type = value.number("dtype")?,
            (2, value) => entry.dims = dims(value.bytes("shape")?)?,
            (3, value) => entry.shard = value.number("shard_id")?,
            (4, value) => entry.offset = value.number("offset")?,
            (5, value) => entry.size = value.number("size")?,
            (6, Value::Fixed32(crc)) => entry.crc = Some(u32::from_le_bytes(crc)),
            (7, _) => entry.sliced = true,
            _ => {}
        }
    }
    Ok(entry)
}

/// `TensorShapeProto`: the size of each axis; a size of zero is not written.
fn dims(message: &[u8]) -> Result<Vec<u64>, String> {
    let mut dims = Vec::new();
    for field in fields(message) {
        if let (2, value) = field? {
            let mut size = 0;
            for field in fields(value.bytes("shape.dim")?) {
                if let (1, value) = field? {
                    size = value.number("shape.dim.size")?;
                }
            }
            dims.push(size);
        }
    }
    Ok(dims)
}
