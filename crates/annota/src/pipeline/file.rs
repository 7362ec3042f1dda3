//! A pipeline as one readable file.

use std::collections::BTreeMap;
use std::path::Path;

use annota_annotators::{DEFINITIONS, Definition, SettingValue};
use serde::{Deserialize, Serialize};

use super::{Pipeline, Stage};
use crate::{Error, Result};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PipelineFile {
    stage: Vec<StageFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StageFile {
    annotator: String,
    input_cols: Vec<String>,
    output_col: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    settings: BTreeMap<String, Setting>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Setting {
    Boolean(bool),
    Integer(i64),
    Text(String),
    Texts(Vec<String>),
}

impl Pipeline {
    /// Writes the pipeline as TOML.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let stage = self.stages.iter().map(|stage| StageFile {
            annotator: stage.function().to_owned(),
            input_cols: stage.input_cols.clone(),
            output_col: stage.output_col.clone(),
            settings: stage.settings.iter().map(|(name, value)| (name.to_owned(), value.into())).collect(),
        });
        let text = toml::to_string_pretty(&PipelineFile { stage: stage.collect() })
            .map_err(|error| Error::Pipeline(error.to_string()))?;
        Ok(std::fs::write(path, text)?)
    }

    /// Reads a pipeline of Annota's own annotators.
    ///
    /// # Errors
    /// A file that cannot be read, is not of this form, or names what is not there.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        Pipeline::load_with(path, &[])
    }

    /// Reads a pipeline that may use further annotators.
    pub fn load_with(path: impl AsRef<Path>, more: &[&'static Definition]) -> Result<Self> {
        let path = path.as_ref();
        let fail = |reason: String| Error::Pipeline(format!("pipeline `{}`: {reason}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| fail(error.to_string()))?;
        let file: PipelineFile = toml::from_str(&text).map_err(|error| fail(error.message().to_owned()))?;
        let stages = file.stage.into_iter().map(|stage| stage.into_stage(more).map_err(fail));
        Ok(Pipeline { stages: stages.collect::<Result<_>>()? })
    }
}

impl StageFile {
    fn into_stage(self, more: &[&'static Definition]) -> Result<Stage, String> {
        let mut known = DEFINITIONS.iter().chain(more).copied();
        let definition = known.find(|definition| definition.name == self.annotator);
        let definition = definition.ok_or_else(|| format!("annotator `{}` is not known", self.annotator))?;
        let mut stage = Stage::of(definition).set_input_cols(self.input_cols).set_output_col(self.output_col);
        for (name, value) in self.settings {
            let parameter = definition.parameters.iter().find(|parameter| parameter.name == name);
            let parameter =
                parameter.ok_or_else(|| format!("annotator `{}` has no parameter `{name}`", definition.name))?;
            stage = stage.set(parameter.name, value.into());
        }
        Ok(stage)
    }
}

impl From<&SettingValue> for Setting {
    fn from(value: &SettingValue) -> Self {
        match value {
            SettingValue::Text(text) => Setting::Text(text.clone()),
            SettingValue::Integer(number) => Setting::Integer(*number),
            SettingValue::Boolean(value) => Setting::Boolean(*value),
            SettingValue::Texts(values) => Setting::Texts(values.clone()),
        }
    }
}

impl From<Setting> for SettingValue {
    fn from(value: Setting) -> Self {
        match value {
            Setting::Text(text) => SettingValue::Text(text),
            Setting::Integer(number) => SettingValue::Integer(number),
            Setting::Boolean(value) => SettingValue::Boolean(value),
            Setting::Texts(values) => SettingValue::Texts(values),
        }
    }
}
