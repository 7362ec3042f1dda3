use std::sync::Arc;

use lru::LruCache;

use super::{Rows, Sequence};

/// Results by the exact content of their sequence, the least recently used leaving first.
pub struct Cache {
    entries: LruCache<Arc<Sequence>, Rows>,
    bytes: usize,
}

impl Cache {
    pub fn new() -> Self {
        Cache { entries: LruCache::unbounded(), bytes: 0 }
    }

    pub fn get(&mut self, sequence: &Sequence) -> Option<Rows> {
        self.entries.get(sequence).cloned()
    }

    /// Keeps a result, then lets the oldest go until `limit` bytes hold. With a limit of 0, of callers who want no cache,
    /// it stays as it is, for others have filled it.
    pub fn put(&mut self, sequence: Arc<Sequence>, rows: Rows, limit: usize) {
        if limit == 0 {
            return;
        }
        let size = size(&sequence, &rows);
        if size <= limit {
            self.bytes += size;
            if let Some((sequence, rows)) = self.entries.push(sequence, rows) {
                self.bytes -= self::size(&sequence, &rows);
            }
        }
        while self.bytes > limit {
            let Some((sequence, rows)) = self.entries.pop_lru() else { break };
            self.bytes -= self::size(&sequence, &rows);
        }
    }
}

/// Bytes that an entry holds, its place in the table (about 100) included.
fn size(sequence: &Sequence, rows: &Rows) -> usize {
    4 * (sequence.ids.len() + rows.len() + sequence.readout.vectors()) + 100
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Cache, Rows, Sequence};
    use crate::Readout;

    #[test]
    fn bytes_stay_below_the_limit() {
        let sequence = |id| Arc::new(Sequence { ids: vec![id; 10], readout: Readout::Pooler });
        let rows: Rows = Arc::from(vec![0.0; 100]);
        let (mut cache, limit) = (Cache::new(), 2000);
        for id in 0..100 {
            cache.put(sequence(id), rows.clone(), limit);
            assert!(cache.bytes <= limit);
            assert!(cache.get(&sequence(id)).is_some());
        }
        assert!(cache.get(&sequence(0)).is_none());
        let held = (cache.bytes, cache.entries.len());
        cache.put(sequence(0), rows.clone(), 0);
        assert_eq!((cache.bytes, cache.entries.len()), held);
        cache.put(sequence(0), rows, 600);
        assert_eq!(cache.entries.len(), 1);
    }
}
