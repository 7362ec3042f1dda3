//! Hidden states against Hugging Face transformers, on the small random models of `tests/golden` (each family's
//! `make.py` makes them).

mod reference;

use annota_models::DeviceSpec;
use reference::{Case, cases};

/// 1e-4 is what Annota promises on a CPU. Measured: 4e-6; the reference is printed with six digits.
const TOLERANCE: f32 = 1e-4;

#[test]
fn hidden_states_are_those_of_transformers() {
    let cases = cases();
    assert!(cases.len() >= 23, "{} cases", cases.len());
    for case in &cases {
        let difference = case.difference(DeviceSpec::Cpu);
        assert!(difference < TOLERANCE, "{}: {difference}", case.name);
    }
}

#[test]
fn the_pooler_is_where_the_checkpoint_has_one() {
    let expected = |case: &Case| case.expected.batches.iter().flatten().all(|row| row.pooler.is_some());
    let cases = cases();
    assert!(cases.iter().any(expected) && !cases.iter().all(expected));
    for case in cases {
        assert_eq!(case.engine(DeviceSpec::Cpu).shape().has_pooler, expected(&case), "{}", case.name);
    }
}
