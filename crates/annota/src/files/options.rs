use std::any::Any;

use datafusion::common::config::{ConfigEntry, ConfigExtension, ConfigOptions, ExtensionOptions};
use datafusion::error::DataFusionError;
use serde::{Deserialize, Serialize};

use super::Kind;
use crate::{Error, Result};

/// How files are read where their names and contents do not say it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReadOptions {
    /// The format of all files; `None` for the format that each name ends in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Kind>,
    /// The byte between two fields of CSV; `None` for the one that the file's name and first records imply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<u8>,
    /// The byte around quoted fields of CSV; `None` for `"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<u8>,
    /// The byte before a quote within a quoted field of CSV; `None` for a doubled quote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escape: Option<u8>,
    /// False if the first record of CSV is a row; its columns are named `column_1`, `column_2` and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// The label of an encoding of text (`windows-1252`, `utf-16le`, …; the WHATWG's list); `None` for UTF-8, or what a byte
    /// order mark says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// The types of CSV's columns.
    pub columns: Columns,
    /// How the columns of several files become the columns of one table.
    pub union: Union,
    /// Columns that are texts whatever their values look like.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub text_columns: Vec<String>,
}

/// How the types of CSV's columns are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Columns {
    /// By the values.
    #[default]
    Infer,
    /// All columns are texts.
    Text,
}

/// How the columns of several files become those of one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Union {
    /// By their names; a column that a file lacks is NULL in its rows.
    #[default]
    Name,
    /// All files must have the same columns, in any order.
    Strict,
}

impl ReadOptions {
    /// Those of a session (`SET input.…`); the defaults where it has none.
    pub fn of(config: &ConfigOptions) -> ReadOptions {
        config.extensions.get::<ReadOptions>().cloned().unwrap_or_default()
    }

    /// Sets an option by the name that `SET input.…` has for it; an empty value stands for the default.
    ///
    /// # Errors
    /// [`Error::Pipeline`] for a value that the option does not take, or a name that is no option.
    pub fn set(&mut self, name: &str, value: &str) -> Result<()> {
        let refused = |expected: &str| Error::Pipeline(format!("input.{name} is `{value}`: expected {expected}"));
        match name {
            "format" => self.format = if value.is_empty() { None } else { Some(value.parse()?) },
            "delimiter" => self.delimiter = byte(value).map_err(|()| refused(ONE_BYTE))?,
            "quote" => self.quote = byte(value).map_err(|()| refused(ONE_BYTE))?,
            "escape" => self.escape = byte(value).map_err(|()| refused(ONE_BYTE))?,
            "header" => {
                let header = value.to_ascii_lowercase().parse();
                self.header = if value.is_empty() { None } else { Some(header.map_err(|_| refused("true or false"))?) };
            }
            "encoding" => self.encoding = label(value).ok_or_else(|| refused(ENCODINGS))?,
            "columns" => {
                self.columns = match value.to_ascii_lowercase().as_str() {
                    "infer" => Columns::Infer,
                    "text" => Columns::Text,
                    _ => return Err(refused("infer or text")),
                }
            }
            "union" => {
                self.union = match value.to_ascii_lowercase().as_str() {
                    "name" => Union::Name,
                    "strict" => Union::Strict,
                    _ => return Err(refused("name or strict")),
                }
            }
            _ => {
                let known = KEYS.map(|(name, _)| name).join(", ");
                return Err(Error::Pipeline(format!("input.{name} is no option: expected one of {known}")));
            }
        }
        Ok(())
    }

    /// The byte around quoted fields.
    pub fn quote(&self) -> u8 {
        self.quote.unwrap_or(b'"')
    }
}

impl ConfigExtension for ReadOptions {
    const PREFIX: &'static str = "input";
}

impl ExtensionOptions for ReadOptions {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn cloned(&self) -> Box<dyn ExtensionOptions> {
        Box::new(self.clone())
    }

    fn set(&mut self, key: &str, value: &str) -> datafusion::error::Result<()> {
        ReadOptions::set(self, key, value).map_err(|error| DataFusionError::Configuration(error.to_string()))
    }

    fn entries(&self) -> Vec<ConfigEntry> {
        let byte = |byte: Option<u8>| byte.map_or_else(String::new, |byte| char::from(byte).to_string());
        let values = [
            self.format.map_or_else(String::new, |kind| kind.to_string().to_ascii_lowercase()),
            byte(self.delimiter),
            byte(self.quote),
            byte(self.escape),
            self.header.map_or_else(String::new, |header| header.to_string()),
            self.encoding.clone().unwrap_or_default(),
            if self.columns == Columns::Text { "text" } else { "infer" }.to_owned(),
            if self.union == Union::Strict { "strict" } else { "name" }.to_owned(),
        ];
        let entry = |((name, description), value): ((&str, &'static str), String)| ConfigEntry {
            key: format!("{}.{name}", ReadOptions::PREFIX),
            value: Some(value),
            description,
        };
        KEYS.into_iter().zip(values).map(entry).collect()
    }
}

const KEYS: [(&str, &str); 8] = [
    ("format", "The format of files named in FROM: csv, json or parquet; by their names if empty"),
    ("delimiter", "The character between two fields of CSV; by a file's name and first records if empty"),
    ("quote", "The character around quoted fields of CSV; a double quote if empty"),
    ("escape", "The character before a quote within a quoted field of CSV; a doubled quote if empty"),
    ("header", "Whether the first record of CSV has the names of the columns; true if empty"),
    ("encoding", "The encoding of text files, as windows-1252; UTF-8 or a file's byte order mark if empty"),
    ("columns", "The types of CSV's columns: infer for the types of their values, or text"),
    ("union", "Files of one table: name joins their columns by name, strict refuses files with other columns"),
];

const ONE_BYTE: &str = "one ASCII character, or \\t for a tab";
const ENCODINGS: &str = "the label of an encoding, as utf-8, windows-1252, iso-8859-15, utf-16le or shift_jis";

fn byte(value: &str) -> Result<Option<u8>, ()> {
    match value {
        "" => Ok(None),
        "\\t" | "tab" => Ok(Some(b'\t')),
        value => match value.as_bytes() {
            [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r') => Ok(Some(*byte)),
            _ => Err(()),
        },
    }
}

/// The name of an encoding by one of its labels; `Some(None)` for no label.
fn label(value: &str) -> Option<Option<String>> {
    if value.is_empty() {
        return Some(None);
    }
    let encoding = encoding_rs::Encoding::for_label_no_replacement(value.as_bytes())?;
    Some(Some(encoding.name().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_checked() {
        let mut options = ReadOptions::default();
        for (name, value) in [("delimiter", ";"), ("quote", "'"), ("encoding", "latin1"), ("header", "FALSE")] {
            options.set(name, value).expect("a value");
        }
        assert_eq!((options.delimiter, options.quote(), options.header), (Some(b';'), b'\'', Some(false)));
        assert_eq!(options.encoding.as_deref(), Some("windows-1252"));
        options.set("delimiter", "\\t").expect("a tab");
        assert_eq!(options.delimiter, Some(b'\t'));
        options.set("delimiter", "").expect("the default");
        assert_eq!(options.delimiter, None);
        for (name, value) in [
            ("delimiter", ";;"),
            ("quote", "«"),
            ("encoding", "klingon"),
            ("header", "maybe"),
            ("columns", "int"),
            ("union", "position"),
            ("format", "xlsx"),
            ("colour", "red"),
        ] {
            let error = options.set(name, value).expect_err(name).to_string();
            assert!(error.contains(value) || error.contains(name), "{error}");
        }
    }
}
