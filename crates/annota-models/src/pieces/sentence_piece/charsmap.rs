//! SentencePiece's precompiled rules of normalisation: a double-array trie (darts-clone's layout) from byte sequences
//! to their replacements.

/// The rules. An empty map has none.
#[derive(Debug, Clone, Default)]
pub struct Charsmap {
    units: Vec<u32>,
    /// Replacements, each ended by a zero byte.
    replacements: Vec<u8>,
}

impl Charsmap {
    /// # Errors
    /// A size that does not fit, or replacements that are no text.
    pub fn parse(blob: &[u8]) -> Result<Self, String> {
        if blob.is_empty() {
            return Ok(Charsmap::default());
        }
        let fail = || "precompiled_charsmap is broken: its trie does not fit into it".to_owned();
        let (size, rest) = blob.split_first_chunk::<4>().ok_or_else(fail)?;
        let size = u32::from_le_bytes(*size) as usize;
        let (trie, replacements) = rest.split_at_checked(size).ok_or_else(fail)?;
        let (units, []) = trie.as_chunks::<4>() else { return Err(fail()) };
        let units = units.iter().map(|unit| u32::from_le_bytes(*unit)).collect();
        Ok(Charsmap { units, replacements: replacements.to_vec() })
    }

    /// The replacement of the longest prefix of `text` that has a rule, and the prefix' length in bytes.
    pub fn longest(&self, text: &str) -> Option<(&str, usize)> {
        let mut found = None;
        let mut node = self.root()?;
        for (index, &byte) in text.as_bytes().iter().enumerate() {
            let Some(next) = self.step(node, byte) else { break };
            // A rule that ends within a character is none.
            if next.has_leaf
                && text.is_char_boundary(index + 1)
                && let Some(&leaf) = self.units.get(next.node)
            {
                found = Some((unit::value(leaf), index + 1));
            }
            node = next.node;
        }
        let (place, length) = found?;
        let rest = self.replacements.get(place..)?;
        let end = rest.iter().position(|byte| *byte == 0)?;
        Some((std::str::from_utf8(&rest[..end]).ok()?, length))
    }

    /// Whether a rule begins with some end of `text` and goes on with a byte of `then`.
    pub fn goes_on(&self, text: &str, then: impl Iterator<Item = u8> + Clone) -> bool {
        let Some(root) = self.root() else { return false };
        text.char_indices().any(|(start, _)| {
            let node = text.as_bytes()[start..].iter().try_fold(root, |node, byte| Some(self.step(node, *byte)?.node));
            node.is_some_and(|node| then.clone().any(|byte| self.step(node, byte).is_some()))
        })
    }

    fn root(&self) -> Option<usize> {
        self.units.first().map(|unit| unit::offset(*unit))
    }

    #[inline]
    fn step(&self, node: usize, byte: u8) -> Option<Next> {
        let node = node ^ usize::from(byte);
        let unit = *self.units.get(node).filter(|unit| unit::label(**unit) == u32::from(byte))?;
        Some(Next { node: node ^ unit::offset(unit), has_leaf: unit::has_leaf(unit) })
    }
}

/// A place in the trie, and whether a rule ends there.
struct Next {
    node: usize,
    has_leaf: bool,
}

/// The bits of one unit.
mod unit {
    pub fn has_leaf(unit: u32) -> bool {
        unit >> 8 & 1 == 1
    }

    pub fn value(unit: u32) -> usize {
        (unit & 0x7fff_ffff) as usize
    }

    /// The byte, with the highest bit for leaves.
    pub fn label(unit: u32) -> u32 {
        unit & 0x8000_00ff
    }

    pub fn offset(unit: u32) -> usize {
        ((unit >> 10) << ((unit & 0x200) >> 6)) as usize
    }
}
