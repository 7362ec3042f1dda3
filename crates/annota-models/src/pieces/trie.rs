//! The vocabulary as a trie over bytes, for all pieces that a text goes on with: a double array (Aoe 1989,
//! <https://doi.org/10.1109/32.31365>), in which every step is one look.

/// The child by a byte stands at the node's base, with the byte exclusive-or'ed to it.
#[derive(Debug, Clone)]
pub struct Trie {
    units: Vec<Unit>,
}

#[derive(Debug, Clone, Copy)]
struct Unit {
    base: u32,
    /// The node whose child this is, or [`NONE`] for a unit that is no node.
    parent: u32,
    /// The piece that ends here, or [`NONE`].
    piece: u32,
}

const NONE: u32 = u32::MAX;
/// The parent of the root.
const NOBODY: u32 = u32::MAX - 1;
const FREE: Unit = Unit { base: 0, parent: NONE, piece: NONE };
const ROOT: usize = 0;

/// So many units are tried for the children of a node before they get new ones.
const TRIES: usize = 256;

impl Trie {
    /// Keys must be sorted and differ.
    pub fn new(keys: &[(&[u8], u32)]) -> Self {
        let mut trie = Trie { units: vec![FREE; 256] };
        trie.units[ROOT].parent = NOBODY;
        // Depth first, so that a long piece takes few lines of the processor's memory. Nodes with the keys below each.
        let mut waiting = vec![(ROOT, 0, keys)];
        let mut open = 1;
        while let Some((node, depth, keys)) = waiting.pop() {
            let (piece, longer) = match keys.split_first() {
                Some(((key, piece), longer)) if key.len() == depth => (*piece, longer),
                _ => (NONE, keys),
            };
            trie.units[node].piece = piece;
            let families: Vec<_> = longer.chunk_by(|left, right| left.0[depth] == right.0[depth]).collect();
            let labels: Vec<u8> = families.iter().map(|family| family[0].0[depth]).collect();
            let children = trie.add_children(node, &labels, &mut open).into_iter().zip(families);
            waiting.extend(children.map(|(child, keys)| (child, depth + 1, keys)));
        }
        trie
    }

    /// Places the children of a node, in units from `open` on.
    fn add_children(&mut self, node: usize, labels: &[u8], open: &mut usize) -> Vec<usize> {
        let Some(&first) = labels.first() else { return Vec::new() };
        while self.units.get(*open).is_some_and(|unit| unit.parent != NONE) {
            *open += 1;
        }
        let tries = (*open..self.units.len()).take(TRIES).map(|unit| unit ^ usize::from(first));
        let is_free = |unit: usize| self.units[unit].parent == NONE;
        let base = tries.into_iter().find(|base| labels.iter().all(|label| is_free(base ^ usize::from(*label))));
        let base = base.unwrap_or_else(|| {
            let end = self.units.len();
            self.units.resize(end + 256, FREE);
            // What stays free far behind is given up, so that the time per node has a bound.
            *open = (*open).max(end.saturating_sub(2 * TRIES));
            end
        });
        self.units[node].base = base as u32;
        let children: Vec<usize> = labels.iter().map(|label| base ^ usize::from(*label)).collect();
        children.iter().for_each(|child| self.units[*child].parent = node as u32);
        children
    }

    /// Calls back with the length and the piece of every key that `text` starts with, the shortest first.
    #[inline]
    pub fn prefixes(&self, text: &[u8], mut found: impl FnMut(usize, u32)) {
        let (mut node, mut base) = (ROOT, self.units[ROOT].base as usize);
        for (index, byte) in text.iter().enumerate() {
            let child = base ^ usize::from(*byte);
            let Some(unit) = self.units.get(child).filter(|unit| unit.parent as usize == node) else { return };
            (node, base) = (child, unit.base as usize);
            if unit.piece != NONE {
                found(index + 1, unit.piece);
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
    use std::collections::BTreeMap;

    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn prefixes_are_those_among_the_keys(
            keys in proptest::collection::btree_set(proptest::collection::vec(prop_oneof![0_u8..4, any::<u8>()], 1..6), 0..400),
            text in proptest::collection::vec(prop_oneof![0_u8..4, any::<u8>()], 0..8),
        ) {
            let keys: BTreeMap<&[u8], u32> = keys.iter().map(Vec::as_slice).zip(0..).collect();
            let trie = Trie::new(&keys.iter().map(|(key, piece)| (*key, *piece)).collect::<Vec<_>>());
            prop_assert!(keys.iter().all(|(key, piece)| trie.get(key) == Some(*piece)));
            let mut found = Vec::new();
            trie.prefixes(&text, |length, piece| found.push((length, piece)));
            let expected = (1..=text.len()).filter_map(|length| Some((length, *keys.get(&text[..length])?)));
            prop_assert_eq!(found, expected.collect::<Vec<_>>());
        }
    }
}
