//! What words were cut into.

/// A word of at most [`Key::MOST`] bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Key {
    /// The bytes, then zeros.
    bytes: [u64; 4],
    /// 0 for no word.
    length: u8,
}

impl Key {
    pub const MOST: usize = 32;

    /// That of the word of `length` bytes at `start`, if it is short enough.
    #[inline]
    pub fn of(text: &str, start: usize, length: usize) -> Option<Key> {
        if length > Self::MOST {
            return None;
        }
        let from = text.as_bytes().get(start..)?;
        let mut padded = [0; Self::MOST];
        match from.first_chunk() {
            Some(bytes) => padded = *bytes,
            None => padded[..from.len()].copy_from_slice(from),
        }
        let (words, _) = padded.as_chunks::<8>();
        let mut bytes = [0; 4];
        for (index, (into, from)) in bytes.iter_mut().zip(words).enumerate() {
            *into = u64::from_le_bytes(*from) & first_bytes(length.saturating_sub(8 * index));
        }
        Some(Key { bytes, length: length as u8 })
    }

    /// Whether they are equal, without a branch for each part.
    #[inline]
    fn is(&self, other: &Key) -> bool {
        let differ = self.bytes.iter().zip(&other.bytes).fold(0, |differ, (left, right)| differ | (left ^ right));
        differ == 0 && self.length == other.length
    }

    #[inline]
    fn hash(&self) -> u64 {
        let [first, second, third, fourth] = self.bytes;
        let hash = fold(first ^ 0x9e37_79b9_7f4a_7c15, second ^ 0xd1b5_4a32_d192_ed03);
        let rest = fold(third ^ 0x8cb9_2ba7_2f3d_8dd7, fourth ^ 0xaaaa_aaaa_5555_5556);
        fold(hash ^ u64::from(self.length), rest ^ 0xa076_1d64_78bd_642f)
    }
}

/// A mask for the lowest bytes.
#[inline]
fn first_bytes(count: usize) -> u64 {
    if count >= 8 { u64::MAX } else { (1 << (8 * count)) - 1 }
}

#[inline]
fn fold(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    (product >> 64) as u64 ^ product as u64
}

/// A word's piece, and its bytes in the word.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    pub id: u32,
    pub start: u8,
    pub end: u8,
}

/// What is remembered of a word.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    pub parts: &'a [Part],
    /// What its pieces add to the sum of scores, one after another.
    pub scores: &'a [f32],
    /// The parts are these where the sum before the word is nearer to 0 than this.
    pub limit: f32,
}

#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
struct Entry {
    key: Key,
    parts: u16,
    scores: u16,
    first_part: u32,
    first_score: u32,
    limit: f32,
}

/// Words with their pieces, some megabytes at most: new ones take the place of old ones.
#[derive(Debug)]
pub struct Memo {
    /// A word stands in one of [`WAYS`] places from that on which its hash says, the further the less it is asked for.
    entries: Vec<Entry>,
    parts: Vec<Part>,
    scores: Vec<f32>,
}

/// A power of two.
const ENTRIES: usize = 1 << 16;
const WAYS: usize = 4;
/// What is remembered of replaced words stays until there is so much.
const MOST_PARTS: usize = 1 << 18;

impl Default for Memo {
    fn default() -> Self {
        Memo { entries: vec![Entry::default(); ENTRIES], parts: Vec::new(), scores: Vec::new() }
    }
}

impl Memo {
    /// What is remembered of a word, which thereby moves away from where words are replaced.
    #[inline]
    pub fn get(&mut self, key: &Key) -> Option<Found<'_>> {
        let home = home(key);
        let ways = self.entries.get_mut(home..home + WAYS)?;
        let mut way = ways.iter().position(|entry| entry.key.is(key))?;
        if way > 0 {
            ways.swap(way - 1, way);
            way -= 1;
        }
        let entry = &ways[way];
        Some(Found {
            parts: part(&self.parts, entry.first_part, entry.parts),
            scores: part(&self.scores, entry.first_score, entry.scores),
            limit: entry.limit,
        })
    }

    /// Remembers a word that is not there. One with very many pieces is forgotten at once.
    pub fn insert(
        &mut self,
        key: Key,
        limit: f32,
        parts: impl Iterator<Item = Part>,
        scores: impl Iterator<Item = f32>,
    ) {
        if self.parts.len().max(self.scores.len()) > MOST_PARTS {
            self.entries.fill(Entry::default());
            self.parts.clear();
            self.scores.clear();
        }
        let (first_part, first_score) = (self.parts.len(), self.scores.len());
        self.parts.extend(parts);
        self.scores.extend(scores);
        let counts = (u16::try_from(self.parts.len() - first_part), u16::try_from(self.scores.len() - first_score));
        let (Ok(parts), Ok(scores)) = counts else { return };
        let entry = Entry { key, parts, scores, first_part: first_part as u32, first_score: first_score as u32, limit };
        let home = home(&key);
        let ways = &mut self.entries[home..home + WAYS];
        let free = ways.iter().position(|entry| entry.key == Key::default());
        ways[free.unwrap_or(WAYS - 1)] = entry;
    }
}

#[inline]
fn home(key: &Key) -> usize {
    key.hash() as usize & (ENTRIES - WAYS)
}

#[inline]
fn part<T>(all: &[T], first: u32, count: u16) -> &[T] {
    all.get(first as usize..first as usize + usize::from(count)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{ENTRIES, Key, Memo, Part};

    fn key(word: &str) -> Key {
        Key::of(word, 0, word.len()).expect("a short word")
    }

    fn insert(memo: &mut Memo, word: &str, id: u32) {
        memo.insert(key(word), 1.0, [Part { id, start: 0, end: 1 }].into_iter(), [0.5].into_iter());
    }

    #[test]
    fn keys_are_words() {
        let text = "a word, and another; the rest is longer than any key";
        assert_eq!(Key::of(text, 2, 4), Key::of("word", 0, 4));
        assert_eq!(Key::of(text, 0, 1), Key::of("a", 0, 1));
        assert_ne!(Key::of("a\0", 0, 1), Key::of("a\0", 0, 2));
        assert!(Key::of(text, 0, Key::MOST).is_some());
        assert!(Key::of(text, 0, Key::MOST + 1).is_none());
    }

    #[test]
    fn words_are_remembered() {
        let mut memo = Memo::default();
        insert(&mut memo, "one", 1);
        insert(&mut memo, "two", 2);
        let found = memo.get(&key("two")).expect("two");
        assert_eq!((found.parts[0].id, found.scores, found.limit), (2, &[0.5][..], 1.0));
        assert_eq!(memo.get(&key("one")).map(|found| found.parts[0].id), Some(1));
        assert!(memo.get(&key("three")).is_none());
    }

    #[test]
    fn memory_has_a_bound() {
        let mut memo = Memo::default();
        for number in 0..20 * ENTRIES as u32 {
            let word = number.to_string();
            insert(&mut memo, &word, number);
            assert_eq!(memo.get(&key(&word)).map(|found| found.parts[0].id), Some(number));
        }
        assert!(memo.parts.len() <= super::MOST_PARTS + 1);
    }
}
