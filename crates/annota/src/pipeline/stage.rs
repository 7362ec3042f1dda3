use annota_annotators::{Definition, SettingValue, Settings};
use annota_functions::literal;
use datafusion::common::ScalarValue;
use datafusion::prelude::{Expr, ident, lit};

use crate::quote;

/// An annotator with its columns and settings. The typed stages are made of it; with [`Stage::of`] it serves
/// annotators from outside.
#[derive(Debug, Clone)]
pub struct Stage {
    pub(super) definition: &'static Definition,
    pub(super) input_cols: Vec<String>,
    pub(super) output_col: String,
    pub(super) settings: Settings,
}

impl Stage {
    /// A stage that reads columns of the names of the annotator's inputs and writes one of its own name.
    pub fn of(definition: &'static Definition) -> Self {
        Stage {
            definition,
            input_cols: definition.inputs.iter().map(|input| input.name().to_owned()).collect(),
            output_col: definition.name.to_owned(),
            settings: Settings::default(),
        }
    }

    /// The columns to read, in any order: each input takes the one of its annotator type.
    pub fn set_input_cols<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.input_cols = columns.into_iter().map(Into::into).collect();
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

    pub(super) fn set_text(self, parameter: &'static str, value: impl Into<String>) -> Self {
        self.set(parameter, SettingValue::Text(value.into()))
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

    fn setting(&self, name: &str) -> Option<&SettingValue> {
        self.settings.iter().find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    /// The call's arguments: columns, then parameters up to the last that is set.
    pub(super) fn arguments(&self) -> Vec<Expr> {
        let mut arguments: Vec<Expr> = self.input_cols.iter().map(ident).collect();
        let parameters = self.definition.parameters.iter().map(|parameter| self.setting(parameter.name));
        let mut parameters: Vec<Option<&SettingValue>> = parameters.collect();
        while parameters.last().is_some_and(Option::is_none) {
            parameters.pop();
        }
        arguments.extend(parameters.into_iter().map(|value| value.map_or_else(|| lit(ScalarValue::Null), literal)));
        arguments
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
        let arguments: Vec<String> = columns.chain(settings).collect();
        format!("{}({}) AS {}", self.function(), arguments.join(", "), readable(&self.output_col))
    }
}

/// An identifier, quoted where SQL needs it.
fn readable(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain && !name.starts_with(|c: char| c.is_ascii_digit()) && !name.is_empty() {
        name.to_owned()
    } else {
        quote::identifier(name)
    }
}
