//! Whole encoders against f64.
//!
//! In f32 the tolerance is the rounding of f32. In bf16 and in bytes the reference rounds at the same places, but a value
//! that lies within f32 rounding of the middle between two neighbours may go to the other one: rarely, by a step of that
//! precision (2⁻⁸ of the value, 1/127 of the largest) times a weight. So the largest difference is held to a few such
//! steps, the mean to far less than one.

use super::support::{ALBERT, Encoder, PRECISIONS, Random, Shape, VOCABULARY, difference, packings};
use annota_kernels::{Activation, Isa, Method, Precision};

/// Of the largest and of the mean difference.
fn tolerance(precision: Precision) -> (f64, f64) {
    match precision {
        Precision::F32 => (4e-6, 5e-7),
        Precision::Bf16 => (2e-2, 2e-3),
        Precision::Int8 => (5e-2, 5e-3),
    }
}

fn check(shape: Shape, lengths: &[usize], threads: usize) {
    let encoder = Encoder::random(shape, 7);
    let mut random = Random::new(11);
    let sequences: Vec<Vec<u32>> = lengths.iter().map(|&n| random.ids(n, VOCABULARY)).collect();
    for precision in PRECISIONS {
        let reference: Vec<f64> = sequences.iter().flat_map(|ids| encoder.reference(ids, precision)).collect();
        for packing in packings(Method::Strassen).into_iter().filter(|packing| packing.precision == precision) {
            let out = encoder.run(&encoder.stack_by(packing), &sequences, threads);
            let (largest, mean) = difference(&out, &reference);
            let (most, average) = tolerance(precision);
            assert!(largest < most && mean < average, "{packing:?} {shape:?}: {largest:e}, mean {mean:e}");
        }
    }
}

#[test]
fn like_albert() {
    let lengths: &[usize] = if cfg!(miri) { &[3] } else { &[1, 2, 17, 40, 5, 128, 33] };
    check(ALBERT, lengths, 2);
}

#[test]
fn like_bert() {
    let shape = Shape { embedding: ALBERT.hidden, shared: false, activation: Activation::Gelu, ..ALBERT };
    check(shape, if cfg!(miri) { &[2] } else { &[9, 30, 1] }, 1);
}

#[test]
fn like_distilbert() {
    let shape = Shape { embedding: ALBERT.hidden, shared: false, typed: false, activation: Activation::Gelu, ..ALBERT };
    check(shape, if cfg!(miri) { &[2] } else { &[12, 6] }, 2);
}

#[test]
fn odd_sizes() {
    let lengths: &[usize] = if cfg!(miri) { &[2, 1] } else { &[1, 7, 16, 50, 3] };
    for (embedding, hidden, heads, inner) in [(7, 15, 3, 33), (33, 33, 1, 5), (1, 21, 7, 70), (40, 100, 5, 130)] {
        let shape = Shape { embedding, hidden, heads, inner, layers: 2, activation: Activation::Relu, ..ALBERT };
        check(shape, lengths, 2);
    }
}

#[test]
#[cfg_attr(miri, ignore = "slow")]
fn a_long_sequence() {
    let shape = Shape { embedding: 8, hidden: 16, heads: 2, inner: 40, layers: 1, ..ALBERT };
    check(shape, &[600, 4], 2);
}

#[test]
#[cfg_attr(miri, ignore = "slow")]
fn twelve_layers() {
    let shape = Shape { hidden: 96, inner: 384, layers: 12, ..ALBERT };
    let encoder = Encoder::random(shape, 3);
    let ids = Random::new(5).ids(48, VOCABULARY);
    let reference = encoder.reference(&ids, Precision::F32);
    for packing in packings(Method::Strassen).into_iter().filter(|packing| packing.precision == Precision::F32) {
        let out = encoder.run(&encoder.stack_by(packing), std::slice::from_ref(&ids), 2);
        let (largest, _) = difference(&out, &reference);
        assert!(largest < 1e-5, "{packing:?}: {largest:e}");
    }
}

#[test]
fn nothing_comes_of_nothing() {
    let encoder = Encoder::random(ALBERT, 1);
    for isa in Isa::available() {
        let stack = encoder.stack(Precision::F32, isa);
        assert!(encoder.run(&stack, &[], 2).is_empty());
        assert!(encoder.run(&stack, &[vec![], vec![]], 2).is_empty());
        let alone = encoder.run(&stack, &[vec![4, 5]], 1);
        assert_eq!(encoder.run(&stack, &[vec![], vec![4, 5], vec![]], 1), alone);
    }
}
