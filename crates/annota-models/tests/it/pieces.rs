//! Pieces against Hugging Face's slow tokenizers, on the small vocabularies of `tests/golden/pieces` (its `make.py`
//! makes them).

use std::fs;
use std::path::{Path, PathBuf};

use annota_models::pieces::{ChunkSettings, PieceTokenizer, SpecialPieces};
use annota_models::store::{self, ModelFiles};
use proptest::prelude::*;
use serde::de::DeserializeOwned;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/pieces");
const BUNDLED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/bundled/albert-tiny-en");

/// The tokenizer of a case; weights and configuration are another model's, since no text is embedded.
fn tokenizer(case: &Path) -> PieceTokenizer {
    let folder = tempfile::tempdir().expect("a folder");
    let files = ["spiece.model", "vocab.txt", "tokenizer_config.json"].map(|file| case.join(file));
    let others = ["config.json", "model.safetensors"].map(|file| Path::new(BUNDLED).join(file));
    for file in files.iter().chain(&others).filter(|file| file.is_file()) {
        fs::copy(file, folder.path().join(file.file_name().expect("a name"))).expect("a copy");
    }
    let files = ModelFiles::in_folder("case", folder.path()).expect("files");
    PieceTokenizer::open(&files).expect("a tokenizer")
}

fn read<T: DeserializeOwned>(path: &Path) -> T {
    serde_json::from_str(&fs::read_to_string(path).expect("a file")).expect("JSON")
}

fn cases() -> Vec<PathBuf> {
    let entries = fs::read_dir(GOLDEN).expect("the golden folder").map(|entry| entry.expect("an entry").path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

#[test]
fn ids_are_those_of_the_slow_tokenizers() {
    let cases = cases();
    assert!(cases.len() >= 8, "{} cases", cases.len());
    for case in cases {
        let tokenizer = tokenizer(&case);
        for (text, expected) in read::<Vec<(String, Vec<u32>)>>(&case.join("expected.json")) {
            let pieces = tokenizer.encode(&text, SpecialPieces::Text).expect("pieces");
            assert_eq!(pieces.ids, expected, "{} {text:?}", case.display());
        }
    }
}

#[test]
fn words_by_themselves_are_cut_as_spark_nlp_cuts_them() {
    let case = Path::new(GOLDEN).join("unigram");
    let tokenizer = tokenizer(&case);
    for (word, expected) in read::<Vec<(String, Vec<u32>)>>(&case.join("words.json")) {
        assert_eq!(tokenizer.encode_word(&word).expect("pieces").ids, expected, "{word:?}");
    }
}

#[test]
fn special_pieces_are_parsed_where_asked() {
    for name in ["unigram", "word_piece"] {
        let tokenizer = tokenizer(&Path::new(GOLDEN).join(name));
        let (before, _) = tokenizer.around();
        let parsed = tokenizer.encode("a [CLS] b", SpecialPieces::Parse).expect("pieces");
        let place = parsed.ids.iter().position(|id| before == [*id]).expect("[CLS]");
        assert_eq!(parsed.spans[place], 2..7, "{name}");
        let plain = tokenizer.encode("a [CLS] b", SpecialPieces::Text).expect("pieces");
        assert!(!plain.ids.contains(&before[0]), "{name}");
    }
}

#[test]
fn damaged_vocabularies_are_errors() {
    let bytes = fs::read(Path::new(GOLDEN).join("unigram/spiece.model")).expect("a file");
    let folder = tempfile::tempdir().expect("a folder");
    for file in ["config.json", "model.safetensors"] {
        fs::copy(Path::new(BUNDLED).join(file), folder.path().join(file)).expect("a copy");
    }
    let files = ModelFiles::in_folder("case", folder.path()).expect("files");
    let open = |bytes: &[u8]| {
        fs::write(folder.path().join("spiece.model"), bytes).expect("written");
        PieceTokenizer::open(&files).and_then(|tokenizer| tokenizer.encode("a small text, 2010,", SpecialPieces::Text))
    };
    assert!(open(&bytes).is_ok());
    assert!(open(&[]).expect_err("empty").to_string().contains("spiece.model: it has no pieces"));
    for cut in (1..bytes.len()).step_by(97) {
        // Where a field ends, less is a smaller vocabulary.
        let _ = open(&bytes[..cut]);
    }
    for place in (0..bytes.len()).step_by(41) {
        let mut broken = bytes.clone();
        broken[place] ^= 1 << (place % 8);
        let _ = open(&broken);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn chunks_hold_every_token_within_the_limit(text in "([a-zé😀]{1,40}[.!]? ){0,60}", max_pieces in 8_usize..40, overlap in 0_usize..8) {
        let tokenizer = PieceTokenizer::shared(store::BUNDLED).expect("the bundled model");
        let mut tokens = Vec::new();
        let mut start = 0;
        for word in text.split(' ') {
            if !word.is_empty() {
                tokens.push(start..start + word.len());
            }
            start += word.len() + 1;
        }
        let ends = |token: &std::ops::Range<usize>| text[..token.end].ends_with(['.', '!']);
        let mut sentences = Vec::new();
        let mut begin = 0;
        for (index, token) in tokens.iter().enumerate() {
            if ends(token) || index + 1 == tokens.len() {
                sentences.push(begin..token.end);
                begin = tokens.get(index + 1).map_or(0, |next| next.start);
            }
        }
        let chunks = tokenizer.chunks(&text, &sentences, &tokens, ChunkSettings { max_pieces, overlap }).expect("chunks");
        for chunk in &chunks {
            prop_assert!(tokenizer.count(&text[chunk.clone()]).expect("a count") <= max_pieces);
        }
        prop_assert!(chunks.windows(2).all(|pair| pair[0].start < pair[1].start && pair[0].end < pair[1].end));
        for token in &tokens {
            for byte in token.clone() {
                prop_assert!(chunks.iter().any(|chunk| chunk.contains(&byte)), "byte {byte} of {text:?}");
            }
        }
    }
}
