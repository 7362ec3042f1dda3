//! The same on wgpu, where there is an adapter (Mesa's lavapipe will do). Few cases and shapes: each is compiled
//! and tuned anew. Without an adapter the test says so and counts as skipped.

use super::reference::cases;
use annota_models::{DeviceSpec, Model, Precision, TextSettings, store};
use burn::tensor::FloatDType;

/// 1e-3 is what Annota promises on a GPU in f32.
const TOLERANCE: f32 = 1e-3;

/// f16 itself differs by 6e-3 on another backend.
const HALF_TOLERANCE: f32 = 2e-2;

#[test]
fn small_models_agree_with_the_reference_on_wgpu() {
    let device = DeviceSpec::Wgpu(None);
    if let Err(error) = device.open() {
        eprintln!("skipped: {error}");
        return;
    }
    for case in cases()
        .iter()
        .filter(|case| ["albert/plain", "albert/groups_and_inner", "bert/plain"].contains(&case.name.as_str()))
    {
        let difference = case.difference(device, Precision::F32);
        assert!(difference < TOLERANCE, "{}: {difference}", case.name);
    }
    let precisions = [(Precision::F32, TOLERANCE), (Precision::F16, HALF_TOLERANCE)];
    let has_half = device.open().is_ok_and(|open| open.device.supports_dtype(FloatDType::F16));
    let expected = vector(DeviceSpec::Cpu, Precision::F32);
    for (precision, tolerance) in
        precisions.into_iter().filter(|(precision, _)| has_half || *precision == Precision::F32)
    {
        let found = vector(device, precision);
        let difference = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(difference < tolerance, "bundled in {precision}: {difference}");
        let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
        let cosine = product(&found, &expected) / (product(&found, &found) * product(&expected, &expected)).sqrt();
        assert!(cosine > 0.9999, "bundled in {precision}: {cosine}");
    }
    if !has_half {
        eprintln!("skipped: f16, which this adapter lacks");
    }
}

/// The bundled model's vector of a sentence.
fn vector(device: DeviceSpec, precision: Precision) -> Vec<f32> {
    let files = store::resolve(store::BUNDLED).expect("the bundled model");
    let model = Model::open(&files, device, precision).expect("a model");
    if device != DeviceSpec::Cpu {
        assert_ne!(model.device(), "cpu", "the adapter was not trusted");
    }
    let vectors = model.embed_texts(&["A GPU and a CPU agree on this sentence."], TextSettings::default());
    vectors.expect("vectors").get(0).expect("one").to_vec()
}

#[test]
fn auto_takes_no_software_rasterizer() {
    let device = DeviceSpec::Auto.open().expect("auto always opens something");
    assert!(!device.is_software() && !device.name.contains("llvmpipe"), "{}", device.name);
}

#[test]
fn an_adapter_is_opened_once_whatever_it_is_called() {
    let Ok(any) = DeviceSpec::Wgpu(None).open() else {
        eprintln!("skipped: an_adapter_is_opened_once_whatever_it_is_called: no adapter");
        return;
    };
    let DeviceSpec::Wgpu(Some(_)) = any.spec else { panic!("{} has no number", any.spec) };
    assert_eq!(any.spec.open().expect("the same").device, any.device);
}

/// Software rasterizers get WGSL unless the environment asks for SPIR-V, in the build that has both.
#[test]
fn a_software_rasterizer_gets_wgsl() {
    let asked = std::env::var("ANNOTA_VULKAN_KERNELS").unwrap_or_default();
    match DeviceSpec::Wgpu(None).open() {
        Ok(device) if device.is_software() => {
            assert_eq!(device.kernels, if asked == "spirv" { "SPIR-V" } else { "WGSL" });
        }
        other => eprintln!("skipped: a_software_rasterizer_gets_wgsl: {other:?}"),
    }
}

#[test]
fn the_devices_of_this_machine() {
    let devices = annota_models::devices();
    assert_eq!(devices[0].spec, DeviceSpec::Cpu);
    assert_eq!(devices.iter().filter(|device| device.is_auto).count(), 1);
    for device in &devices {
        assert!(device.error.is_some() || !device.kernels.is_empty(), "{device:?}");
        assert_eq!(device.spec.to_string().parse::<DeviceSpec>().expect("a device"), device.spec);
    }
    let absent = DeviceSpec::Wgpu(Some(devices.len())).open().expect_err("there are fewer").to_string();
    assert!(absent.contains("`annota devices`"), "{absent}");
    for device in devices.iter().skip(1) {
        assert!(absent.contains(&format!("`{}` ({})", device.spec, device.name)), "{absent}");
    }
}
