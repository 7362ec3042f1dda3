use std::path::{Path, PathBuf};
use std::time::Duration;

/// What can go wrong between a repository's name and its files in the cache.
#[derive(Debug, Clone, thiserror::Error)]
pub enum HubError {
    /// The files are not in the cache, and the user forbids asking for them.
    #[error("the files of `{repository}` are not in the cache and {variable} is set: unset it to download them")]
    Offline { repository: String, variable: &'static str },
    /// A setting has a value that is not one of its values.
    #[error("{setting} `{value}` is not known: expected {expected}")]
    Setting { setting: &'static str, value: String, expected: &'static str },
    /// A name that must not become a path or a part of a URL.
    #[error("{what} `{value}` is refused: expected {expected}")]
    Name { what: &'static str, value: String, expected: &'static str },
    /// The hub wants to know who asks, or says no. It answers so for absent repositories too.
    #[error(
        "`{url}` answered {status}: `{repository}` does not exist or needs a token with access: set HF_TOKEN, \
         and accept the terms of a gated model on its page"
    )]
    Unauthorized { url: String, repository: String, status: u16 },
    /// No repository, revision or file of that name.
    #[error("`{url}` answered 404: `{repository}` has no such {what}")]
    NotFound { url: String, repository: String, what: &'static str },
    /// The hub is overloaded or broken.
    #[error("`{url}` answered {status}: the hub is busy or failing, try again later")]
    Busy { url: String, status: u16, after: Option<Duration> },
    /// A status that nothing can be done about.
    #[error("`{url}` answered {status}: expected 200")]
    Status { url: String, status: u16 },
    /// No connection to the host.
    #[error("cannot reach `{host}`: {reason}; a network is needed, or the files in the cache")]
    Unreachable { host: String, reason: String },
    /// The connection broke, or was silent for too long.
    #[error("`{url}` broke off: {reason}; try again later")]
    Network { url: String, reason: String },
    /// An answer that is not one of a Hugging Face hub.
    #[error("`{url}` answered what a hub does not: {reason}")]
    Reply { url: String, reason: String },
    /// More bytes arrived than the hub had said.
    #[error("`{file}` has {found} bytes or more, expected {expected}")]
    Size { file: String, expected: u64, found: u64 },
    /// The content is not the one that the hub had named, twice.
    #[error("`{file}` has the checksum {found}, expected {expected}: the hub or something before it sends wrong bytes")]
    Checksum { file: String, expected: String, found: String },
    /// A file of the cache cannot be read, written or locked.
    #[error("cannot use `{}`: {reason}", path.display())]
    File { path: PathBuf, reason: String },
}

impl HubError {
    /// True for errors that the same call may not meet again: trouble on the network or in the hub.
    pub fn is_transient(&self) -> bool {
        matches!(self, HubError::Busy { .. } | HubError::Unreachable { .. } | HubError::Network { .. })
    }

    pub(super) fn network(url: &str, reason: impl ToString) -> Self {
        HubError::Network { url: url.to_owned(), reason: line(&reason.to_string()) }
    }

    pub(super) fn reply(url: &str, reason: impl ToString) -> Self {
        HubError::Reply { url: url.to_owned(), reason: line(&reason.to_string()) }
    }

    pub(super) fn name(what: &'static str, value: &str, expected: &'static str) -> Self {
        HubError::Name { what, value: line(value), expected }
    }

    pub(super) fn file(path: &Path) -> impl Fn(std::io::Error) -> HubError + '_ {
        move |error| HubError::File { path: path.to_owned(), reason: line(&error.to_string()) }
    }
}

/// One line of at most 200 characters: the text may be a stranger's.
pub(super) fn line(text: &str) -> String {
    text.chars().take(200).flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}
