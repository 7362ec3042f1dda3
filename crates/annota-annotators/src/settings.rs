use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::AnnotatorError;

/// A literal that sets a parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum SettingValue {
    Text(String),
    Integer(i64),
    Boolean(bool),
    Texts(Vec<String>),
}

impl fmt::Display for SettingValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SettingValue::Text(value) => f.write_str(value),
            SettingValue::Integer(value) => value.fmt(f),
            SettingValue::Boolean(value) => value.fmt(f),
            SettingValue::Texts(values) => write!(f, "{values:?}"),
        }
    }
}

/// The values of a call's parameters, by name. A parameter that is not here has its default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    values: BTreeMap<&'static str, SettingValue>,
}

impl Settings {
    pub fn set(&mut self, name: &'static str, value: SettingValue) {
        self.values.insert(name, value);
    }

    pub fn remove(&mut self, name: &'static str) {
        self.values.remove(name);
    }

    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &SettingValue)> {
        self.values.iter().map(|(name, value)| (*name, value))
    }

    /// A text, or `None` where nothing is set.
    pub fn text(&self, name: &'static str) -> Result<Option<&str>, AnnotatorError> {
        self.read(name, "a text", |value| match value {
            SettingValue::Text(value) => Some(value.as_str()),
            _ => None,
        })
    }

    /// A list of texts, or `None` where nothing is set. One text is a list of one.
    pub fn texts(&self, name: &'static str) -> Result<Option<&[String]>, AnnotatorError> {
        self.read(name, "a list of texts", |value| match value {
            SettingValue::Texts(values) => Some(values.as_slice()),
            SettingValue::Text(value) => Some(std::slice::from_ref(value)),
            _ => None,
        })
    }

    /// A number of things, or `None` where nothing is set.
    pub fn count(&self, name: &'static str) -> Result<Option<usize>, AnnotatorError> {
        self.read(name, "a whole number of at least 0", |value| match value {
            SettingValue::Integer(value) => usize::try_from(*value).ok(),
            _ => None,
        })
    }

    /// A truth value; `false` where nothing is set.
    pub fn flag(&self, name: &'static str) -> Result<bool, AnnotatorError> {
        Ok(self.boolean(name)?.unwrap_or_default())
    }

    /// A truth value, or `None` where nothing is set.
    pub fn boolean(&self, name: &'static str) -> Result<Option<bool>, AnnotatorError> {
        self.read(name, "true or false", |value| match value {
            SettingValue::Boolean(value) => Some(*value),
            SettingValue::Text(value) => value.to_ascii_lowercase().parse().ok(),
            _ => None,
        })
    }

    fn read<'a, T>(
        &'a self,
        name: &'static str,
        expected: &str,
        read: impl FnOnce(&'a SettingValue) -> Option<T>,
    ) -> Result<Option<T>, AnnotatorError> {
        let Some(value) = self.values.get(name) else { return Ok(None) };
        let read = read(value).ok_or_else(|| AnnotatorError::Setting {
            setting: name.to_owned(),
            value: value.to_string(),
            expected: expected.to_owned(),
        });
        read.map(Some)
    }

    /// A value that is written as a text; its type's default where nothing is set.
    pub fn parsed<T>(&self, name: &'static str) -> Result<T, AnnotatorError>
    where
        T: FromStr + Default,
        AnnotatorError: From<T::Err>,
    {
        Ok(self.chosen(name)?.unwrap_or_default())
    }

    /// A value that is written as a text, or `None` where nothing is set.
    pub fn chosen<T>(&self, name: &'static str) -> Result<Option<T>, AnnotatorError>
    where
        T: FromStr,
        AnnotatorError: From<T::Err>,
    {
        let text = self.read(name, "a text", |value| match value {
            SettingValue::Text(value) => Some(value.as_str()),
            SettingValue::Boolean(true) => Some("true"),
            SettingValue::Boolean(false) => Some("false"),
            _ => None,
        })?;
        Ok(text.map(str::parse).transpose()?)
    }
}
