//! A `spiece.model` of any bytes is a tokenizer or an error; if it is one, its pieces lie in the text, in order, and
//! in its vocabulary. Seeds are those of `tests/golden/pieces`.
#![no_main]

use std::sync::LazyLock;

use annota_models::pieces::{PieceTokenizer, SpecialPieces};
use annota_models::store::ModelFiles;
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("config.json"), r#"{"model_type": "albert"}"#).expect("written");
    std::fs::write(folder.path().join("model.safetensors"), "").expect("written");
    folder
});
const TEXTS: [&str; 4] = ["I love NLP", "  ½ Café '' 92,000 e\u{301}", "日本語\u{200b}😀\u{7f}", "[MASK]<unk>((("];

fuzz_target!(|bytes: &[u8]| {
    std::fs::write(FOLDER.path().join("spiece.model"), bytes).expect("written");
    let files = ModelFiles::in_folder("fuzzed", FOLDER.path()).expect("a folder");
    let Ok(tokenizer) = PieceTokenizer::open(&files) else { return };
    for text in TEXTS {
        for special in [SpecialPieces::Text, SpecialPieces::Parse] {
            let pieces = tokenizer.encode(text, special).expect("pieces");
            assert_eq!(pieces.ids.len(), pieces.spans.len());
            assert!(pieces.ids.iter().all(|&id| (id as usize) < tokenizer.vocabulary_size()));
            assert!(pieces.spans.iter().all(|span| text.get(span.clone()).is_some()));
            assert!(pieces.spans.windows(2).all(|pair| pair[0].start <= pair[1].start));
        }
    }
});
