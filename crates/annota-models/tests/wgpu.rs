//! The same on wgpu, where there is an adapter (Mesa's lavapipe will do). Few cases and shapes: each is compiled
//! and tuned anew. Without an adapter the test says so and counts as skipped.
#![cfg(feature = "wgpu")]

mod reference;

use annota_models::{DeviceSpec, Model, TextSettings, store};
use reference::cases;

/// 1e-3 is what Annota promises on a GPU in f32.
const TOLERANCE: f32 = 1e-3;

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
        let difference = case.difference(device);
        assert!(difference < TOLERANCE, "{}: {difference}", case.name);
    }
    let text = ["A GPU and a CPU agree on this sentence."];
    let vector = |device| {
        let model = Model::open(&store::resolve(store::BUNDLED)?, device)?;
        model.embed_texts(&text, TextSettings::default())
    };
    let (gpu, cpu) = (vector(device).expect("a vector"), vector(DeviceSpec::Cpu).expect("a vector"));
    let pairs = gpu.get(0).expect("one").iter().zip(cpu.get(0).expect("one"));
    let difference = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(difference < TOLERANCE, "bundled: {difference}");
}

#[test]
fn auto_takes_no_software_rasteriser() {
    let device = DeviceSpec::Auto.open().expect("auto always opens something");
    assert!(!device.name.to_lowercase().contains("llvmpipe"), "{}", device.name);
}
