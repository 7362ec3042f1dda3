//! The bundled model gives the vectors of its `reference.json`: a float32 run of the same weights by Hugging
//! Face transformers.

use annota_models::pieces::{PieceTokenizer, SpecialPieces};
use annota_models::{DeviceSpec, Model, ModelError, Precision, TextSettings, store};
use serde::Deserialize;

const REFERENCE: &str = include_str!("../../bundled/albert-tiny-en/reference.json");

#[derive(Deserialize)]
struct Reference {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    text: String,
    input_ids: Vec<u32>,
    mean_pooled: Vec<f32>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str::<Reference>(REFERENCE).expect("reference.json").cases
}

#[test]
fn ids_are_those_of_the_reference() -> Result<(), ModelError> {
    let tokenizer = PieceTokenizer::shared(store::BUNDLED)?;
    for case in cases() {
        let pieces = tokenizer.encode(&case.text, SpecialPieces::Parse)?;
        assert_eq!(tokenizer.with_special(&pieces.ids), case.input_ids, "{}", case.name);
    }
    Ok(())
}

/// 1e-4: the reference is printed with six digits, and two float32 runs differ by a few 1e-6.
#[test]
fn vectors_are_those_of_the_reference() -> Result<(), ModelError> {
    let model = Model::shared(store::BUNDLED, DeviceSpec::Cpu, Precision::F32)?;
    let cases = cases();
    let texts: Vec<&str> = cases.iter().map(|case| case.text.as_str()).collect();
    // One text has special pieces in it, which are what they stand for in the reference.
    let settings = TextSettings { special_pieces: SpecialPieces::Parse, ..TextSettings::default() };
    let vectors = model.embed_texts(&texts, settings)?;
    for (index, case) in cases.iter().enumerate() {
        let vector = vectors.get(index).expect("a vector");
        let difference = vector.iter().zip(&case.mean_pooled).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(difference < 1e-4, "{}: {difference}", case.name);
    }
    Ok(())
}
