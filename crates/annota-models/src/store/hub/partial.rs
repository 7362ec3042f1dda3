use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use super::HubError;
use super::folder::create_parent;

/// A file that is being downloaded. What an earlier download left is its start.
pub struct Partial<'a> {
    path: &'a Path,
    file: File,
    length: u64,
}

impl<'a> Partial<'a> {
    pub fn open(path: &'a Path) -> Result<Self, HubError> {
        create_parent(path)?;
        let error = HubError::file(path);
        let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(path).map_err(&error)?;
        let length = file.seek(SeekFrom::End(0)).map_err(&error)?;
        Ok(Partial { path, file, length })
    }

    pub fn length(&self) -> u64 {
        self.length
    }

    pub fn append(&mut self, bytes: &[u8]) -> Result<(), HubError> {
        self.file.write_all(bytes).map_err(HubError::file(self.path))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Throws all of it away.
    pub fn clear(&mut self) -> Result<(), HubError> {
        self.length = 0;
        self.file.set_len(0).and_then(|()| self.file.rewind()).map_err(HubError::file(self.path))
    }

    /// Makes it last, before it gets the name of a whole file.
    pub fn close(self) -> Result<(), HubError> {
        self.file.sync_all().map_err(HubError::file(self.path))
    }
}
