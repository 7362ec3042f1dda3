use std::path::Path;

use serde::Deserialize;
use ureq::Body;
use ureq::http::Response;

use super::names::{self, quote};
use super::patience::retry;
use super::request::{Client, Request, header};
use super::{HubError, Settings, checksum};

const LISTING_LIMIT: u64 = 16 * 1024 * 1024;

/// One repository on the hub.
pub struct Source<'a> {
    pub client: &'a Client,
    pub settings: &'a Settings,
    pub repository: &'a str,
}

/// A commit and the names of its files.
#[derive(Deserialize)]
pub struct Listing {
    #[serde(rename = "sha")]
    pub commit: String,
    #[serde(default)]
    siblings: Vec<Sibling>,
}

#[derive(Deserialize)]
struct Sibling {
    rfilename: String,
}

impl Listing {
    pub fn files(&self) -> Vec<String> {
        self.siblings.iter().map(|sibling| sibling.rfilename.clone()).collect()
    }
}

/// What the hub says of a file before it is downloaded.
pub struct Remote {
    pub url: String,
    pub etag: String,
    pub size: Option<u64>,
}

impl Remote {
    /// Whether the file at `path` is this one. Where the size is known the content is not read again.
    pub fn is_whole(&self, path: &Path) -> bool {
        let length = path.metadata().ok().filter(|data| data.is_file()).map(|data| data.len());
        match (self.size, length) {
            (_, None) => false,
            (Some(size), Some(length)) => size == length,
            (None, Some(_)) => checksum::of(path, &self.etag).is_ok_and(|sum| sum.is_some_and(|sum| self.is_sum(&sum))),
        }
    }

    /// Whether the etag is this checksum.
    pub fn is_sum(&self, sum: &str) -> bool {
        self.etag.eq_ignore_ascii_case(sum)
    }
}

impl Source<'_> {
    /// Asks what a revision is.
    pub fn listing(&self, revision: &str) -> Result<Listing, HubError> {
        let (endpoint, repository) = (&self.settings.endpoint, self.repository);
        let url = format!("{endpoint}/api/models/{repository}/revision/{}", quote(revision, ""));
        let body = retry(self.settings.pause, || {
            let mut response = self.ask(&url, false)?;
            response.body_mut().with_config().limit(LISTING_LIMIT).read_to_vec().map_err(|error| match error {
                ureq::Error::BodyExceedsLimit(_) => HubError::reply(&url, "a list of more than 16 MiB"),
                error => HubError::network(&url, error),
            })
        })?;
        let listing: Listing = serde_json::from_slice(&body).map_err(|error| HubError::reply(&url, error))?;
        if !names::is_commit(&listing.commit) {
            return Err(HubError::reply(&url, format!("`{}` for a commit", listing.commit)));
        }
        Ok(listing)
    }

    /// Asks about one file of a commit.
    pub fn remote(&self, commit: &str, file: &str) -> Result<Remote, HubError> {
        let (endpoint, repository) = (&self.settings.endpoint, self.repository);
        let url = format!("{endpoint}/{repository}/resolve/{commit}/{}", quote(file, "/"));
        let response = retry(self.settings.pause, || self.ask(&url, true))?;
        if let Some(other) = header(&response, "X-Repo-Commit").filter(|other| *other != commit) {
            return Err(HubError::reply(&url, format!("commit `{other}`, expected `{commit}`")));
        }
        let etag = header(&response, "X-Linked-Etag").or_else(|| header(&response, "ETag")).unwrap_or_default();
        let Some(etag) = names::etag(etag) else {
            return Err(HubError::reply(&url, format!("the etag `{etag}`")));
        };
        let own = header(&response, "Content-Length").filter(|_| response.status().is_success());
        let size = header(&response, "X-Linked-Size").or(own);
        let size = size.map(|size| size.parse().map_err(|_| HubError::reply(&url, format!("the size `{size}`"))));
        Ok(Remote { etag: etag.to_owned(), size: size.transpose()?, url })
    }

    fn ask(&self, url: &str, is_head: bool) -> Result<Response<Body>, HubError> {
        let timeout = self.settings.etag_timeout;
        self.client.send(&Request { url, repository: self.repository, is_head, skip: 0, timeout })
    }

    /// The content of a file without its first bytes.
    pub fn content(&self, url: &str, skip: u64) -> Result<Response<Body>, HubError> {
        let timeout = self.settings.download_timeout;
        self.client.send(&Request { url, repository: self.repository, is_head: false, skip, timeout })
    }
}
