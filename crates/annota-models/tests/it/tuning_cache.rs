//! The feature `tuning-cache` keeps tuned GPU kernels for the next process. The test is skipped without an adapter.

use std::path::Path;
use std::process::Command;

use annota_models::{DeviceSpec, Model, Precision, TextSettings, store};

/// Set in the processes that the test starts.
const INNER: &str = "ANNOTA_TEST_TUNING";

/// Computes one vector in a new process whose cache is in `folder`; returns the number of kernels that it tuned.
fn tuned(folder: &Path) -> usize {
    let decisions = folder.join("decisions.log");
    let _ = std::fs::remove_file(&decisions);
    let done = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "tuning_cache::a_second_process_tunes_nothing"])
        .current_dir(folder)
        .env(INNER, "1")
        .env("XDG_CACHE_HOME", folder.join("cache"))
        .output()
        .expect("it starts");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&[done.stdout, done.stderr].concat()));
    std::fs::read_to_string(&decisions).unwrap_or_default().lines().count()
}

#[test]
fn a_second_process_tunes_nothing() {
    if std::env::var_os(INNER).is_some() {
        let files = store::resolve(store::BUNDLED).expect("the bundled model");
        let model = Model::open(&files, DeviceSpec::Wgpu(None), Precision::F32).expect("a model");
        model.embed_texts(&["x"], TextSettings::default()).expect("a vector");
        return;
    }
    if let Err(error) = DeviceSpec::Wgpu(None).open() {
        eprintln!("skipped: a_second_process_tunes_nothing: {error}");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    // The runtime writes a line for each kernel that it chooses.
    let config = "[autotune]\nlevel = \"minimal\"\n[autotune.decisions]\nfile = \"decisions.log\"\n";
    std::fs::write(folder.path().join("cubecl.toml"), config).expect("written");
    assert!(tuned(folder.path()) > 0, "nothing was tuned, so nothing can be kept");
    assert_eq!(tuned(folder.path()), 0);
}
