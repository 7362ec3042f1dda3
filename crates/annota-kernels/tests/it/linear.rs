//! Linear layers of all sizes against f64. What is rounded to bf16 or to bytes is rounded as in the reference, exactly;
//! what is left is the rounding of f32 sums.

use super::support::{Linear, PRECISIONS, Random, difference, packings};
use annota_kernels::{Isa, Method, PackedLinear, Packing, Precision};

fn plain(precision: Precision, isa: Isa) -> Packing {
    Packing { precision, isa, method: Method::Plain }
}

fn check(packing: Packing, sizes: [usize; 3]) {
    check_within(3e-6, packing, sizes);
}

fn check_within(most: f64, packing: Packing, [rows, input, output]: [usize; 3]) {
    let mut random = Random::new((rows * 1_000_003 + input * 1009 + output) as u64);
    let linear = Linear::random(&mut random, input, output);
    let x = random.values(rows * input, 1.0);
    let packed = PackedLinear::pack(&linear.weights(), packing);
    let mut out = vec![f32::NAN; rows * output];
    packed.apply(&x, &mut out);
    let x: Vec<f64> = x.into_iter().map(f64::from).collect();
    let (largest, _) = difference(&out, &linear.apply(&x, packing.precision));
    assert!(largest < most, "{packing:?} {rows}x{input}x{output}: {largest:e}");
}

#[test]
fn sizes_around_vectors_and_tiles() {
    let sizes = if cfg!(miri) { &[1, 9][..] } else { &[1, 2, 3, 4, 5, 15, 16, 17, 31, 32, 33, 64, 65] };
    for packing in packings(Method::Plain) {
        for &input in sizes {
            for &output in sizes {
                check(packing, [3, input, output]);
            }
        }
    }
}

#[test]
fn every_number_of_rows() {
    let last = if cfg!(miri) { 5 } else { 45 };
    for packing in packings(Method::Plain) {
        (0..last).for_each(|rows| check(packing, [rows, 20, 40]));
    }
}

#[test]
#[cfg_attr(miri, ignore = "slow")]
fn a_wide_layer() {
    for isa in Isa::available() {
        PRECISIONS.iter().for_each(|&precision| check(plain(precision, isa), [30, 768, 200]));
    }
}

/// Of several chunks, the last of which fills no tile; the rounding of a sum grows with its length.
#[test]
#[cfg_attr(miri, ignore = "slow")]
fn a_deep_layer() {
    packings(Method::Plain).into_iter().for_each(|packing| check_within(1e-5, packing, [75, 1700, 200]));
}

#[test]
fn zeros_have_no_scale() {
    for isa in Isa::available() {
        let linear = Linear { weight: vec![0.0; 6], bias: vec![1.5, -2.0], input: 3, output: 2 };
        let packed = PackedLinear::pack(&linear.weights(), plain(Precision::Int8, isa));
        let mut out = [0.0; 4];
        packed.apply(&[0.0; 6], &mut out);
        assert_eq!(out, [1.5, -2.0, 1.5, -2.0]);
    }
}

#[test]
#[should_panic(expected = "weight of a linear layer")]
fn sizes_are_checked() {
    let linear = Linear { weight: vec![0.0; 5], bias: vec![0.0; 2], input: 3, output: 2 };
    PackedLinear::pack(&linear.weights(), plain(Precision::F32, Isa::Portable));
}

#[test]
fn instruction_sets_agree() {
    let (rows, input, output) = if cfg!(miri) { (1, 5, 3) } else { (17, 300, 50) };
    let mut random = Random::new(4);
    let (linear, x) = (Linear::random(&mut random, input, output), random.values(rows * input, 1.0));
    for precision in PRECISIONS {
        let apply = |isa: Isa| {
            let mut out = vec![f32::NAN; rows * output];
            PackedLinear::pack(&linear.weights(), plain(precision, isa)).apply(&x, &mut out);
            out
        };
        let portable: Vec<f64> = apply(Isa::Portable).into_iter().map(f64::from).collect();
        // Sums of bytes are exact: what differs is the last rounding.
        let most = if precision == Precision::Int8 { 5e-7 } else { 5e-6 };
        for isa in Isa::available() {
            let (largest, _) = difference(&apply(isa), &portable);
            assert!(largest < most, "{isa} {precision:?}: {largest:e}");
        }
    }
}
