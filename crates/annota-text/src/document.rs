use std::borrow::Cow;
use std::str::FromStr;
use std::sync::LazyLock;

use regex::Regex;

use crate::{SettingError, named};

/// What a document assembler does to white space, real and written (`\n` as two characters). White space is
/// ASCII's; trimming takes off all characters up to U+0020.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CleanupMode {
    #[default]
    Disabled,
    /// Every white-space character becomes a blank.
    Inplace,
    /// As [`CleanupMode::Inplace`], written `\r\n`, `\n` and `\t` too.
    InplaceFull,
    /// Trimmed; every run becomes a blank.
    Shrink,
    /// As [`CleanupMode::Shrink`], and every run of written ones becomes a blank of its own.
    ShrinkFull,
    /// A white-space character with a newline or tab behind it becomes one blank.
    Each,
    /// As [`CleanupMode::Each`], also with a written one behind it.
    EachFull,
    /// Trimmed; written ones are deleted.
    DeleteFull,
}

const NAMES: [(&str, CleanupMode); 8] = [
    ("disabled", CleanupMode::Disabled),
    ("inplace", CleanupMode::Inplace),
    ("inplace_full", CleanupMode::InplaceFull),
    ("shrink", CleanupMode::Shrink),
    ("shrink_full", CleanupMode::ShrinkFull),
    ("each", CleanupMode::Each),
    ("each_full", CleanupMode::EachFull),
    ("delete_full", CleanupMode::DeleteFull),
];

impl FromStr for CleanupMode {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        named("cleanup_mode", &NAMES, text)
    }
}

impl CleanupMode {
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, mode)| *mode == self).map_or("", |(name, _)| name)
    }

    /// The text after cleaning; borrowed when nothing changes.
    pub fn clean(self, text: &str) -> Cow<'_, str> {
        let Some((trim, pattern, replacement)) = self.rule() else { return Cow::Borrowed(text) };
        let text = if trim { text.trim_matches(|c| c <= ' ') } else { text };
        PATTERNS[pattern].replace_all(text, replacement)
    }

    /// Whether to trim, which pattern to replace, and by what.
    fn rule(self) -> Option<(bool, usize, &'static str)> {
        match self {
            CleanupMode::Disabled => None,
            CleanupMode::Inplace => Some((false, 0, " ")),
            CleanupMode::InplaceFull => Some((false, 1, " ")),
            CleanupMode::Shrink => Some((true, 2, " ")),
            CleanupMode::ShrinkFull => Some((true, 3, " ")),
            CleanupMode::Each => Some((false, 4, " ")),
            CleanupMode::EachFull => Some((false, 5, " ")),
            CleanupMode::DeleteFull => Some((true, 6, "")),
        }
    }
}

static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let space = r"[ \t\n\x0B\f\r]";
    let patterns = [
        space.to_owned(),
        format!(r"{space}|\\r\\n|\\n|\\t"),
        format!("{space}+"),
        format!(r"{space}+|(?:\\r)*(?:\\n)+|(?:\\t)+"),
        format!(r"{space}[\n\t]"),
        format!(r"{space}(?:\n|\t|\\n|\\r\\n|\\t)"),
        r"\\r\\n|\\n|\\t".to_owned(),
    ];
    patterns.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect()
});
