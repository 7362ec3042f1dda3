//! A client of the Hugging Face hub: brings the files of a model into Hugging Face's own cache.
//!
//! Processes that want the same file lock it, so that one downloads and the others find it. A download that breaks
//! is continued where it ended, by the same process or a later one.

mod checksum;
mod download;
mod error;
mod folder;
mod lock;
mod names;
mod partial;
mod patience;
mod progress;
mod request;
mod settings;
mod source;
mod url;

pub use error::HubError;
pub use progress::{Progress, Silent};
pub use request::proxy;
pub use settings::Settings;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use download::Download;
use folder::Folder;
use request::{Client, Request};
use source::Source;

/// A hub and a cache.
pub struct Hub {
    settings: Settings,
    client: Client,
}

impl Hub {
    /// # Errors
    /// [`HubError::Setting`] for an endpoint or a token that cannot be used.
    pub fn new(settings: Settings) -> Result<Self, HubError> {
        settings.check()?;
        Ok(Hub { client: Client::new(&settings), settings })
    }

    /// The hub of Hugging Face's variables: `HF_ENDPOINT`, `HF_TOKEN`, `HF_HOME` and the like.
    ///
    /// # Errors
    /// [`HubError::Setting`] for one with a value that cannot be used.
    pub fn from_env() -> Result<Self, HubError> {
        Hub::new(Settings::from_env()?)
    }

    /// Brings the files that `wanted` picks among those of a repository into the cache, and returns their folder.
    /// Asks the hub even if all are there; files that are there are not downloaded again.
    ///
    /// # Errors
    /// [`HubError`] naming the first file, URL or name that stopped it. What has arrived stays for the next call.
    pub fn fetch(
        &self,
        repository: &str,
        revision: &str,
        wanted: &dyn Fn(&[String]) -> Vec<String>,
        progress: &dyn Progress,
    ) -> Result<PathBuf, HubError> {
        names::repository(repository)?;
        names::revision(revision)?;
        if let Some(variable) = self.settings.offline {
            return Err(HubError::Offline { repository: repository.to_owned(), variable });
        }
        let source = Source { client: &self.client, settings: &self.settings, repository };
        let folder = Folder::new(&self.settings.cache, repository);
        let listing = source.listing(revision)?;
        let files = wanted(&listing.files());
        files.iter().try_for_each(|file| names::file(file))?;
        for file in &files {
            self.bring(&source, &folder, &listing.commit, file, progress)?;
        }
        let snapshot = folder.snapshot(&listing.commit);
        fs::create_dir_all(&snapshot).map_err(HubError::file(&snapshot))?;
        folder.write_ref(revision, &listing.commit)?;
        Ok(snapshot)
    }

    /// Sends one request without the token to find out if the hub answers. `timeout` limits each step of the request.
    ///
    /// # Errors
    /// [`HubError::Unreachable`] or [`HubError::Network`] without an answer, [`HubError::Busy`] for the status 408, 429 or 5xx,
    /// [`HubError::Setting`] for an endpoint that is not a URL.
    pub fn reach(settings: &Settings, timeout: Duration) -> Result<(), HubError> {
        let Hub { settings, client } = Hub::new(Settings { token: None, ..settings.clone() })?;
        let request = Request { url: &settings.endpoint, repository: "", is_head: true, skip: 0, timeout };
        match client.send(&request) {
            Err(error) if error.is_transient() => Err(error),
            // Any other error is an answer of the hub.
            _ => Ok(()),
        }
    }

    fn bring(
        &self,
        source: &Source,
        folder: &Folder,
        commit: &str,
        file: &str,
        progress: &dyn Progress,
    ) -> Result<(), HubError> {
        let remote = source.remote(commit, file)?;
        let pointer = folder.pointer(commit, file);
        if remote.is_whole(&pointer) {
            return Ok(());
        }
        let lock = folder.lock(&remote.etag);
        let _lock = lock::acquire(&lock, self.settings.notice, || progress.waiting(file))?;
        if remote.is_whole(&pointer) {
            return Ok(());
        }
        let blob = folder.blob(&remote.etag);
        let is_new = !remote.is_whole(&blob);
        if is_new {
            let partial = folder.partial(&remote.etag);
            Download { source, file, remote: &remote, progress }.run(&partial)?;
            fs::rename(&partial, &blob).map_err(HubError::file(&blob))?;
        }
        folder.place(commit, file, &remote.etag, is_new)
    }
}
