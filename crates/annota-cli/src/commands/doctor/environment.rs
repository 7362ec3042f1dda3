use std::env;

use clap::CommandFactory;
use serde::Serialize;

use crate::{Cli, variables};

/// An environment variable that is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Variable {
    pub name: String,
    /// The value without secrets. Variables with an empty value are ignored.
    pub value: String,
    /// False for `ANNOTA_…` that no argument reads.
    pub is_known: bool,
}

/// Variables of other names that change what Annota does.
const OTHERS: &[&str] = &[
    "CUDA_VISIBLE_DEVICES",
    "NVIDIA_DRIVER_CAPABILITIES",
    "NVIDIA_VISIBLE_DEVICES",
    "RAYON_NUM_THREADS",
    "TRANSFORMERS_OFFLINE",
    "VK_DRIVER_FILES",
    "VK_ICD_FILENAMES",
    "XDG_CACHE_HOME",
];

const PROXIES: &[&str] =
    &["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "all_proxy", "https_proxy", "http_proxy", "no_proxy"];

/// Ends of names whose values are not shown.
const SECRETS: &[&str] = &["TOKEN", "SECRET", "PASSWORD", "CREDENTIALS"];

/// The variables of Annota, of Hugging Face and of [`OTHERS`] that are set, by name.
pub fn look() -> Vec<Variable> {
    set(&|name| ["ANNOTA_", "HF_"].iter().any(|prefix| name.starts_with(prefix)) || OTHERS.contains(&name))
}

/// The variables of proxies that are set.
pub fn proxies() -> Vec<Variable> {
    set(&|name| PROXIES.contains(&name))
}

fn set(is_wanted: &dyn Fn(&str) -> bool) -> Vec<Variable> {
    let known = variables::names(&Cli::command());
    let all = env::vars_os().map(|(name, value)| (name.to_string_lossy().into_owned(), value));
    let wanted = all.filter(|(name, _)| is_wanted(name));
    let mut found: Vec<Variable> = wanted
        .map(|(name, value)| Variable {
            value: shown(&name, &value.to_string_lossy()),
            is_known: !name.starts_with("ANNOTA_") || is_read(&name, &known),
            name,
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// True if an argument, the build or a test reads the variable.
fn is_read(name: &str, arguments: &[String]) -> bool {
    name == "ANNOTA_COMMIT" || name.starts_with("ANNOTA_TEST_") || arguments.iter().any(|argument| argument == name)
}

fn shown(name: &str, value: &str) -> String {
    if !value.is_empty() && SECRETS.iter().any(|end| name.ends_with(end)) {
        return format!("(hidden, {} characters)", value.chars().count());
    }
    without_secrets(value).replace(char::is_control, " ")
}

/// Removes the user, the password and the query of a URL. Other texts do not change.
pub fn without_secrets(value: &str) -> String {
    let (scheme, rest) = value.find("://").map_or(("", value), |colon| value.split_at(colon + 3));
    let (rest, query) = match rest.split_once('?') {
        Some((rest, _)) if !scheme.is_empty() => (rest, "?…"),
        _ => (rest, ""),
    };
    let host = rest.find('/').map_or(rest, |slash| rest.split_at(slash).0);
    let user = host.rfind('@').map_or(0, |at| at + 1);
    format!("{scheme}{}{}{query}", if user > 0 { "…@" } else { "" }, rest.split_at(user).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden() {
        let cases = [
            ("HF_TOKEN", "hf_secret", "(hidden, 9 characters)"),
            ("HF_TOKEN", "", ""),
            ("HF_TOKEN_PATH", "/home/a/token", "/home/a/token"),
            ("ANNOTA_TOKEN", "secret", "(hidden, 6 characters)"),
            ("ANNOTA_TLS_KEY", "tls/key.pem", "tls/key.pem"),
            ("HF_ENDPOINT", "https://me:secret@mirror/hf?key=secret", "https://…@mirror/hf?…"),
            ("HTTPS_PROXY", "me:secret@proxy:3128", "…@proxy:3128"),
            ("ANNOTA_MODEL", "org/name@main", "org/name@main"),
            ("ANNOTA_LOG", "info\n\u{1b}[31m", "info  [31m"),
        ];
        for (name, value, expected) in cases {
            assert_eq!(shown(name, value), expected, "{name}={value}");
        }
    }

    #[test]
    fn misspelled_variables_are_not_known() {
        let arguments = variables::names(&Cli::command());
        assert!(is_read("ANNOTA_DEVICE", &arguments) && is_read("ANNOTA_TEST_DEVICE", &arguments));
        assert!(!is_read("ANNOTA_DEVCE", &arguments));
    }
}
