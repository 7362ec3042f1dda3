//! What arrives when nothing fails.

use std::fs;
use std::path::Path;

use annota_models::store::hub::{Hub, Silent};

use super::fake::{COMMIT, FakeHub, REPOSITORY};
use super::{Bench, LARGE, Notes};

#[test]
fn files_come_into_hugging_faces_layout() {
    let bench = Bench::new();
    let snapshot = bench.fetch().expect("fetched");
    assert_eq!(snapshot, bench.folder().join("snapshots").join(COMMIT));
    bench.check();
    for (file, up) in [("config.json", "../.."), ("onnx/a b.txt", "../../..")] {
        let etag = bench.hub.etag(file);
        let target = fs::read_link(snapshot.join(file)).expect("a link");
        assert_eq!(target, Path::new(up).join("blobs").join(&etag));
        assert!(bench.cache.path().join(".locks/models--org--name").join(format!("{etag}.lock")).is_file());
    }
    assert_eq!(bench.hub.seen("GET /cdn").len(), 1);
    assert_eq!(bench.hub.seen("HEAD /cdn").len(), 0);
}

#[test]
fn what_is_there_is_not_downloaded_again() {
    let bench = Bench::new();
    bench.fetch().expect("fetched");
    let before = bench.hub.seen("GET /org").len();
    bench.fetch().expect("fetched");
    assert_eq!(bench.hub.seen("GET /org").len(), before);
    fs::remove_dir_all(bench.folder().join("snapshots")).expect("gone");
    bench.fetch().expect("fetched");
    assert_eq!(bench.hub.seen("GET /org").len(), before);
    bench.check();
}

#[test]
fn the_caller_picks_the_files() {
    let bench = Bench::new();
    let pick = |files: &[String]| {
        assert_eq!(files, ["config.json", LARGE, "onnx/a b.txt"]);
        vec!["config.json".to_owned()]
    };
    let snapshot = bench.client().fetch(REPOSITORY, "main", &pick, &Silent).expect("fetched");
    assert!(snapshot.join("config.json").is_file() && !snapshot.join(LARGE).exists());
    assert!(bench.client().fetch(REPOSITORY, "main", &|_| vec![], &Silent).expect("fetched").is_dir());
}

#[test]
fn revisions_are_noted_and_commits_are_not() {
    let bench = Bench::new();
    let fetch = |revision: &str| bench.client().fetch(REPOSITORY, revision, &|_| vec![], &Silent).expect("fetched");
    fetch(COMMIT);
    assert!(!bench.folder().join("refs").exists());
    fetch("refs/pr/1");
    assert_eq!(fs::read_to_string(bench.folder().join("refs/refs/pr/1")).expect("a ref"), COMMIT);
    assert_eq!(bench.hub.seen("GET /api/models/org/name/revision/refs%2Fpr%2F1").len(), 1);
}

#[test]
fn renamed_repositories_are_found() {
    let bench = Bench::new();
    bench.hub.require_token("hf_x");
    let mut settings = bench.settings();
    settings.token = Some("hf_x".to_owned());
    let hub = Hub::new(settings).expect("a client");
    let snapshot = hub.fetch("org/old", "main", &|files| files.to_vec(), &Silent).expect("fetched");
    assert_eq!(snapshot, bench.cache.path().join("models--org--old/snapshots").join(COMMIT));
    assert_eq!(fs::read(snapshot.join("config.json")).expect("a file"), b"{}\n");
}

#[test]
fn the_token_stays_with_the_hub() {
    let (bench, other) = (Bench::new(), FakeHub::start());
    bench.hub.require_token("hf_x");
    bench.hub.redirect_to(&other.url);
    let mut settings = bench.settings();
    settings.token = Some("hf_x".to_owned());
    let hub = Hub::new(settings).expect("a client");
    hub.fetch(REPOSITORY, "main", &|files| files.to_vec(), &Silent).expect("fetched");
    bench.check();
    assert!(bench.hub.seen("").iter().all(|seen| seen.token.as_deref() == Some("Bearer hf_x")));
    let seen = other.seen("");
    assert!(seen.len() == 1 && seen[0].line.starts_with("GET /cdn/") && seen[0].token.is_none(), "{seen:?}");
}

#[test]
fn equal_files_are_downloaded_once() {
    let bench = Bench::new();
    bench.hub.set("copy/config.json", b"{}\n");
    let snapshot = bench.fetch().expect("fetched");
    assert_eq!(fs::read(snapshot.join("copy/config.json")).expect("a file"), b"{}\n");
    assert_eq!(bench.hub.seen("GET /org/name/resolve").len(), 3);
}

#[test]
fn empty_files_are_files() {
    let bench = Bench::new();
    bench.hub.set("empty", b"");
    let snapshot = bench.fetch().expect("fetched");
    assert_eq!(fs::read(snapshot.join("empty")).expect("a file"), b"");
    bench.check();
}

#[test]
fn progress_adds_up() {
    let bench = Bench::new();
    let notes = Notes::default();
    bench.client().fetch(REPOSITORY, "main", &|_| vec![LARGE.to_owned()], &notes).expect("fetched");
    let notes = notes.all();
    assert_eq!(notes.first().expect("a note"), "begin model.safetensors Some(300000)");
    assert_eq!(notes.last().expect("a note"), "end");
    let bytes = notes.iter().filter_map(|note| note.strip_prefix("advance ")?.parse::<u64>().ok());
    assert_eq!(bytes.sum::<u64>(), 300_000);
}
