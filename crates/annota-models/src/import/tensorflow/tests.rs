//! Checkpoints that TensorFlow has not written, with sound checksums around unsound contents.

use std::path::Path;

use super::bundle::Bundle;
use super::{crc, objects, table};
use crate::import::{ImportError, NamedTensor};

/// A block of one entry after the other, with its checksum.
fn block(entries: &[(&str, Vec<u8>)], kind: u8) -> Vec<u8> {
    let mut block = Vec::new();
    for (key, value) in entries {
        block.extend([0, key.len() as u8, value.len() as u8]);
        block.extend(key.bytes().chain(value.iter().copied()));
    }
    block.extend([0, 0, 0, 0, 1, 0, 0, 0, kind]);
    sealed(block)
}

fn sealed(mut block: Vec<u8>) -> Vec<u8> {
    let sum = crc::masked(&block);
    block.extend(sum.to_le_bytes());
    block
}

/// A table of one block, which is shorter than 16 KiB.
fn index(block_of_entries: &[u8]) -> Vec<u8> {
    let handle = |offset: usize, block: &[u8]| {
        let size = block.len() - 5;
        [offset, size].iter().flat_map(|x| [(x & 0x7f) as u8 | 0x80, (x >> 7) as u8]).collect::<Vec<u8>>()
    };
    let places = block(&[("z", handle(0, block_of_entries))], 0);
    let mut footer = [vec![0, 0], handle(block_of_entries.len(), &places)].concat();
    footer.resize(40, 0);
    [block_of_entries, &places, &footer, &0xdb47_7524_8b80_fb57u64.to_le_bytes()].concat()
}

const HEADER: [u8; 2] = [1 << 3, 1];

/// `BundleEntryProto` of a type, a row of two numbers, and further fields.
fn entry(kind: u8, size: u8, more: &[u8]) -> Vec<u8> {
    [&[1 << 3, kind, 2 << 3 | 2, 4, 2 << 3 | 2, 2, 1 << 3, 2, 5 << 3, size], more].concat()
}

/// Reads the tensor `a` of a checkpoint with that header and entry.
fn read(header: &[u8], entry: Vec<u8>, kind: u8) -> Result<NamedTensor, ImportError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.index");
    std::fs::write(&path, index(&block(&[("", header.to_vec()), ("a", entry)], kind))).expect("a file");
    let data: Vec<u8> = [1.0f32, -2.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    std::fs::write(folder.path().join("x.data-00000-of-00001"), data).expect("a file");
    Bundle::open(&path)?.tensor("a", "name")
}

#[test]
fn a_small_checkpoint_is_read() {
    let read = read(&HEADER, entry(1, 8, &[]), 0).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(read, NamedTensor { name: "name".to_owned(), shape: vec![2], data: vec![1.0, -2.0] });
}

#[test]
fn unsound_contents_are_errors() {
    let huge =
        [1 << 3, 1, 2 << 3 | 2, 12, 2 << 3 | 2, 10, 1 << 3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
    let cases: [(&[u8], Vec<u8>, u8, &str); 11] = [
        (&HEADER, entry(1, 8, &[]), 1, "compressed with Snappy"),
        (&HEADER, entry(1, 8, &[]), 9, "compressed by method 9"),
        (&[1 << 3, 1, 2 << 3, 1], entry(1, 8, &[]), 0, "big-endian"),
        (&HEADER, entry(3, 8, &[]), 0, "has TensorFlow data type 3"),
        (&HEADER, entry(1, 7, &[]), 0, "has 7 bytes, expected 2 numbers"),
        (&HEADER, entry(2, 16, &[]), 0, "is 16 bytes at 0 of 8"),
        (&HEADER, entry(1, 8, &[4 << 3, 1]), 0, "is 8 bytes at 1 of 8"),
        (&HEADER, entry(1, 8, &[3 << 3, 1]), 0, "lies in data file 1, expected one of 1"),
        (&HEADER, entry(1, 8, &[7 << 3 | 2, 0]), 0, "is cut into slices"),
        (&HEADER, entry(1, 8, &[6 << 3 | 5, 1, 2, 3, 4]), 0, "has a wrong checksum"),
        (&HEADER, huge.to_vec(), 0, "has 0 bytes, expected 9223372036854775807 numbers"),
    ];
    for (header, entry, kind, expected) in cases {
        let error = read(header, entry, kind).expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}");
    }
}

/// Bits turned over behind the checksums.
#[test]
fn random_contents_do_no_harm() {
    let message = entry(1, 8, &[6 << 3 | 5, 1, 2, 3, 4]);
    let node = [10, 12, 18, 10, 10, 1, b'V', 18, 1, b'n', 26, 2, b'k', b'k'];
    let sound = block(&[("", HEADER.to_vec()), ("ab", message.clone()), ("ac", message.clone())], 0);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.index");
    let mut state = 5u64;
    let mut below = |limit: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % limit
    };
    for _ in 0..2000 {
        let mut contents = sound[..sound.len() - 4].to_vec();
        let mut graph = node.to_vec();
        for _ in 0..=below(3) {
            let (at, of) = (below(contents.len()), below(graph.len()));
            contents[at] ^= 1 << below(8);
            graph[of] ^= 1 << below(8);
        }
        let broken = index(&sealed(contents));
        let _ = objects::variables(&graph);
        if table::entries(&broken).is_ok() {
            std::fs::write(&path, &broken).expect("a file");
            if let Ok(mut bundle) = Bundle::open(Path::new(&path)) {
                let keys: Vec<String> = bundle.keys().map(str::to_owned).collect();
                for key in keys {
                    let _ = (bundle.tensor(&key, "name"), bundle.string(&key));
                }
            }
        }
    }
}
