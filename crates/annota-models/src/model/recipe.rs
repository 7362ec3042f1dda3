//! How a model of sentence-transformers wants its vectors made: `modules.json` and what it names.

use serde::Deserialize;
use serde_json::Value;

use crate::store::ModelFiles;
use crate::{ModelError, Pooling};

/// What makes a text's vector where a call does not say.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Recipe {
    pub pooling: Pooling,
    pub normalize: bool,
    /// The longest sequence the model was tuned with, special pieces included.
    pub max_positions: Option<usize>,
}

#[derive(Deserialize)]
struct Module {
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

/// The poolings of `1_Pooling/config.json`, by their keys.
const POOLINGS: [(&str, Pooling); 3] = [
    ("pooling_mode_mean_tokens", Pooling::Mean),
    ("pooling_mode_cls_token", Pooling::Cls),
    ("pooling_mode_max_tokens", Pooling::Max),
];

impl Recipe {
    /// # Errors
    /// A module that is not known: its vectors would be others than the model's.
    pub fn read(files: &ModelFiles) -> Result<Self, ModelError> {
        let mut recipe = Recipe::default();
        let Some(modules) = files.text("modules.json")? else { return Ok(recipe) };
        let modules: Vec<Module> = parse(files, "modules.json", &modules)?;
        for module in modules {
            match module.kind.rsplit('.').next().unwrap_or_default() {
                "Transformer" => recipe.max_positions = max_positions(files)?,
                "Pooling" => recipe.pooling = pooling(files, &module.path)?,
                "Normalize" => recipe.normalize = true,
                _ => {
                    return Err(wrong(files, "modules.json", "type", module.kind, "Transformer, Pooling or Normalize"));
                }
            }
        }
        Ok(recipe)
    }
}

fn max_positions(files: &ModelFiles) -> Result<Option<usize>, ModelError> {
    let file = "sentence_bert_config.json";
    let Some(text) = files.text(file)? else { return Ok(None) };
    let config: Value = parse(files, file, &text)?;
    Ok(config.get("max_seq_length").and_then(Value::as_u64).and_then(|length| usize::try_from(length).ok()))
}

fn pooling(files: &ModelFiles, path: &str) -> Result<Pooling, ModelError> {
    let file = format!("{path}/config.json");
    let Some(text) = files.text(&file)? else { return Err(files.absent(&file)) };
    let config: Value = parse(files, &file, &text)?;
    let is_set = |key: &str| config.get(key).and_then(Value::as_bool) == Some(true);
    let all = config.as_object().into_iter().flat_map(|config| config.keys());
    let set: Vec<&String> = all.filter(|key| key.starts_with("pooling_mode_") && is_set(key)).collect();
    let known = POOLINGS.iter().find(|(key, _)| set == [key]);
    known.map(|(_, pooling)| *pooling).ok_or_else(|| {
        let expected = POOLINGS.map(|(key, _)| key).join(" or ");
        wrong(files, &file, "the pooling", format!("{set:?}"), &format!("one of {expected}"))
    })
}

fn parse<T: serde::de::DeserializeOwned>(files: &ModelFiles, file: &str, text: &str) -> Result<T, ModelError> {
    serde_json::from_str(text)
        .map_err(|error| wrong(files, file, "the file", error.to_string(), "JSON of sentence-transformers"))
}

fn wrong(files: &ModelFiles, file: &str, key: &str, value: String, expected: &str) -> ModelError {
    ModelError::Config {
        model: files.name().to_owned(),
        file: file.to_owned(),
        key: key.to_owned(),
        value,
        expected: expected.to_owned(),
    }
}
