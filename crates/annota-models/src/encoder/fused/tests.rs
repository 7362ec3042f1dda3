//! Every kernel against burn's operations on the CPU, which take the same numbers in f32. Without an adapter a test
//! says so and counts as skipped.

use burn::tensor::ops::AttentionModuleOptions;
use burn::tensor::{Bool, Device, FloatDType, Tensor, TensorData, module};

use super::after::{bias_activation, bias_heads, bias_residual_norm};
use super::attention::flash;
use crate::DeviceSpec;
use crate::layers::{Activation, layer_norm, mask};

/// Rows and widths, none a multiple of a workgroup but the last width, which is read four values at once.
const ROWS: [usize; 3] = [1, 3, 17];
const WIDTHS: [usize; 4] = [5, 37, 257, 768];

/// The epsilon of ALBERT and BERT.
const EPSILON: f32 = 1e-12;

/// What may differ, of values in f32: 1e-6 was measured on lavapipe, by sums of 768 terms in another order and by an error
/// function that is right to 1.5e-7. The rest is room for adapters with less exact exponentials and roots.
const TOLERANCE: f32 = 1e-5;

/// The unit of rounding of f16, relative: its results are rounded once, from f32.
const HALF: f32 = 1.0 / 2048.0;

/// The adapter, or the one that `ANNOTA_TEST_DEVICE` names, in the float types that it has.
fn adapters(test: &str) -> Vec<(Device, FloatDType)> {
    let asked = std::env::var("ANNOTA_TEST_DEVICE").map(|name| name.parse().expect("ANNOTA_TEST_DEVICE"));
    match asked.unwrap_or(DeviceSpec::Wgpu(None)).open() {
        Ok(open) => [FloatDType::F32, FloatDType::F16]
            .into_iter()
            .filter(|float| open.device.supports_dtype(*float))
            .map(|float| (open.device.clone(), float))
            .collect(),
        Err(error) => {
            eprintln!("skipped: {test}: {error}");
            Vec::new()
        }
    }
}

/// Numbers as if by chance between -`range` and `range`, on the adapter in `float`, and the same on the CPU.
fn pair<const D: usize>(
    shape: [usize; D],
    range: f32,
    seed: u64,
    (device, float): &(Device, FloatDType),
) -> [Tensor<D>; 2] {
    let mut state = seed;
    let mut number = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 40) as f32 / (1 << 23) as f32 - 1.0) * range
    };
    let values = (0..shape.iter().product()).map(|_| number()).collect();
    let exact = Tensor::<D>::from_data(TensorData::new(values, shape), &Device::flex());
    let rounded = exact.cast(*float).cast(FloatDType::F32);
    [Tensor::<D>::from_data(rounded.to_data(), device).cast(*float), rounded]
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.try_into_vec_as::<f32>().expect("numbers")
}

fn assert_same<const D: usize>(found: Tensor<D>, expected: Tensor<D>, float: FloatDType, tolerance: f32, case: &str) {
    assert_eq!(found.dims(), expected.dims(), "{case}");
    assert_eq!(FloatDType::from(found.dtype()), float, "{case}");
    let relative = if float == FloatDType::F16 { HALF } else { 0.0 };
    for (index, (found, expected)) in values(found).into_iter().zip(values(expected)).enumerate() {
        let tolerance = tolerance + relative * expected.abs();
        assert!((found - expected).abs() <= tolerance, "{case} {float:?} at {index}: {found}, not {expected}");
    }
}

#[test]
fn bias_and_activation() {
    for adapter in &adapters("bias_and_activation") {
        for (width, rows) in WIDTHS.into_iter().flat_map(|width| ROWS.map(|rows| (width, rows))) {
            let [x, x_there] = pair([1, rows, width], 10.0, 1, adapter);
            let [bias, bias_there] = pair([width], 10.0, 2, adapter);
            for activation in [Activation::Gelu, Activation::GeluNew, Activation::Relu] {
                let found = bias_activation(x.clone(), bias.clone(), activation);
                let expected = activation.forward(x_there.clone() + bias_there.clone().unsqueeze());
                assert_same(found, expected, adapter.1, TOLERANCE, &format!("{activation:?} of {rows} × {width}"));
            }
            assert_same(x, x_there, adapter.1, 0.0, "a tensor that is still held");
        }
    }
}

#[test]
fn bias_residual_and_norm() {
    for adapter in &adapters("bias_residual_and_norm") {
        for (width, rows) in WIDTHS.into_iter().flat_map(|width| ROWS.map(|rows| (width, rows))) {
            let [x, x_there] = pair([1, rows, width], 3.0, 1, adapter);
            let [residual, residual_there] = pair([1, rows, width], 3.0, 2, adapter);
            let [[bias, bias_there], [scale, scale_there], [shift, shift_there]] =
                [3, 4, 5].map(|seed| pair([width], 2.0, seed, adapter));
            let found = bias_residual_norm(x, bias, residual, [scale, shift], EPSILON);
            let mut norm = layer_norm(width, f64::from(EPSILON), &Device::flex());
            norm.gamma = norm.gamma.map(|_| scale_there.clone());
            norm.beta = norm.beta.map(|beta| beta.map(|_| shift_there.clone()));
            let expected = norm.forward(x_there + bias_there.unsqueeze() + residual_there);
            assert_same(found, expected, adapter.1, TOLERANCE, &format!("{rows} × {width}"));
        }
    }
}

