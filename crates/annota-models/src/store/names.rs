use super::BUNDLED;

/// A model with a name of its own.
#[derive(Debug, Clone, Copy)]
pub struct KnownModel {
    /// Spark NLP's name where it has one.
    pub name: &'static str,
    /// The repository with its files; `None` for the one that is compiled in.
    pub repository: Option<&'static str>,
    pub language: &'static str,
    pub about: &'static str,
}

/// Models that can be named shortly. Spark NLP's four are the v2 checkpoints of Google's ALBERT.
pub const MODELS: &[KnownModel] = &[
    KnownModel {
        name: BUNDLED,
        repository: None,
        language: "en",
        about: "2.5 M parameters, compiled in; for a first look",
    },
    known("albert_base_uncased", "albert/albert-base-v2", "12 layers, hidden 768"),
    known("albert_large_uncased", "albert/albert-large-v2", "24 layers, hidden 1024"),
    known("albert_xlarge_uncased", "albert/albert-xlarge-v2", "24 layers, hidden 2048"),
    known("albert_xxlarge_uncased", "albert/albert-xxlarge-v2", "12 layers, hidden 4096"),
];

const fn known(name: &'static str, repository: &'static str, about: &'static str) -> KnownModel {
    KnownModel { name, repository: Some(repository), language: "en", about }
}

/// The repository behind a short name.
pub fn repository(name: &str) -> Option<&'static str> {
    MODELS.iter().find(|model| model.name == name).and_then(|model| model.repository)
}
