//! What vectors must not depend on, and what windows give.

use std::ops::Range;
use std::sync::Arc;

use annota_models::engine::EngineSettings;
use annota_models::{DeviceSpec, Model, Pooling, Precision, TextSettings, TokenSettings, TokenizedText, store};

/// Of burn's operations: kernels for small matrices sum in another order, 2e-5 is what was measured, with room. Our own
/// kernels sum in one order.
const TOLERANCE: f32 = 2e-5;

fn model() -> Arc<Model> {
    Model::shared(store::BUNDLED, DeviceSpec::Cpu, Precision::F32).expect("the bundled model")
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn words(text: &str) -> Vec<Range<usize>> {
    let start = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
    text.split_whitespace().map(|word| start(word)..start(word) + word.len()).collect()
}

fn uncached(pooling: Pooling, batch_tokens: usize) -> TextSettings {
    let engine = EngineSettings { batch_tokens: Some(batch_tokens), cache_bytes: 0 };
    TextSettings { pooling: Some(pooling), engine, ..TextSettings::default() }
}

#[test]
fn batch_mates_and_batch_size_change_nothing() {
    let texts: Vec<String> = (1..40).map(|count| "a ship sails over the sea ".repeat(count % 13 + 1)).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    for device in [DeviceSpec::Cpu, DeviceSpec::CpuReference] {
        let model = Model::shared(store::BUNDLED, device, Precision::F32).expect("the bundled model");
        for pooling in [Pooling::Mean, Pooling::Cls, Pooling::Max, Pooling::Sum] {
            let together = model.embed_texts(&texts, uncached(pooling, 4096)).expect("vectors");
            let small = model.embed_texts(&texts, uncached(pooling, 64)).expect("vectors");
            for (index, text) in texts.iter().enumerate() {
                let alone = model.embed_texts(&[text], uncached(pooling, 4096)).expect("vectors");
                // A sum over n pieces carries n times the error.
                let scale = if pooling == Pooling::Sum { 100.0 } else { 1.0 };
                let tolerance = if device == DeviceSpec::Cpu { 0.0 } else { TOLERANCE * scale };
                let alone = alone.get(0).expect("one");
                for other in [&together, &small] {
                    let difference = largest_difference(alone, other.get(index).expect("one"));
                    assert!(difference <= tolerance, "{device} {pooling:?} {index}: {difference}");
                }
            }
        }
    }
}

#[test]
fn threads_share_one_engine() {
    let expected = model().embed_texts(&["shared by many"], TextSettings::default()).expect("a vector");
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|index| {
                scope.spawn(move || {
                    let own = format!("thread {index}");
                    let texts = ["shared by many", own.as_str()];
                    model().embed_texts(&texts, uncached(Pooling::Mean, 2048)).expect("vectors")
                })
            })
            .collect();
        for thread in threads {
            let vectors = thread.join().expect("a thread");
            let difference = largest_difference(vectors.get(0).expect("one"), expected.get(0).expect("one"));
            assert!(difference < TOLERANCE, "{difference}");
        }
    });
}

#[test]
fn equal_texts_are_computed_once() {
    let texts = vec!["an odd sentence about counters, said 20 times"; 20];
    let before = model().counters().snapshot();
    let first = model().embed_texts(&texts, TextSettings::default()).expect("vectors");
    let computed = model().counters().snapshot().since(before);
    assert!(computed.cache_hits >= 19, "{computed:?}");
    let second = model().embed_texts(&texts, TextSettings::default()).expect("vectors");
    assert_eq!(first, second);
}

#[test]
fn a_long_text_is_windowed_and_every_token_has_a_vector() {
    let text = "the lighthouse keeper counted the ships that passed in the night ".repeat(200);
    let tokens = words(&text);
    let count = tokens.len();
    let before = model().counters().snapshot();
    let found =
        model().embed_tokens(&[TokenizedText { text: &text, tokens }], TokenSettings::default()).expect("vectors");
    assert!(model().counters().snapshot().since(before).windowed >= 1);
    assert_eq!(found.vectors.len(), count);
    assert!(found.vectors.iter().all(|vector| vector.is_some()));
}

#[test]
fn tokens_of_a_short_text_have_the_states_of_their_first_pieces() {
    // reference.json: positions 1, 2 and 4 of "I love NLP", which is cut into ▁i ▁love ▁ n l p.
    let text = "I love NLP";
    let found = model()
        .embed_tokens(&[TokenizedText { text, tokens: words(text) }], TokenSettings::default())
        .expect("vectors");
    let expected = [[1.098385, 2.76855], [1.913846, -0.48792], [1.833367, -0.551608]];
    for (index, expected) in expected.iter().enumerate() {
        let vector = found.vectors.get(index).expect("a vector");
        assert!(largest_difference(&vector[..2], expected) < 1e-4, "{index}: {vector:?}");
    }
    assert_eq!(found.pieces, [Some(20), Some(284), Some(129)]);
}

#[test]
fn what_normalisation_removes_has_no_vector() {
    let text = "a \u{200b} b";
    let tokens = vec![0..1, 2..5, 6..7];
    let found = model().embed_tokens(&[TokenizedText { text, tokens }], TokenSettings::default()).expect("vectors");
    let has: Vec<bool> = found.vectors.iter().map(|vector| vector.is_some()).collect();
    assert_eq!(has, [true, false, true]);
}
