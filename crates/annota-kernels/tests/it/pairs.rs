//! Layers that are wide enough for Strassen's method, which takes the rows of long sequences in pairs.

use super::support::{ALBERT, Encoder, Random, Shape, VOCABULARY, difference};
use annota_kernels::{Activation, Isa, Method, Packing, Precision};

/// Halves of the columns are an odd number of blocks.
const SHAPE: Shape = if cfg!(miri) {
    Shape { embedding: 3, hidden: 16, heads: 2, inner: 32, layers: 1, activation: Activation::Relu, ..ALBERT }
} else {
    Shape { embedding: 576, hidden: 544, heads: 4, inner: 544, layers: 2, activation: Activation::Gelu, ..ALBERT }
};

/// Below it, rows are multiplied plainly.
const LONG: usize = 32;

fn packing(isa: Isa, method: Method) -> Packing {
    Packing { precision: Precision::F32, isa, method }
}

fn sequences() -> Vec<Vec<u32>> {
    let lengths: &[usize] = if cfg!(miri) { &[2, 33, 32] } else { &[31, 32, 1, 33, 40, 0, 67, 3, 32] };
    let mut random = Random::new(23);
    lengths.iter().map(|&length| random.ids(length, VOCABULARY)).collect()
}

#[test]
fn against_f64() {
    let (encoder, sequences) = (Encoder::random(SHAPE, 8), sequences());
    let reference: Vec<f64> = sequences.iter().flat_map(|ids| encoder.reference(ids, Precision::F32)).collect();
    for isa in Isa::available() {
        let [(plain, mean_plain), (pairs, mean_pairs)] = [Method::Plain, Method::Strassen].map(|method| {
            let out = encoder.run(&encoder.stack_by(packing(isa, method)), &sequences, 2);
            difference(&out, &reference)
        });
        // The sums of halves cost half a bit of precision or so.
        let errors = format!("{isa}: {plain:e} {pairs:e}, mean {mean_plain:e} {mean_pairs:e}");
        assert!(plain < 1e-5 && pairs < 2.0 * plain && mean_pairs < 1.5 * mean_plain, "{errors}");
    }
}

#[test]
fn short_sequences_are_multiplied_plainly() {
    let encoder = Encoder::random(SHAPE, 8);
    for isa in Isa::available() {
        let [plain, pairs] = [Method::Plain, Method::Strassen].map(|method| encoder.stack_by(packing(isa, method)));
        for ids in sequences() {
            let [plain, pairs] = [&plain, &pairs].map(|stack| encoder.run(stack, std::slice::from_ref(&ids), 1));
            assert_eq!(plain == pairs, ids.len() < LONG, "{isa}, {} pieces", ids.len());
        }
    }
}

#[test]
fn batches_and_threads() {
    let (encoder, mut sequences) = (Encoder::random(SHAPE, 8), sequences());
    // Of several blocks of rows.
    let long = if cfg!(miri) { 35 } else { 350 };
    sequences.insert(4, Random::new(5).ids(long, VOCABULARY));
    for isa in Isa::available() {
        let stack = encoder.stack_by(packing(isa, Method::Strassen));
        let alone: Vec<f32> =
            sequences.iter().flat_map(|ids| encoder.run(&stack, std::slice::from_ref(ids), 1)).collect();
        assert!(encoder.run(&stack, &sequences, 2) == alone, "{isa} on two threads");
        // By a team.
        let last = sequences.last().map_or(&[][..], Vec::as_slice);
        assert!(alone.ends_with(&encoder.run(&stack, &[last.to_vec()], 4)), "{isa} by a team");
    }
}
