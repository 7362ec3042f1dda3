//! `pieces MODEL_FOLDER TOKENIZER_JSON TEXTS_JSON ROUNDS`: the CPU seconds of cutting texts into pieces with their
//! places, by Annota and by the `tokenizers` library, in turns on one thread; and how many texts get equal ids.

use std::path::Path;

use annota_models::pieces::{PieceTokenizer, SpecialPieces};
use annota_models::store::ModelFiles;
use anyhow::{Result, anyhow, bail};
use serde_json::json;
use tokenizers::Tokenizer;

/// CPU seconds of `cut` over all texts, and the pieces it made.
fn time(texts: &[String], mut cut: impl FnMut(&str) -> Result<usize>) -> Result<(f64, usize)> {
    let (before, mut pieces) = (thread_seconds(), 0);
    for text in texts {
        pieces += cut(text)?;
    }
    Ok((thread_seconds() - before, pieces))
}

/// User and system seconds of this thread.
fn thread_seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a place for the answer.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

fn ours(tokenizer: &PieceTokenizer, text: &str) -> Result<usize> {
    let pieces = tokenizer.encode(text, SpecialPieces::Text)?;
    assert_eq!(pieces.ids.len(), pieces.spans.len());
    Ok(pieces.ids.len())
}

fn theirs(tokenizer: &Tokenizer, text: &str) -> Result<usize> {
    let encoding = tokenizer.encode(text, false).map_err(|error| anyhow!(error))?;
    assert_eq!(encoding.get_ids().len(), encoding.get_offsets().len());
    Ok(encoding.get_ids().len())
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, tokenizer, texts, rounds] = arguments.as_slice() else {
        bail!("expected MODEL_FOLDER TOKENIZER_JSON TEXTS_JSON ROUNDS");
    };
    let texts: Vec<String> = serde_json::from_slice(&std::fs::read(texts)?)?;
    let files = ModelFiles::in_folder(folder, Path::new(folder))?;
    let library = Tokenizer::from_file(tokenizer).map_err(|error| anyhow!(error))?;
    let known = PieceTokenizer::open(&files)?;
    let mut equal = 0;
    for text in &texts {
        let encoding = library.encode(text.as_str(), false).map_err(|error| anyhow!(error))?;
        equal += usize::from(known.encode(text, SpecialPieces::Text)?.ids == encoding.get_ids());
    }
    let mut seen = Vec::new();
    for _ in 0..rounds.parse()? {
        let (library, _) = time(&texts, |text| theirs(&library, text))?;
        // A tokenizer that has not seen a word yet, as a process has it at its first text.
        let fresh = PieceTokenizer::open(&files)?;
        let (new, pieces) = time(&texts, |text| ours(&fresh, text))?;
        let (known, _) = time(&texts, |text| ours(&known, text))?;
        seen.push(json!({"tokenizers": library, "annota": new, "annota, words seen before": known, "pieces": pieces}));
    }
    let bytes: usize = texts.iter().map(String::len).sum();
    println!("{}", json!({"texts": texts.len(), "bytes": bytes, "equal": equal, "rounds": seen}));
    Ok(())
}
