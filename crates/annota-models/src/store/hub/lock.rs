use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::HubError;
use super::folder::create_parent;

/// Locks a file of locks until the returned file is dropped or the process ends. Calls `waiting` once, if the lock is
/// not free for `notice`.
pub fn acquire(path: &Path, notice: Duration, waiting: impl FnOnce()) -> Result<File, HubError> {
    create_parent(path)?;
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    let file = file.map_err(HubError::file(path))?;
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if start.elapsed() < notice => thread::sleep(Duration::from_millis(20)),
            Err(TryLockError::WouldBlock) => break,
            Err(TryLockError::Error(error)) => return Err(HubError::file(path)(error)),
        }
    }
    waiting();
    loop {
        match file.lock() {
            Ok(()) => return Ok(file),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(HubError::file(path)(error)),
        }
    }
}
