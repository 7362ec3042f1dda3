//! A pipeline as one readable file.

use std::collections::BTreeMap;
use std::ops::Not;
use std::path::Path;

use annota_annotators::{Definition, SettingValue};
use serde::{Deserialize, Serialize};

use super::{Pipeline, Stage, Step};
use crate::{Error, Result, definitions};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PipelineFile {
    stage: Vec<StageFile>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StageFile {
    /// Absent where columns are dropped.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    annotator: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    input_cols: Vec<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    output_col: String,
    #[serde(default, skip_serializing_if = "Not::not")]
    explode: bool,
    #[serde(default, skip_serializing_if = "Not::not")]
    drop_annotations: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    drop: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    optional_cols: BTreeMap<String, String>,
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
        self.check()?;
        let stage = self.steps.iter().map(StageFile::of).collect();
        let text =
            toml::to_string_pretty(&PipelineFile { stage }).map_err(|error| Error::Pipeline(error.to_string()))?;
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
        let steps = file.stage.into_iter().map(|stage| stage.into_step(more).map_err(fail));
        Ok(Pipeline { steps: steps.collect::<Result<_>>()?, faults: Vec::new() })
    }
}

impl StageFile {
    fn of(step: &Step) -> Self {
        match step {
            Step::Annotate(stage) => StageFile::of_stage(stage),
            Step::Drop(columns) => StageFile { drop: columns.clone(), ..StageFile::default() },
            Step::DropAnnotations => StageFile { drop_annotations: true, ..StageFile::default() },
        }
    }

    fn of_stage(stage: &Stage) -> Self {
        let optional = stage.optional_cols.iter().map(|(name, column)| ((*name).to_owned(), column.clone()));
        StageFile {
            annotator: stage.function().to_owned(),
            input_cols: stage.input_cols.clone(),
            output_col: stage.output_col.clone(),
            explode: stage.explode,
            optional_cols: optional.collect(),
            settings: stage.settings.iter().map(|(name, value)| (name.to_owned(), value.into())).collect(),
            ..StageFile::default()
        }
    }

    fn into_step(self, more: &[&'static Definition]) -> Result<Step, String> {
        let is = [!self.annotator.is_empty(), self.drop_annotations, !self.drop.is_empty()];
        match is {
            [true, false, false] => Ok(self.into_stage(more)?.into()),
            [false, true, false] => Ok(Step::DropAnnotations),
            [false, false, true] => Ok(Step::Drop(self.drop)),
            _ => Err("a stage has not exactly one of `annotator`, `drop` and `drop_annotations`".to_owned()),
        }
    }

    fn into_stage(self, more: &[&'static Definition]) -> Result<Stage, String> {
        let mut known = definitions().chain(more.iter().copied());
        let definition = known.find(|definition| definition.name == self.annotator);
        let definition = definition.ok_or_else(|| format!("annotator `{}` is not known", self.annotator))?;
        let mut stage = Stage::of(definition).set_input_cols(self.input_cols).set_explode(self.explode);
        if !self.output_col.is_empty() {
            stage = stage.set_output_col(self.output_col);
        }
        for (name, column) in self.optional_cols {
            let input = definition.optional().iter().find(|input| input.name() == name);
            let input =
                input.ok_or_else(|| format!("annotator `{}` has no optional input `{name}`", definition.name))?;
            stage = stage.set_optional_col(input.name(), column);
        }
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
