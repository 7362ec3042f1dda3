use std::fs;
use std::io::{ErrorKind, Read};
use std::path::Path;

use ureq::Body;
use ureq::http::Response;

use super::partial::Partial;
use super::patience::Patience;
use super::request::header;
use super::source::{Remote, Source};
use super::{HubError, Progress, checksum};

const BUFFER: usize = 64 * 1024;

/// The download of one file.
pub struct Download<'a> {
    pub source: &'a Source<'a>,
    pub file: &'a str,
    pub remote: &'a Remote,
    pub progress: &'a dyn Progress,
}

impl Download<'_> {
    /// Brings the file to `path`, whole and verified. Wrong content is thrown away and asked for once more.
    pub fn run(&self, path: &Path) -> Result<(), HubError> {
        let mut tries = 0;
        let done = loop {
            let left = path.metadata().map_or(0, |data| data.len());
            tries += u32::from(left == 0);
            match self.transfer(path).and_then(|()| self.verify(path)) {
                Err(error @ (HubError::Checksum { .. } | HubError::Size { .. })) => {
                    fs::remove_file(path).map_err(HubError::file(path))?;
                    if tries == 2 {
                        break Err(error);
                    }
                }
                done => break done,
            }
        };
        self.progress.end();
        done
    }

    fn verify(&self, path: &Path) -> Result<(), HubError> {
        match checksum::of(path, &self.remote.etag).map_err(HubError::file(path))? {
            Some(found) if !self.remote.is_sum(&found) => {
                let (file, expected) = (self.file.to_owned(), self.remote.etag.clone());
                Err(HubError::Checksum { file, expected, found })
            }
            _ => Ok(()),
        }
    }

    /// Continues at the end of `path` until all is there, through broken connections as long as bytes arrive.
    fn transfer(&self, path: &Path) -> Result<(), HubError> {
        let mut partial = Partial::open(path)?;
        if self.remote.size.is_none_or(|size| partial.length() > size) {
            partial.clear()?;
        }
        self.progress.begin(self.file, self.remote.size);
        self.progress.advance(partial.length());
        let mut patience = Patience::new(self.source.settings.pause);
        let mut furthest = partial.length();
        while self.remote.size != Some(partial.length()) {
            let error = match (self.receive(&mut partial), self.remote.size) {
                (Ok(()), None) => break,
                (Ok(()), Some(size)) if partial.length() == size => break,
                (Ok(()), Some(size)) => self.broken(format!("the end came after {} of {size} bytes", partial.length())),
                (Err(error), _) => error,
            };
            if partial.length() > furthest {
                furthest = partial.length();
                patience.renew();
            }
            patience.wait(error)?;
        }
        partial.close()
    }

    /// One answer of the hub, to its end.
    fn receive(&self, partial: &mut Partial) -> Result<(), HubError> {
        let at = partial.length();
        let response = match self.source.content(&self.remote.url, at) {
            Err(HubError::Status { status: 416, .. }) if at > 0 => {
                self.restart(partial)?;
                return Err(self.broken(format!("it has no bytes after the first {at}")));
            }
            response => response?,
        };
        match start(&response) {
            Some(start) if start == at => {}
            Some(0) => self.restart(partial)?,
            start => {
                self.restart(partial)?;
                return Err(self.broken(format!("it sent bytes from {start:?}, expected {at}")));
            }
        }
        let mut body = response.into_body().into_reader();
        let mut buffer = vec![0; BUFFER];
        loop {
            let read = match body.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.broken(format!("after {} bytes: {error}", partial.length()))),
            };
            let found = partial.length() + read as u64;
            if let Some(expected) = self.remote.size.filter(|size| found > *size) {
                return Err(HubError::Size { file: self.file.to_owned(), expected, found });
            }
            partial.append(buffer.get(..read).unwrap_or_default())?;
            self.progress.advance(read as u64);
        }
    }

    fn restart(&self, partial: &mut Partial) -> Result<(), HubError> {
        self.progress.begin(self.file, self.remote.size);
        partial.clear()
    }

    fn broken(&self, reason: String) -> HubError {
        HubError::network(&self.remote.url, reason)
    }
}

/// Which byte of the file an answer begins with: 0 where it ignores the range.
fn start(response: &Response<Body>) -> Option<u64> {
    if response.status().as_u16() != 206 {
        return Some(0);
    }
    let range = header(response, "Content-Range")?.strip_prefix("bytes ")?;
    range.split('-').next()?.trim().parse().ok()
}
