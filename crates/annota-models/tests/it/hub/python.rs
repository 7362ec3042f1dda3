//! Hugging Face's own client on our cache, and ours on its. Skipped unless `ANNOTA_PYTHON` names a Python that has
//! huggingface_hub.

use std::env;
use std::path::Path;
use std::process::Command;

use super::Bench;
use super::fake::COMMIT;

const READ: &str = "
from huggingface_hub import hf_hub_download, scan_cache_dir, snapshot_download, try_to_load_from_cache
print(snapshot_download('org/name', local_files_only=True))
print(hf_hub_download('org/name', 'onnx/a b.txt'))
print(try_to_load_from_cache('org/name', 'model.safetensors'))
info = scan_cache_dir()
assert not info.warnings, info.warnings
repo, = info.repos
revision, = repo.revisions
assert revision.refs == {'main'} and repo.nb_files == 3, repo
";

const WRITE: &str = "
from huggingface_hub import snapshot_download
print(snapshot_download('org/name'))
";

/// What the code prints; `None` without a Python.
fn python(bench: &Bench, code: &str, cache: &Path, offline: &str) -> Option<String> {
    let Some(python) = env::var_os("ANNOTA_PYTHON") else {
        eprintln!("skipped: ANNOTA_PYTHON is not set");
        return None;
    };
    let mut command = Command::new(python);
    command.args(["-c", code]).env("HF_ENDPOINT", &bench.hub.url).env("HF_HUB_CACHE", cache);
    let output = command.env("HF_HUB_OFFLINE", offline).output().expect("a run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).expect("text"))
}

#[test]
fn python_reads_ours() {
    let bench = Bench::new();
    let snapshot = bench.fetch().expect("fetched");
    let Some(printed) = python(&bench, READ, bench.cache.path(), "1") else { return };
    let expected = ["", "onnx/a b.txt", "model.safetensors"].map(|file| snapshot.join(file).display().to_string());
    let expected: Vec<_> = expected.iter().map(|path| path.trim_end_matches('/')).collect();
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn ours_reads_pythons() {
    let bench = Bench::new();
    let Some(printed) = python(&bench, WRITE, bench.cache.path(), "0") else { return };
    assert!(printed.trim().ends_with(COMMIT), "{printed}");
    bench.check();
    let before = bench.hub.seen("GET /org").len();
    let snapshot = bench.fetch().expect("fetched");
    assert_eq!(snapshot.display().to_string(), printed.trim());
    assert_eq!(bench.hub.seen("GET /org").len(), before);
    bench.check();
}
