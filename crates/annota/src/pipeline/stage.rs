use std::collections::BTreeMap;

use annota_annotators::columns::ANNOTATOR_TYPE;
use annota_annotators::{Definition, SettingValue, Settings};
use annota_functions::{AnnotaOptions, literal};
use datafusion::common::ScalarValue;
use datafusion::prelude::{Expr, ident, lit};

use crate::{Result, quote};

/// An annotator with its columns and settings. The typed stages are made of it; with [`Stage::of`] it serves
/// annotators from outside.
#[derive(Debug, Clone)]
pub struct Stage {
    pub(super) definition: &'static Definition,
    pub(super) input_cols: Vec<String>,
    pub(super) optional_cols: BTreeMap<&'static str, String>,
    pub(super) output_col: String,
    pub(super) settings: Settings,
    pub(super) explode: bool,
}

impl Stage {
    /// A stage that reads columns of the names of the annotator's inputs and writes one of its own name.
    pub fn of(definition: &'static Definition) -> Self {
        Stage {
            definition,
            input_cols: definition.required().iter().map(|input| input.name().to_owned()).collect(),
            optional_cols: BTreeMap::new(),
            output_col: definition.name.to_owned(),
            settings: Settings::default(),
            explode: false,
        }
    }

    /// The columns to read, in any order: each input takes the one of its annotator type.
    pub fn set_input_cols<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.input_cols = columns.into_iter().map(Into::into).collect();
        self
    }

    /// The column to read as an optional input of that name. One that the annotator does not have is found out by
    /// [`super::Pipeline::fit`].
    pub fn set_optional_col(mut self, input: &'static str, column: impl Into<String>) -> Self {
        self.optional_cols.insert(input, column.into());
        self
    }

    pub fn set_output_col(mut self, column: impl Into<String>) -> Self {
        self.output_col = column.into();
        self
    }

    /// Sets a parameter of the annotator. One that it does not have is found out by [`super::Pipeline::fit`].
    pub fn set(mut self, parameter: &'static str, value: SettingValue) -> Self {
        self.settings.set(parameter, value);
        self
    }

    /// Whether every annotation becomes a row of its own, other columns repeated; a row without any vanishes.
    pub fn set_explode(mut self, explode: bool) -> Self {
        self.explode = explode;
        self
    }

    pub(super) fn set_text(self, parameter: &'static str, value: impl Into<String>) -> Self {
        self.set(parameter, SettingValue::Text(value.into()))
    }

    pub(super) fn set_flag(self, parameter: &'static str, value: bool) -> Self {
        self.set(parameter, SettingValue::Boolean(value))
    }

    pub(super) fn set_texts<S: Into<String>>(
        self,
        parameter: &'static str,
        values: impl IntoIterator<Item = S>,
    ) -> Self {
        self.set(parameter, SettingValue::Texts(values.into_iter().map(Into::into).collect()))
    }

    /// What does not fit the parameter's type is found out by [`super::Pipeline::fit`].
    pub(super) fn set_count(self, parameter: &'static str, value: usize) -> Self {
        self.set(parameter, SettingValue::Integer(i64::try_from(value).unwrap_or(i64::MAX)))
    }

    /// The SQL function that does its work.
    pub fn function(&self) -> &'static str {
        self.definition.name
    }

    pub fn input_cols(&self) -> &[String] {
        &self.input_cols
    }

    pub fn output_col(&self) -> &str {
        &self.output_col
    }

    /// What its output's annotations are; `None` if they are none.
    pub(super) fn annotator_type(&self) -> Option<String> {
        let settings = self.completed(&AnnotaOptions::default()).ok()?;
        self.definition.field(&settings).ok()?.metadata().get(ANNOTATOR_TYPE).cloned()
    }

    /// What the annotations are that it makes rows of; `None` if it makes none.
    pub(super) fn exploded(&self) -> Option<String> {
        self.annotator_type().filter(|_| self.explode)
    }

    /// The settings, with fallbacks and the session's options where it has none of its own.
    pub(super) fn completed(&self, options: &AnnotaOptions) -> Result<Settings> {
        let mut settings = self.settings.clone();
        for parameter in self.definition.parameters {
            if let (None, Some(value)) = (self.setting(parameter.name), options.fallback(parameter)) {
                settings.set(parameter.name, value);
            }
        }
        self.definition.read_paths(&mut settings)?;
        Ok(settings)
    }

    /// The columns of all inputs in the annotator's order, `None` for an optional one that is not given.
    pub(super) fn all_cols(&self) -> impl Iterator<Item = Option<&String>> {
        let optional = self.definition.optional().iter().map(|input| self.optional_cols.get(input.name()));
        self.input_cols.iter().map(Some).chain(optional)
    }

    fn setting(&self, name: &str) -> Option<&SettingValue> {
        self.settings.iter().find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    /// The call's arguments: columns, parameters and optional columns, up to the last that is given.
    pub(super) fn arguments(&self) -> Vec<Expr> {
        let parameters = self.definition.parameters.iter().map(|parameter| self.setting(parameter.name).map(literal));
        let optional = self.definition.optional().iter();
        let optional = optional.map(|input| self.optional_cols.get(input.name()).map(ident));
        let mut behind: Vec<Option<Expr>> = parameters.chain(optional).collect();
        while behind.last().is_some_and(Option::is_none) {
            behind.pop();
        }
        let behind = behind.into_iter().map(|argument| argument.unwrap_or_else(|| lit(ScalarValue::Null)));
        self.input_cols.iter().map(ident).chain(behind).collect()
    }

    /// The call as SQL, with its column's name.
    pub(super) fn to_sql(&self) -> String {
        let columns = self.input_cols.iter().map(|column| readable(column));
        let settings = self.settings.iter().map(|(name, value)| match value {
            SettingValue::Text(text) => format!("{name} => {}", quote::literal(text)),
            SettingValue::Texts(texts) => {
                let texts: Vec<String> = texts.iter().map(|text| quote::literal(text)).collect();
                format!("{name} => [{}]", texts.join(", "))
            }
            value => format!("{name} => {value}"),
        });
        let optional = self.optional_cols.iter().map(|(name, column)| format!("{name} => {}", readable(column)));
        let arguments: Vec<String> = columns.chain(settings).chain(optional).collect();
        format!("{}({}) AS {}", self.function(), arguments.join(", "), readable(&self.output_col))
    }
}

/// An identifier, quoted where SQL needs it.
pub(super) fn readable(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain && !name.starts_with(|c: char| c.is_ascii_digit()) && !name.is_empty() {
        name.to_owned()
    } else {
        quote::identifier(name)
    }
}
