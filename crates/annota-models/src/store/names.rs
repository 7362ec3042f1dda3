use super::BUNDLED;

/// A model with a name of its own.
#[derive(Debug, Clone, Copy)]
pub struct KnownModel {
    /// Spark NLP's name where it has one.
    pub name: &'static str,
    /// The repository with its files; `None` for the one that is compiled in.
    pub repository: Option<&'static str>,
    /// The family that it is of, by the name in [`crate::family::FAMILIES`].
    pub family: &'static str,
    pub language: &'static str,
    pub about: &'static str,
}

/// Models that can be named shortly. Spark NLP's four are the v2 checkpoints of Google's ALBERT.
pub const MODELS: &[KnownModel] = &[
    KnownModel {
        name: BUNDLED,
        repository: None,
        family: "albert",
        language: "en",
        about: "2.5 M parameters, compiled in; for a first look",
    },
    known("albert", "albert_base_uncased", "albert/albert-base-v2", "12 layers, hidden 768"),
    known("albert", "albert_large_uncased", "albert/albert-large-v2", "24 layers, hidden 1024"),
    known("albert", "albert_xlarge_uncased", "albert/albert-xlarge-v2", "24 layers, hidden 2048"),
    known("albert", "albert_xxlarge_uncased", "albert/albert-xxlarge-v2", "12 layers, hidden 4096"),
    known(
        "albert",
        "paraphrase_albert_small_v2",
        "sentence-transformers/paraphrase-albert-small-v2",
        "6 layers, hidden 768; tuned so that near vectors mean near sentences",
    ),
    known("bert", "bert_base_uncased", "google-bert/bert-base-uncased", "12 layers, hidden 768"),
    known("bert", "bert_base_cased", "google-bert/bert-base-cased", "12 layers, hidden 768; capitals count"),
    known("bert", "bert_large_uncased", "google-bert/bert-large-uncased", "24 layers, hidden 1024"),
    known("bert", "bert_large_cased", "google-bert/bert-large-cased", "24 layers, hidden 1024; capitals count"),
    known(
        "bert",
        "all_MiniLM_L6_v2",
        "sentence-transformers/all-MiniLM-L6-v2",
        "6 layers, hidden 384; tuned so that near vectors mean near sentences",
    ),
    known("distilbert", "distilbert_base_uncased", "distilbert/distilbert-base-uncased", "6 layers, hidden 768"),
    known(
        "distilbert",
        "distilbert_base_cased",
        "distilbert/distilbert-base-cased",
        "6 layers, hidden 768; capitals count",
    ),
];

const fn known(family: &'static str, name: &'static str, repository: &'static str, about: &'static str) -> KnownModel {
    KnownModel { name, repository: Some(repository), family, language: "en", about }
}

/// The model of a short name, of a name with its language (`albert_base_uncased/en` is none), or of a reference of
/// NLU's (`en.embed.albert.base_uncased`, `embed.albert`).
pub fn find(name: &str) -> Option<&'static KnownModel> {
    MODELS.iter().find(|model| model.name.eq_ignore_ascii_case(name)).or_else(|| by_reference(name))
}

fn by_reference(reference: &str) -> Option<&'static KnownModel> {
    let (before, name) = reference.split_once("embed.")?;
    let language = before.strip_suffix('.').unwrap_or("en");
    let name = name.replace('.', "_");
    // A family alone is its base model.
    let family = MODELS.iter().find(|model| model.family == name).map(|model| model.family);
    let name = family.map_or(name, |family| format!("{family}_base_uncased"));
    MODELS.iter().find(|model| model.name == name && model.language == language)
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn references_of_nlu_name_models() {
        let cases = [
            ("en.embed.albert.large_uncased", "albert_large_uncased"),
            ("en.embed.albert_large_uncased", "albert_large_uncased"),
            ("embed.albert.base_uncased", "albert_base_uncased"),
            ("en.embed.albert", "albert_base_uncased"),
            ("en.embed.bert.base_cased", "bert_base_cased"),
        ];
        for (reference, name) in cases {
            assert_eq!(find(reference).map(|model| model.name), Some(name), "{reference}");
        }
        for reference in ["de.embed.albert", "en.albert", "embed.gpt", "embed."] {
            assert!(find(reference).is_none(), "{reference}");
        }
    }
}
