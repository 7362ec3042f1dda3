//! Memory that threads lend each other.

use std::sync::{Mutex, PoisonError};

/// As many things as threads have worked at once.
#[derive(Debug)]
pub struct Pool<T> {
    free: Mutex<Vec<Box<T>>>,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Pool { free: Mutex::default() }
    }
}

impl<T: Default> Pool<T> {
    /// Works with something that nobody else works with meanwhile.
    pub fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        let free = || self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let lent = free().pop();
        let mut lent = lent.unwrap_or_default();
        let result = work(&mut lent);
        free().push(lent);
        result
    }
}
