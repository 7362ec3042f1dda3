//! Caches that somebody left half-written.

use std::fs;

use super::fake::{COMMIT, What};
use super::{Bench, LARGE, large};

#[test]
fn leftovers_are_continued() {
    let bench = Bench::new();
    bench.leave(&bench.partial(LARGE), &large()[..123_456]);
    bench.fetch_large().expect("fetched");
    bench.check_large();
    let seen = bench.hub.seen("GET /cdn");
    assert!(seen.len() == 1 && seen[0].from == Some(123_456), "{seen:?}");
}

#[test]
fn whole_leftovers_need_no_download() {
    let bench = Bench::new();
    bench.leave(&bench.partial(LARGE), &large());
    bench.fetch_large().expect("fetched");
    bench.check_large();
    assert_eq!(bench.hub.seen("GET /cdn").len(), 0);
}

#[test]
fn wrong_leftovers_are_thrown_away() {
    let longer = [large(), vec![0; 10]].concat();
    for leftover in [longer, vec![7; 300_000], vec![7; 1000], vec![]] {
        let bench = Bench::new();
        bench.leave(&bench.partial(LARGE), &leftover);
        bench.fetch_large().expect("fetched");
        bench.check_large();
    }
}

#[test]
fn a_wrong_leftover_does_not_use_up_a_try() {
    let bench = Bench::new();
    bench.leave(&bench.partial(LARGE), &[7; 1000]);
    bench.hub.fail("GET /cdn", 2, What::Wrong);
    bench.fetch_large().expect("fetched");
    bench.check_large();
    let from: Vec<_> = bench.hub.seen("GET /cdn").iter().map(|seen| seen.from).collect();
    assert_eq!(from, [Some(1000), None, None]);
}

#[test]
fn refs_to_nothing_are_filled() {
    let bench = Bench::new();
    bench.leave(&bench.folder().join("refs/main"), COMMIT.as_bytes());
    bench.fetch().expect("fetched");
    bench.check();
    bench.leave(&bench.folder().join("refs/main"), b"ffffffffffffffffffffffffffffffffffffffff");
    bench.fetch().expect("fetched");
    bench.check();
}

#[test]
fn dangling_links_are_filled() {
    let bench = Bench::new();
    bench.fetch().expect("fetched");
    fs::remove_file(bench.blob(LARGE)).expect("gone");
    fs::remove_file(bench.blob("onnx/a b.txt")).expect("gone");
    bench.fetch().expect("fetched");
    bench.check();
    assert_eq!(bench.hub.seen("GET /cdn").len(), 2);
}

#[test]
fn blobs_of_another_size_are_replaced() {
    for content in [&b""[..], b"short", &[0; 300_001]] {
        let bench = Bench::new();
        bench.leave(&bench.blob(LARGE), content);
        bench.fetch().expect("fetched");
        bench.check();
        fs::write(bench.blob(LARGE), content).expect("written");
        bench.fetch().expect("fetched");
        bench.check();
    }
}

#[test]
fn files_in_the_place_of_links_are_files() {
    let bench = Bench::new();
    let path = bench.folder().join("snapshots").join(COMMIT).join(LARGE);
    bench.leave(&path, &large());
    bench.fetch().expect("fetched");
    bench.check();
    assert_eq!(bench.hub.seen("GET /cdn").len(), 0);
    fs::write(&path, "short").expect("written");
    bench.fetch().expect("fetched");
    bench.check();
    assert!(path.is_symlink());
}
