use super::files::{ModelFiles, Place};

/// The model that is compiled in, and serves where none is named.
pub const BUNDLED: &str = "albert_tiny_en";

pub fn files() -> ModelFiles {
    ModelFiles::new(
        BUNDLED,
        Place::Binary {
            config: include_str!("../../bundled/albert-tiny-en/config.json"),
            tokenizer: include_bytes!("../../bundled/albert-tiny-en/tokenizer.json"),
            weights: include_bytes!("../../bundled/albert-tiny-en/model.safetensors"),
            card: include_str!("../../bundled/albert-tiny-en/README.md"),
        },
    )
}
