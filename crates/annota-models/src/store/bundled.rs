use super::files::{ModelFiles, Place};

/// The model that is compiled in, and serves where none is named.
pub const BUNDLED: &str = "albert_tiny_en";

/// The weights among [`FILES`].
pub const WEIGHTS: &[u8] = include_bytes!("../../bundled/albert-tiny-en/model.safetensors");

/// The files of the bundled model, in Hugging Face's layout.
pub const FILES: &[(&str, &[u8])] = &[
    ("config.json", include_bytes!("../../bundled/albert-tiny-en/config.json")),
    ("tokenizer.json", include_bytes!("../../bundled/albert-tiny-en/tokenizer.json")),
    ("model.safetensors", WEIGHTS),
    ("README.md", include_bytes!("../../bundled/albert-tiny-en/README.md")),
];

pub fn files() -> ModelFiles {
    ModelFiles::new(BUNDLED, Place::Binary)
}