/// Five units of rounding at 64. The mean of squares less the square of the mean would be wrong by 1e-4.
const FAR_TOLERANCE: f32 = 4e-5;

#[test]
fn a_norm_of_rows_that_lie_apart_and_far_from_zero() {
    for adapter in &adapters("a_norm_of_rows_that_lie_apart_and_far_from_zero") {
        let [wide, wide_there] = pair([3, 2, 1024], 1.0, 1, adapter);
        let [x, x_there] = [wide, wide_there].map(|wide| wide.narrow(2, 0, 768));
        let [residual, residual_there] = pair([3, 4, 768], 1.0, 2, adapter).map(|more| more.narrow(1, 2, 2));
        let [bias, bias_there] = pair([768], 1.0, 3, adapter).map(|bias| bias * 0.0 + 64.0);
        let ones = Tensor::<1>::ones([768], (&adapter.0, adapter.1.into()));
        let norm = [ones.clone(), ones.zeros_like()];
        let found = bias_residual_norm(x.clone(), bias, residual, norm, EPSILON);
        let expected = layer_norm(768, f64::from(EPSILON), &Device::flex())
            .forward(x_there.clone() + bias_there.unsqueeze() + residual_there);
        assert_same(found, expected, adapter.1, FAR_TOLERANCE, "apart");
        assert_same(x, x_there, adapter.1, 0.0, "a tensor that is still held");
    }
}

#[test]
fn bias_and_heads() {
    for adapter in &adapters("bias_and_heads") {
        for [b, s, heads, depth] in [[1, 1, 1, 5], [3, 1, 1, 37], [1, 3, 3, 5], [1, 17, 1, 257], [2, 17, 12, 64]] {
            let width = 3 * heads * depth;
            let [x, x_there] = pair([b, s, width], 3.0, 1, adapter);
            let [bias, bias_there] = pair([width], 3.0, 2, adapter);
            let found = bias_heads(x, bias, heads);
            let expected = (x_there + bias_there.unsqueeze()).reshape([b, s, 3, heads, depth]).permute([2, 0, 3, 1, 4]);
            assert_same(found, expected, adapter.1, TOLERANCE, &format!("{b} × {s}, {heads} × {depth}"));
        }
    }
}

/// Two sequences of that many positions at most, neither of which fills them.
fn padding(positions: usize, heads: usize, device: &Device) -> Tensor<4, Bool> {
    let lengths = [positions - 1, positions / 3];
    let values: Vec<bool> = lengths.into_iter().flat_map(|length| (0..positions).map(move |at| at >= length)).collect();
    mask(Tensor::from_data(TensorData::new(values, [2, positions]), device), heads)
}

/// Values below 3 are averaged by weights that are f16 too, each rounded once; their sum is f32.
const MEAN_TOLERANCE: f32 = TOLERANCE + 3.0 * HALF;

/// A length that planes share evenly, and one that no number of them does; the last may be done with scores as well.
#[test]
fn attention_of_long_sequences() {
    for adapter in &adapters("attention_of_long_sequences") {
        let tolerance = if adapter.1 == FloatDType::F16 { MEAN_TOLERANCE } else { TOLERANCE };
        let mut cases = vec![(65, true, false), (128, false, false)];
        // Tuning takes a software rasteriser a minute.
        if adapter.1 == FloatDType::F32 {
            cases.push((65, true, true));
        }
        for (positions, padded, may_have_scores) in cases {
            let case = format!("{positions} positions, padded: {padded}, with scores: {may_have_scores}");
            let [[query, query_there], [key, key_there], [value, value_there]] =
                [1, 2, 3].map(|seed| pair([2, 2, positions, 32], 3.0, seed, adapter));
            let [padding, padding_there] =
                [&adapter.0, &Device::flex()].map(|device| padded.then(|| padding(positions, 2, device)));
            let found = flash(query, key, value, padding, may_have_scores);
            let found = found.unwrap_or_else(|| panic!("no kernel for {case}"));
            let options = AttentionModuleOptions::default();
            let expected = module::attention(query_there, key_there, value_there, padding_there, None, options);
            assert_same(found, expected, adapter.1, tolerance, &case);
        }
    }
}

/// Parts of one product, whose rows lie apart.
#[test]
fn attention_of_parts() {
    for adapter in &adapters("attention_of_parts") {
        let tolerance = if adapter.1 == FloatDType::F16 { MEAN_TOLERANCE } else { TOLERANCE };
        let [all, all_there] = pair([2, 96, 3, 2, 32], 3.0, 1, adapter).map(|all| all.permute([2, 0, 3, 1, 4]));
        let part = |all: &Tensor<5>, index| all.clone().narrow(0, index, 1).squeeze_dim::<4>(0);
        let [query, key, value] = [0, 1, 2].map(|index| part(&all, index));
        let found = flash(query, key, value, Some(padding(96, 2, &adapter.0)), false).expect("a kernel");
        let [query, key, value] = [0, 1, 2].map(|index| part(&all_there, index));
        let padding = Some(padding(96, 2, &Device::flex()));
        let expected = module::attention(query, key, value, padding, None, AttentionModuleOptions::default());
        assert_same(found, expected, adapter.1, tolerance, "parts");
    }
}
