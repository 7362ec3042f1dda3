use serde::Serialize;

use super::report::Report;
use super::rules::RULES;

/// A finding with the action that removes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// The name of the rule that found it.
    pub rule: &'static str,
    pub severity: Severity,
    /// One line: the finding, a colon, the action.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Annota cannot run.
    Error,
    /// Something is wrong or much slower than it could be.
    Warning,
    /// Something could be faster.
    Hint,
}

/// A check of the report.
pub struct Rule {
    pub name: &'static str,
    pub severity: Severity,
    /// The texts of its suggestions; empty if the rule does not apply.
    pub find: fn(&Report) -> Vec<String>,
}

/// The suggestions of all rules, the most severe first.
pub fn suggest(report: &Report) -> Vec<Suggestion> {
    let found = RULES.iter().flat_map(|rule| {
        let texts = (rule.find)(report).into_iter();
        texts.map(|text| Suggestion { rule: rule.name, severity: rule.severity, text })
    });
    let mut found: Vec<Suggestion> = found.collect();
    found.sort_by_key(|suggestion| suggestion.severity);
    found
}

impl Severity {
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Hint => "hint",
        }
    }
}
