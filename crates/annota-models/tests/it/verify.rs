//! Published values: what holds is told from what does not.

use annota_models::verify::{self, Fact, TokenFact};
use annota_models::{DeviceSpec, Model, Precision, store};

#[test]
fn the_bundled_model_has_its_values() {
    let model = Model::shared(store::BUNDLED, DeviceSpec::Cpu, Precision::F32).expect("the bundled model");
    let facts = verify::published(store::BUNDLED).expect("facts");
    let checks = verify::checks(&model, &facts).expect("checks");
    assert!(!checks.is_empty() && checks.iter().all(verify::Check::holds), "{checks:?}");
}

#[test]
fn other_values_are_told() {
    let model = Model::shared(store::BUNDLED, DeviceSpec::Cpu, Precision::F32).expect("the bundled model");
    let token = |token: &str, begins: &[f32]| TokenFact { token: token.to_owned(), begins: begins.to_vec() };
    let fact = Fact {
        model: "planted".to_owned(),
        what: "vectors of tokens".to_owned(),
        source: "the model's reference.json".to_owned(),
        text: "I love NLP".to_owned(),
        pooling: String::new(),
        begins: Vec::new(),
        tokens: vec![token("I", &[1.098385, 2.76855]), token("love", &[1.9, -0.4])],
        tolerance: 1e-3,
    };
    let checks = verify::checks(&model, &[fact]).expect("checks");
    assert_eq!(checks.iter().map(verify::Check::holds).collect::<Vec<_>>(), [true, false]);
    assert!((checks[1].difference() - 0.08792).abs() < 1e-3, "{checks:?}");
}

#[test]
fn every_fact_has_values_and_a_model() {
    let names = ["albert_base_uncased", "albert_large_uncased", "albert_xlarge_uncased", "albert_xxlarge_uncased"];
    for name in names {
        for fact in verify::published(name).expect("facts") {
            assert!(fact.begins.len() + fact.tokens.len() > 0 && !fact.source.is_empty(), "{fact:?}");
            assert!(fact.tokens.iter().all(|token| !token.begins.is_empty()), "{fact:?}");
            assert!(store::find(&fact.model).is_some(), "{fact:?}");
        }
    }
    let message = verify::published("org/model").expect_err("unknown").to_string();
    assert!(message.contains("nothing is published for it here: expected albert_"), "{message}");
}
