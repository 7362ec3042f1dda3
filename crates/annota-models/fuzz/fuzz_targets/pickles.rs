//! A `pytorch_model.bin` of any bytes is an encoder or an error, in bounded memory. Seeds are those of
//! `tests/golden/bert`: cargo +nightly fuzz run pickles <folder of *.bin> -- -rss_limit_mb=1024
#![no_main]

use std::sync::LazyLock;

use annota_models::{DeviceSpec, Precision, Target, Weights, family};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));
const CONFIG: &str = include_str!("../../../../tests/golden/bert/relu/config.json");

fuzz_target!(|bytes: &[u8]| {
    let path = FOLDER.path().join("pytorch_model.bin");
    std::fs::write(&path, bytes).expect("written");
    let target = Target::open(DeviceSpec::CpuReference, Precision::F32).expect("the CPU");
    let family = family::of_config("fuzzed", CONFIG).expect("a family");
    let _ = (family.open)("fuzzed", CONFIG, &Weights::PyTorch(vec![path]), &target);
});
