//! LevelDB's sorted table, the form of a checkpoint's `.index`: blocks of keys that share beginnings.

use super::crc;
use crate::import::error::one_line;
use crate::protobuf::{array, take, varint};

/// The keys of a table and their values.
pub(super) type Entries<'a> = Vec<(String, &'a [u8])>;

const MAGIC: u64 = 0xdb47_7524_8b80_fb57;
const FOOTER: usize = 48;
/// Keys repeat each other, but not more than this many times the size of the file.
const EXPANSION: usize = 64;

/// Where a block lies.
#[derive(Clone, Copy)]
struct Handle {
    offset: u64,
    size: u64,
}

/// Reads every entry, in the order of the keys.
pub(super) fn entries(file: &[u8]) -> Result<Entries<'_>, String> {
    let footer = file.len().checked_sub(FOOTER).and_then(|start| file.get(start..));
    let footer = footer.ok_or_else(|| format!("it has {} bytes, expected at least {FOOTER}", file.len()))?;
    let magic = footer.last_chunk::<8>().map(|bytes| u64::from_le_bytes(*bytes));
    if magic != Some(MAGIC) {
        return Err("its end is not that of a table, expected the index of a TensorFlow checkpoint".to_owned());
    }
    let mut rest = footer;
    handle(&mut rest)?;
    let index = handle(&mut rest)?;
    let mut keys = Keys { last: Vec::new(), any: false, room: file.len().saturating_mul(EXPANSION) };
    let mut read = Vec::new();
    for (_, mut place) in block(file, index, &mut Keys { room: keys.room, ..Keys::default() })? {
        read.extend(block(file, handle(&mut place)?, &mut keys)?);
    }
    Ok(read)
}

fn handle(rest: &mut &[u8]) -> Result<Handle, String> {
    Ok(Handle { offset: varint(rest)?, size: varint(rest)? })
}

fn block<'a>(file: &'a [u8], handle: Handle, keys: &mut Keys) -> Result<Entries<'a>, String> {
    let mut rest = file;
    take(&mut rest, handle.offset)?;
    let checked = rest;
    let contents = take(&mut rest, handle.size)?;
    let [kind] = array(&mut rest)?;
    let sum = u32::from_le_bytes(array(&mut rest)?);
    if checked.get(..=contents.len()).map(crc::masked) != Some(sum) {
        return Err(format!("the checksum of the block at {} is wrong, expected {sum:#x}", handle.offset));
    }
    match kind {
        0 => block_entries(contents, keys),
        1 => Err("its blocks are compressed with Snappy, expected the plain blocks that TensorFlow writes".to_owned()),
        kind => Err(format!("its blocks are compressed by method {kind}, expected none")),
    }
}

/// The key before, on which the next one builds.
#[derive(Default)]
struct Keys {
    last: Vec<u8>,
    any: bool,
    room: usize,
}

fn block_entries<'a>(contents: &'a [u8], keys: &mut Keys) -> Result<Entries<'a>, String> {
    let restarts = contents.last_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes)).map(u64::from);
    let after = restarts.and_then(|count| usize::try_from(count.checked_mul(4)?.checked_add(4)?).ok());
    let end = after.and_then(|after| contents.len().checked_sub(after));
    let mut rest = end.and_then(|end| contents.get(..end)).ok_or("a block is shorter than its table of restarts")?;
    let mut entries = Vec::new();
    // The first key of a block stands for itself.
    let mut before = Vec::new();
    while !rest.is_empty() {
        let (shared, own, value) = (varint(&mut rest)?, varint(&mut rest)?, varint(&mut rest)?);
        let shared = usize::try_from(shared).ok().and_then(|shared| before.get(..shared));
        let mut key = shared.ok_or("a key shares more than the key before it has")?.to_vec();
        key.extend_from_slice(take(&mut rest, own)?);
        let text = keys.next(&key)?;
        entries.push((text, take(&mut rest, value)?));
        before = key;
    }
    Ok(entries)
}

impl Keys {
    fn next(&mut self, key: &[u8]) -> Result<String, String> {
        if self.any && key <= self.last.as_slice() {
            return Err(format!("key `{}` is out of order", one_line(&String::from_utf8_lossy(key))));
        }
        self.room = self.room.checked_sub(key.len()).ok_or("its keys are longer than the file allows")?;
        self.any = true;
        self.last = key.to_vec();
        String::from_utf8(key.to_vec()).map_err(|_| "a key is not UTF-8".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::{Keys, block_entries, entries};

    fn keys() -> Keys {
        Keys { room: 1000, ..Keys::default() }
    }

    fn read(contents: &[u8]) -> Result<Vec<(String, Vec<u8>)>, String> {
        let read = block_entries(contents, &mut keys())?;
        Ok(read.into_iter().map(|(key, value)| (key, value.to_vec())).collect())
    }

    #[test]
    fn keys_share_beginnings() {
        let contents = [0, 2, 1, b'a', b'b', 7, 1, 1, 2, b'c', 8, 9, 0, 0, 0, 0, 1, 0, 0, 0];
        assert_eq!(read(&contents), Ok(vec![("ab".to_owned(), vec![7]), ("ac".to_owned(), vec![8, 9])]));
    }

    #[test]
    fn broken_blocks_are_errors() {
        let more_shared = [0, 1, 0, b'a', 2, 1, 0, b'b', 0, 0, 0, 0, 1, 0, 0, 0];
        let out_of_order = [0, 1, 0, b'b', 0, 1, 0, b'a', 0, 0, 0, 0, 1, 0, 0, 0];
        let endless_value = [0, 1, 100, b'b', 0, 0, 0, 0, 1, 0, 0, 0];
        let restarts = [0, 1, 0, b'b', 0xff, 0xff, 0xff, 0xff];
        for contents in [&more_shared[..], &out_of_order, &endless_value, &restarts, &[], &[0, 0]] {
            assert!(read(contents).is_err(), "{contents:?}");
        }
    }

    #[test]
    fn keys_do_not_outgrow_the_file() {
        let mut contents = [&[0, 100, 0][..], &[b'a'; 100]].concat();
        for _ in 0..50 {
            let shared = contents.len();
            contents.extend([100, 1, 0, (shared % 256) as u8]);
        }
        contents.extend([0, 0, 0, 0, 1, 0, 0, 0]);
        assert!(read(&contents).is_err());
    }

    #[test]
    fn other_files_are_told_apart() {
        assert!(entries(&[0; 47]).is_err());
        assert!(entries(&[0; 48]).is_err_and(|reason| reason.contains("TensorFlow checkpoint")));
    }
}
