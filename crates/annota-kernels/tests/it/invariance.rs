//! What comes out for a sequence is the same, bit for bit, whatever it is computed with.

use super::support::{ALBERT, Encoder, Random, Shape, VOCABULARY, packings};
use annota_kernels::{Activation, Method};

const SHAPE: Shape = if cfg!(miri) {
    Shape { embedding: 3, hidden: 9, heads: 3, inner: 11, layers: 1, activation: Activation::Gelu, ..ALBERT }
} else {
    Shape { hidden: 60, heads: 3, inner: 200, activation: Activation::Gelu, ..ALBERT }
};

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|x| x.to_bits()).collect()
}

#[test]
fn batches_and_threads() {
    let encoder = Encoder::random(SHAPE, 2);
    let mut random = Random::new(9);
    let count = if cfg!(miri) { 3 } else { 40 };
    let sequences: Vec<Vec<u32>> = (1..=count).map(|length| random.ids(length, VOCABULARY)).collect();
    for packing in packings(Method::Strassen) {
        let stack = encoder.stack_by(packing);
        let alone: Vec<u32> =
            sequences.iter().flat_map(|ids| bits(&encoder.run(&stack, std::slice::from_ref(ids), 1))).collect();
        for threads in 1..=3 {
            let together = encoder.run(&stack, &sequences, threads);
            assert!(bits(&together) == alone, "{packing:?} on {threads} threads");
        }
        // In other company, and by a team.
        let (last, threads) = (&sequences[count - 1], 4);
        let long = if cfg!(miri) { vec![1; 5] } else { random.ids(300, VOCABULARY) };
        let out = encoder.run(&stack, &[last.clone(), long, last.clone()], threads);
        let (size, expected) = (last.len() * SHAPE.hidden, &alone[alone.len() - last.len() * SHAPE.hidden..]);
        assert!(bits(&out[..size]) == expected && bits(&out[out.len() - size..]) == expected, "{packing:?}");
    }
}
