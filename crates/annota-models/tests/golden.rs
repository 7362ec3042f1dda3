//! Hidden states against Hugging Face transformers, on the small random ALBERTs of `tests/golden/albert` (its
//! `make.py` makes them).

mod reference;

use annota_models::DeviceSpec;
use reference::{Case, cases};

/// 1e-4 is what Annota promises on a CPU. Measured: 4e-6; the reference is printed with six digits.
const TOLERANCE: f32 = 1e-4;

#[test]
fn hidden_states_are_those_of_transformers() {
    let cases = cases();
    assert!(cases.len() >= 14, "{} cases", cases.len());
    for case in &cases {
        let difference = case.difference(DeviceSpec::Cpu);
        assert!(difference < TOLERANCE, "{}: {difference}", case.name);
    }
}

#[test]
fn the_pooler_is_where_the_checkpoint_has_one() {
    let has_pooler = |case: &Case| case.engine(DeviceSpec::Cpu).shape().has_pooler;
    for case in cases() {
        let absent = ["no_pooler", "masked_lm"].contains(&case.name.as_str());
        assert_eq!(has_pooler(&case), !absent, "{}", case.name);
    }
}
