//! Byte-pair encoding (Sennrich et al. 2016, <https://arxiv.org/abs/1508.07909>): neighbours merge, the best pair first.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashMap};
use std::ops::Range;

use super::file::{PieceKind, SentencePieceFile};
use super::vocabulary::Vocabulary;

#[derive(Debug)]
pub struct Bpe {
    scores: Vec<f32>,
    unused: Vec<bool>,
}

/// A part of the text; one that was merged into its left neighbour is empty.
#[derive(Debug, Clone)]
struct Symbol {
    bytes: Range<usize>,
    previous: Option<usize>,
    next: Option<usize>,
    /// Pieces of the user's own never merge.
    is_frozen: bool,
}

/// Two neighbours that may merge.
#[derive(Debug, PartialEq)]
struct Pair {
    score: f32,
    left: usize,
    right: usize,
    length: usize,
}

impl Eq for Pair {}

impl Ord for Pair {
    /// The greater score is first, then what stands further left.
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then_with(|| Reverse(self.left).cmp(&Reverse(other.left)))
    }
}

impl PartialOrd for Pair {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Bpe {
    pub fn new(file: &SentencePieceFile) -> Self {
        Bpe {
            scores: file.pieces.iter().map(|piece| piece.score).collect(),
            unused: file.pieces.iter().map(|piece| piece.kind == PieceKind::Unused).collect(),
        }
    }

    /// The pieces of a normalised text, as ids and bytes.
    pub fn cut(&self, text: &str, vocabulary: &Vocabulary) -> Vec<(u32, Range<usize>)> {
        let mut merge = Merge {
            model: self,
            text,
            vocabulary,
            symbols: symbols(text, vocabulary),
            agenda: BinaryHeap::new(),
            halves: HashMap::new(),
        };
        merge.run();
        let mut pieces = Vec::new();
        for symbol in merge.symbols.iter().filter(|symbol| !symbol.bytes.is_empty()) {
            merge.push(symbol.bytes.clone(), &mut pieces);
        }
        pieces
    }

    fn is_unused(&self, piece: u32) -> bool {
        self.unused.get(piece as usize) == Some(&true)
    }
}

/// Every character, and every piece of the user's own.
fn symbols(text: &str, vocabulary: &Vocabulary) -> Vec<Symbol> {
    let mut symbols: Vec<Symbol> = Vec::with_capacity(text.len());
    let mut start = 0;
    while let Some(character) = text[start..].chars().next() {
        let mut own = 0;
        vocabulary.user_defined().prefixes(&text.as_bytes()[start..], |length, _| own = length);
        let end = start + if own > 0 { own } else { character.len_utf8() };
        let index = symbols.len();
        symbols.push(Symbol {
            bytes: start..end,
            previous: index.checked_sub(1),
            next: (end < text.len()).then_some(index + 1),
            is_frozen: own > 0,
        });
        start = end;
    }
    symbols
}

struct Merge<'a> {
    model: &'a Bpe,
    text: &'a str,
    vocabulary: &'a Vocabulary,
    symbols: Vec<Symbol>,
    agenda: BinaryHeap<Pair>,
    /// Of unused pieces, by text, where their halves meet: they only lead to longer pieces.
    halves: HashMap<&'a str, usize>,
}

impl<'a> Merge<'a> {
    fn run(&mut self) {
        for right in 1..self.symbols.len() {
            self.propose(Some(right - 1), Some(right));
        }
        while let Some(Pair { left, right, length, .. }) = self.agenda.pop() {
            let (first, second) = (self.symbols[left].bytes.clone(), self.symbols[right].bytes.clone());
            if first.is_empty() || second.is_empty() || first.len() + second.len() != length {
                continue;
            }
            let next = self.symbols[right].next;
            self.symbols[left].bytes = first.start..second.end;
            self.symbols[left].next = next;
            self.symbols[right].bytes = second.end..second.end;
            if let Some(next) = next {
                self.symbols[next].previous = Some(left);
            }
            self.propose(self.symbols[left].previous, Some(left));
            self.propose(Some(left), next);
        }
    }

    fn propose(&mut self, left: Option<usize>, right: Option<usize>) {
        let (Some(left), Some(right)) = (left, right) else { return };
        let (first, second) = (&self.symbols[left], &self.symbols[right]);
        if first.is_frozen || second.is_frozen {
            return;
        }
        let text: &'a str = self.text;
        let piece = &text[first.bytes.start..second.bytes.end];
        let Some(id) = self.vocabulary.trie().get(piece.as_bytes()) else { return };
        let score = self.model.scores.get(id as usize).copied().unwrap_or_default();
        if self.model.is_unused(id) {
            self.halves.insert(piece, first.bytes.len());
        }
        self.agenda.push(Pair { score, left, right, length: piece.len() });
    }

    /// Pushes the piece of a symbol; an unused one as its halves.
    fn push(&self, bytes: Range<usize>, pieces: &mut Vec<(u32, Range<usize>)>) {
        let mut waiting = vec![bytes];
        while let Some(bytes) = waiting.pop() {
            let text = &self.text[bytes.clone()];
            let id = self.vocabulary.id(text).unwrap_or(self.vocabulary.unknown());
            match self.halves.get(text).filter(|_| self.model.is_unused(id)) {
                Some(&half) => {
                    let middle = bytes.start + half;
                    waiting.extend([middle..bytes.end, bytes.start..middle]);
                }
                None => pieces.push((id, bytes)),
            }
        }
    }
}
