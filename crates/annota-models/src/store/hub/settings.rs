use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::HubError;
use super::error::line;
use crate::kept;

/// Where the hub is, who asks, and how patiently.
#[derive(Clone)]
pub struct Settings {
    /// Without a slash at the end.
    pub endpoint: String,
    pub token: Option<String>,
    /// The variable that forbids the network, if one does.
    pub offline: Option<&'static str>,
    /// The folder of the cached repositories.
    pub cache: PathBuf,
    /// The variable that decides `cache`, if one does.
    pub cache_from: Option<&'static str>,
    /// How long the hub may be silent when asked about files.
    pub etag_timeout: Duration,
    /// How long a download may be silent.
    pub download_timeout: Duration,
    /// The pause before the first try again; each further one is twice as long.
    pub pause: Duration,
    /// How long another process may hold a file before the wait is shown.
    pub notice: Duration,
}

impl Settings {
    /// The defaults, with files in `cache`.
    pub fn new(cache: PathBuf) -> Self {
        Settings {
            endpoint: "https://huggingface.co".to_owned(),
            token: None,
            offline: None,
            cache,
            cache_from: None,
            etag_timeout: Duration::from_secs(10),
            download_timeout: Duration::from_secs(10),
            pause: Duration::from_secs(1),
            notice: Duration::from_secs(1),
        }
    }

    /// Hugging Face's variables.
    ///
    /// # Errors
    /// [`HubError::Setting`] when one has a value that cannot be used.
    pub fn from_env() -> Result<Self, HubError> {
        Settings::read(&kept::variable)
    }

