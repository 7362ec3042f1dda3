//! The vocabulary as a trie over bytes, for all pieces that a text goes on with.

/// A node's children are numbered one after another, so that a node is where its children begin.
#[derive(Debug, Clone)]
pub struct Trie {
    /// For each node the number of its first child; one more at the end.
    first_child: Vec<u32>,
    /// For each node the byte that leads to it.
    label: Vec<u8>,
    /// For each node the piece that ends there, or [`NONE`].
    piece: Vec<u32>,
}

const NONE: u32 = u32::MAX;

impl Trie {
    /// Keys must be sorted and differ.
    pub fn new(keys: &[(&[u8], u32)]) -> Self {
        let mut trie = Trie { first_child: Vec::new(), label: vec![0], piece: Vec::new() };
        // Breadth first: the keys below each node of one depth, in the order of the nodes.
        let mut level = vec![keys];
        let mut depth = 0;
        while !level.is_empty() {
            let mut next = Vec::new();
            for keys in level {
                let (ends, longer) = match keys.split_first() {
                    Some(((key, piece), longer)) if key.len() == depth => (Some(*piece), longer),
                    _ => (None, keys),
                };
                trie.piece.push(ends.unwrap_or(NONE));
                trie.first_child.push(trie.label.len() as u32);
                for children in longer.chunk_by(|left, right| left.0.get(depth) == right.0.get(depth)) {
                    trie.label.extend(children.first().and_then(|(key, _)| key.get(depth)));
                    next.push(children);
                }
            }
            level = next;
            depth += 1;
        }
        trie.first_child.push(trie.label.len() as u32);
        trie
    }

    /// Calls back with the length and the piece of every key that `text` starts with, the shortest first.
    pub fn prefixes(&self, text: &[u8], mut found: impl FnMut(usize, u32)) {
        let mut node = 0;
        for (index, byte) in text.iter().enumerate() {
            let (first, end) = (self.first_child[node] as usize, self.first_child[node + 1] as usize);
            let Ok(child) = self.label[first..end].binary_search(byte) else { return };
            node = first + child;
            if self.piece[node] != NONE {
                found(index + 1, self.piece[node]);
            }
        }
    }

    /// The piece of a key.
    pub fn get(&self, key: &[u8]) -> Option<u32> {
        let mut piece = None;
        self.prefixes(key, |length, found| piece = Some(found).filter(|_| length == key.len()).or(piece));
        piece
    }
}

#[cfg(test)]
mod tests {
    use super::Trie;

    #[test]
    fn prefixes_are_found_shortest_first() {
        let keys: [(&[u8], u32); 5] = [(b"a", 5), (b"ab", 1), (b"abcd", 7), (b"b", 0), (b"bc", 3)];
        let trie = Trie::new(&keys);
        let mut found = Vec::new();
        trie.prefixes(b"abcde", |length, piece| found.push((length, piece)));
        assert_eq!(found, [(1, 5), (2, 1), (4, 7)]);
        assert!(keys.iter().all(|(key, piece)| trie.get(key) == Some(*piece)));
        assert_eq!((trie.get(b"abc"), trie.get(b"c"), trie.get(b"")), (None, None, None));
        assert_eq!(Trie::new(&[]).get(b"a"), None);
    }
}
