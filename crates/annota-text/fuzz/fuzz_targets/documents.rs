//! Cleaning never panics, and cleans what is clean no further in the modes that leave nothing to clean.
#![no_main]

use annota_text::CleanupMode;
use libfuzzer_sys::fuzz_target;

const MODES: [&str; 8] =
    ["disabled", "inplace", "inplace_full", "shrink", "shrink_full", "each", "each_full", "delete_full"];

fuzz_target!(|text: &str| {
    for name in MODES {
        let mode: CleanupMode = name.parse().expect("a mode");
        let cleaned = mode.clean(text);
        if matches!(name, "disabled" | "inplace" | "inplace_full" | "shrink") {
            assert_eq!(mode.clean(&cleaned), cleaned, "{name}");
        }
    }
});