    fn read(variable: &dyn Fn(&str) -> Option<OsString>) -> Result<Self, HubError> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let text = |name: &str| set(name).map(|value| value.to_string_lossy().trim().to_owned());
        let path = |name: &str| set(name).map(PathBuf::from);
        let seconds = |name: &'static str| match text(name).map(|value| (value.parse::<u32>(), value)) {
            None | Some((Ok(0), _)) => Ok(Duration::from_secs(10)),
            Some((Ok(seconds), _)) => Ok(Duration::from_secs(seconds.into())),
            Some((Err(_), value)) => {
                Err(HubError::Setting { setting: name, value: line(&value), expected: "whole seconds" })
            }
        };
        // The first variable that is set decides.
        let homes = [("HF_HOME", ""), ("XDG_CACHE_HOME", "huggingface"), ("HOME", ".cache/huggingface")];
        let home = homes.into_iter().find_map(|(name, below)| Some((path(name)?.join(below), Some(name))));
        let (home, home_from) = home.unwrap_or_else(|| (PathBuf::from("huggingface"), None));
        let cache = path("HF_HUB_CACHE").map(|cache| (cache, Some("HF_HUB_CACHE")));
        let (cache, cache_from) = cache.unwrap_or_else(|| (home.join("hub"), home_from));
        let mut settings = Settings { cache_from, ..Settings::new(cache) };
        if let Some(endpoint) = text("HF_ENDPOINT") {
            settings.endpoint = endpoint.trim_end_matches('/').to_owned();
        }
        settings.token = text("HF_TOKEN").filter(|token| !token.is_empty()).or_else(|| {
            let file = path("HF_TOKEN_PATH").unwrap_or_else(|| home.join("token"));
            let token = std::fs::read_to_string(file).ok()?.trim().to_owned();
            Some(token).filter(|token| !token.is_empty())
        });
        settings.offline = ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"]
            .into_iter()
            .find_map(|name| text(name).map(|value| (name, value.to_lowercase())))
            .and_then(|(name, value)| ["1", "true", "yes", "on"].contains(&value.as_str()).then_some(name));
        settings.etag_timeout = seconds("HF_HUB_ETAG_TIMEOUT")?;
        settings.download_timeout = seconds("HF_HUB_DOWNLOAD_TIMEOUT")?;
        Ok(settings)
    }

    pub(super) fn check(&self) -> Result<(), HubError> {
        let has_scheme = ["http://", "https://"].iter().any(|scheme| self.endpoint.starts_with(scheme));
        if !has_scheme || !self.endpoint.bytes().all(|b| b.is_ascii_graphic()) {
            let (value, expected) = (line(&self.endpoint), "an ASCII URL with http:// or https://");
            return Err(HubError::Setting { setting: "HF_ENDPOINT", value, expected });
        }
        if self.token.as_ref().is_some_and(|token| !token.bytes().all(|b| b.is_ascii_graphic())) {
            let (value, expected) = ("…".to_owned(), "a token of ASCII letters, digits and `_`");
            return Err(HubError::Setting { setting: "HF_TOKEN", value, expected });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, HubError> {
        Settings::read(&|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value)))
    }

    #[test]
    fn nothing_set_is_the_public_hub() {
        let settings = read(&[("HOME", "/nowhere")]).expect("settings");
        assert_eq!(settings.endpoint, "https://huggingface.co");
        assert_eq!(settings.cache, Path::new("/nowhere/.cache/huggingface/hub"));
        assert_eq!((settings.token, settings.offline), (None, None));
        assert_eq!(settings.etag_timeout, Duration::from_secs(10));
    }

    #[test]
    fn variables_are_read() {
        let settings = read(&[
            ("HF_ENDPOINT", "http://mirror/hf/"),
            ("HF_TOKEN", " hf_x\n"),
            ("XDG_CACHE_HOME", "/xdg"),
            ("HF_HUB_ETAG_TIMEOUT", "3"),
            ("HF_HUB_DOWNLOAD_TIMEOUT", "0"),
        ])
        .expect("settings");
        assert_eq!((settings.endpoint.as_str(), settings.token.as_deref()), ("http://mirror/hf", Some("hf_x")));
        assert_eq!(settings.cache, Path::new("/xdg/huggingface/hub"));
        assert_eq!((settings.etag_timeout.as_secs(), settings.download_timeout.as_secs()), (3, 10));
    }

    #[test]
    fn the_first_variable_decides_the_cache() {
        let variables = [("HF_HUB_CACHE", "/cache"), ("HF_HOME", "/hf"), ("XDG_CACHE_HOME", "/xdg"), ("HOME", "/home")];
        let folders = ["/cache", "/hf/hub", "/xdg/huggingface/hub", "/home/.cache/huggingface/hub"];
        for (at, folder) in folders.into_iter().enumerate() {
            let settings = read(&variables[at..]).expect("settings");
            assert_eq!((settings.cache.as_path(), settings.cache_from), (Path::new(folder), Some(variables[at].0)));
            let empty: Vec<_> = variables[..at].iter().map(|(name, _)| (*name, "")).collect();
            assert_eq!(read(&[&empty, &variables[at..]].concat()).expect("settings").cache, settings.cache);
        }
        let settings = read(&[]).expect("settings");
        assert_eq!((settings.cache.as_path(), settings.cache_from), (Path::new("huggingface/hub"), None));
    }

    #[test]
    fn tokens_come_from_a_file_too() {
        let home = tempfile::tempdir().expect("a folder");
        let folder = home.path().to_str().expect("a name");
        std::fs::write(home.path().join("token"), "hf_file\n").expect("written");
        std::fs::write(home.path().join("other"), "hf_other").expect("written");
        let token = |variables: &[_]| read(variables).expect("settings").token;
        assert_eq!(token(&[("HF_HOME", folder)]).as_deref(), Some("hf_file"));
        assert_eq!(token(&[("HF_HOME", folder), ("HF_TOKEN", "hf_x")]).as_deref(), Some("hf_x"));
        let other = home.path().join("other");
        let other = [("HF_HOME", folder), ("HF_TOKEN_PATH", other.to_str().expect("a name"))];
        assert_eq!(token(&other).as_deref(), Some("hf_other"));
    }

    #[test]
    fn offline_has_hugging_faces_values() {
        let offline = |variables: &[_]| read(variables).expect("settings").offline;
        for value in ["1", "true", "Yes", "ON"] {
            assert_eq!(offline(&[("HF_HUB_OFFLINE", value)]), Some("HF_HUB_OFFLINE"), "{value}");
        }
        for value in ["", "0", "false", "no", "off", "2"] {
            assert_eq!(offline(&[("HF_HUB_OFFLINE", value)]), None, "{value}");
        }
        assert_eq!(offline(&[("TRANSFORMERS_OFFLINE", "1")]), Some("TRANSFORMERS_OFFLINE"));
        assert_eq!(offline(&[("HF_HUB_OFFLINE", "0"), ("TRANSFORMERS_OFFLINE", "1")]), None);
    }

    #[test]
    fn bad_values_are_named() {
        let error = read(&[("HF_HUB_ETAG_TIMEOUT", "soon")]).err().expect("an error").to_string();
        assert_eq!(error, "HF_HUB_ETAG_TIMEOUT `soon` is not known: expected whole seconds");
        let check = |name, value| read(&[(name, value)]).expect("settings").check().expect_err("an error").to_string();
        assert!(check("HF_ENDPOINT", "huggingface.co").contains("`huggingface.co`"));
        assert!(!check("HF_TOKEN", "hf_se cret").contains("cret"));
    }
}
