//! f32 that are multiplied as sums of three bf16 are as exact as f32.

use super::support::{ALBERT, Encoder, Linear, Random, Shape, VOCABULARY, difference, has_thirds};
use annota_kernels::{Activation, Isa, Method, PackedLinear, Packing, Precision};

const SHAPE: Shape =
    Shape { embedding: 200, hidden: 480, heads: 4, inner: 900, layers: 2, activation: Activation::Gelu, ..ALBERT };

fn packing(isa: Isa, method: Method) -> Packing {
    Packing { precision: Precision::F32, isa, method }
}

fn isas() -> impl Iterator<Item = Isa> {
    Isa::available().into_iter().filter(has_thirds)
}

#[test]
fn against_f64() {
    let encoder = Encoder::random(SHAPE, 8);
    let mut random = Random::new(23);
    let sequences: Vec<Vec<u32>> = [31, 32, 1, 40, 0, 67].map(|length| random.ids(length, VOCABULARY)).to_vec();
    let reference: Vec<f64> = sequences.iter().flat_map(|ids| encoder.reference(ids, Precision::F32)).collect();
    for isa in isas() {
        let [(plain, mean_plain), (thirds, mean_thirds)] = [Method::Plain, Method::Thirds].map(|method| {
            let out = encoder.run(&encoder.stack_by(packing(isa, method)), &sequences, 2);
            difference(&out, &reference)
        });
        let errors = format!("{isa}: {plain:e} {thirds:e}, mean {mean_plain:e} {mean_thirds:e}");
        // Vectors round each of the twelve products in a word by itself; tiles add up sixteen words before they round the sum.
        let most = if isa == Isa::Amx { 0.75 } else { 1.5 };
        assert!(plain < 1e-5 && thirds < 2.5 * plain && mean_thirds < most * mean_plain, "{errors}");
    }
}

/// Rows and weights of all magnitudes: a part is as far below the one before it in each.
#[test]
fn magnitudes() {
    let (rows, input, output) = (33, 70, 40);
    let mut random = Random::new(3);
    let linear = Linear::random(&mut random, input, output);
    let x = random.values(rows * input, 1.0);
    for isa in isas() {
        for power in [-60, -30, 0, 30, 60] {
            let factor = 2.0_f32.powi(power);
            let bias = linear.bias.iter().map(|x| x * factor).collect();
            let scaled = Linear { weight: linear.weight.iter().map(|x| x * factor).collect(), bias, input, output };
            let packed = PackedLinear::pack(&scaled.weights(), packing(isa, Method::Thirds));
            let mut out = vec![f32::NAN; rows * output];
            packed.apply(&x, &mut out);
            let x: Vec<f64> = x.iter().copied().map(f64::from).collect();
            let expected: Vec<f64> = linear.apply(&x, Precision::F32);
            let out: Vec<f32> = out.into_iter().map(|y| y / factor).collect();
            let (largest, _) = difference(&out, &expected);
            assert!(largest < 3e-6, "{isa} 2^{power}: {largest:e}");
        }
    }
}
