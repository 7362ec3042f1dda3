//! What a process loads once, however many ask.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// Things by key. The lock of an entry is held while it loads, and no other.
#[derive(Debug)]
pub struct Loaded<K, T> {
    entries: Mutex<HashMap<K, Entry<T>>>,
}

type Entry<T> = Arc<Mutex<Option<Arc<T>>>>;

impl<K, T> Default for Loaded<K, T> {
    fn default() -> Self {
        Loaded { entries: Mutex::default() }
    }
}

impl<K: Eq + Hash, T> Loaded<K, T> {
    /// The thing of a key, loaded if it is not there. Errors are not remembered.
    pub fn get<E>(&self, key: K, load: impl FnOnce() -> Result<Arc<T>, E>) -> Result<Arc<T>, E> {
        let entry = self.entries.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().clone();
        let mut entry = entry.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loaded) = entry.as_ref() {
            return Ok(loaded.clone());
        }
        let loaded = load()?;
        *entry = Some(loaded.clone());
        Ok(loaded)
    }

    /// All that is loaded by now.
    pub fn all(&self) -> Vec<Arc<T>> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.values().filter_map(|entry| entry.try_lock().ok()?.clone()).collect()
    }
}
