//! Settings: their values by name, and what they may be.

use crate::OffsetUnit;

/// A setting whose value cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingError {
    pub setting: &'static str,
    pub value: String,
    pub expected: String,
}

impl SettingError {
    pub fn new(setting: &'static str, value: impl Into<String>, expected: impl Into<String>) -> Self {
        SettingError { setting, value: value.into(), expected: expected.into() }
    }
}

impl std::fmt::Display for SettingError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is `{}`: expected {}", self.setting, self.value, self.expected)
    }
}

impl std::error::Error for SettingError {}

/// The value of a setting by its name, ASCII case ignored.
pub fn named<T: Copy>(setting: &'static str, names: &[(&str, T)], value: &str) -> Result<T, SettingError> {
    let known = names.iter().find(|(name, _)| name.eq_ignore_ascii_case(value.trim()));
    known.map(|(_, known)| *known).ok_or_else(|| {
        let names: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
        SettingError::new(setting, value, format!("one of {}", names.join(", ")))
    })
}

/// Whether lengths leave something between them.
pub fn check_lengths(least: usize, most: Option<usize>) -> Result<(), SettingError> {
    match most {
        Some(most) if most < least => {
            let expected = format!("at least min_length, which is {least}");
            Err(SettingError::new("max_length", most.to_string(), expected))
        }
        _ => Ok(()),
    }
}

/// Whether a text's length in UTF-16 units lies between two lengths.
pub fn fits(text: &str, least: usize, most: Option<usize>) -> bool {
    if least == 0 && most.is_none() {
        return true;
    }
    let length = OffsetUnit::Utf16.count(text);
    length >= least && most.is_none_or(|most| length <= most)
}
