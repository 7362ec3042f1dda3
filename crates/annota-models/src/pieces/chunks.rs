//! Cutting documents for retrieval.

use std::ops::Range;

use super::{PieceTokenizer, SpecialPieces};
use crate::ModelError;

/// How large chunks are, in pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkSettings {
    /// The most pieces of a chunk by itself, special ones included.
    pub max_pieces: usize,
    /// The most pieces that a chunk shares with the one before it.
    pub overlap: usize,
}

impl PieceTokenizer {
    /// Cuts a document into chunks of at most `max_pieces`: at the last end of a sentence that fits, at the end of a
    /// token where none does, and within a token that is too long by itself. A chunk begins with a sentence where
    /// one begins in the overlap, and without overlap where only so its first sentence fits. All that stands in some
    /// token is in some chunk. Sentences and tokens are bytes of the document, in order.
    ///
    /// # Errors
    /// As [`PieceTokenizer::encode`].
    pub fn chunks(
        &self,
        text: &str,
        sentences: &[Range<usize>],
        tokens: &[Range<usize>],
        settings: ChunkSettings,
    ) -> Result<Vec<Range<usize>>, ModelError> {
        let mut units = self.units(text, sentences, tokens, settings.max_pieces)?;
        let special = self.prefix.len() + self.suffix.len();
        let mut room = settings.max_pieces.saturating_sub(special).max(1);
        let mut chunks: Vec<Range<usize>> = Vec::new();
        // The units that are in some chunk, and the least that the next may begin with.
        let (mut done, mut least) = (0, 0);
        while done < units.places.len() {
            let (first, last) = units.next(least..done, room, settings.overlap);
            let chunk = units.places[first].start..units.places[last].end;
            // A part by itself may have more pieces than it has within the document.
            let over = self.count(&text[chunk.clone()])?.saturating_sub(settings.max_pieces);
            if over > 0 && last > done {
                room = room.saturating_sub(over).max(1);
                continue;
            }
            if over > 0 && first < done {
                units.places[done].stands_alone = true;
                continue;
            }
            room = settings.max_pieces.saturating_sub(special).max(1);
            chunks.push(chunk);
            (done, least) = (last + 1, first + 1);
        }
        Ok(chunks)
    }

    /// The tokens, those that are too long by themselves in parts.
    fn units(
        &self,
        text: &str,
        sentences: &[Range<usize>],
        tokens: &[Range<usize>],
        max_pieces: usize,
    ) -> Result<Units, ModelError> {
        let pieces = self.encode(text, SpecialPieces::Text)?;
        let mut places: Vec<Unit> = Vec::with_capacity(tokens.len());
        let mut sentences = sentences.iter().peekable();
        for token in tokens {
            let mut begins_sentence = false;
            while sentences.next_if(|sentence| sentence.start <= token.start).is_some() {
                begins_sentence = true;
            }
            for part in self.parts(text, token, max_pieces)? {
                let piece = pieces.spans.partition_point(|span| span.end <= part.start);
                let begins_sentence = begins_sentence && part.start == token.start;
                places.push(Unit { start: part.start, end: part.end, piece, begins_sentence, stands_alone: false });
            }
        }
        Ok(Units { places, pieces: pieces.ids.len() })
    }

    /// A token, or parts of it that have not too many pieces each.
    fn parts(&self, text: &str, token: &Range<usize>, max_pieces: usize) -> Result<Vec<Range<usize>>, ModelError> {
        let mut parts = Vec::new();
        let mut waiting = vec![token.clone()];
        while let Some(part) = waiting.pop() {
            let inside = &text[part.clone()];
            // No character of normalised text stands for less than an eighth of a byte; most tokens are short.
            let may_be_long = 8 * inside.len() + self.prefix.len() + self.suffix.len() > max_pieces;
            let middle = inside.char_indices().nth(inside.chars().count() / 2).map_or(0, |(middle, _)| middle);
            if may_be_long && middle > 0 && self.count(inside)? > max_pieces {
                waiting.extend([part.start + middle..part.end, part.start..part.start + middle]);
            } else {
                parts.push(part);
            }
        }
        Ok(parts)
    }
}

/// A token or a part of one: where chunks may begin and end.
#[derive(Debug, Clone, Copy)]
struct Unit {
    start: usize,
    end: usize,
    /// The number of its first piece in the document.
    piece: usize,
    begins_sentence: bool,
    /// No chunk begins before it and ends with it.
    stands_alone: bool,
}

struct Units {
    places: Vec<Unit>,
    /// Of the whole document.
    pieces: usize,
}

impl Units {
    /// The first and the last unit of the chunk that goes on behind those that are done, and may share the last of
    /// them.
    fn next(&self, shared: Range<usize>, room: usize, overlap: usize) -> (usize, usize) {
        let done = shared.end;
        let start = self.overlapping(shared, overlap.min(room / 2));
        let with_sentence = [start, done].into_iter().find_map(|first| {
            let last = self.furthest(first, done, room)?;
            let end = (done..=last).rev().find(|unit| self.ends_sentence(*unit))?;
            Some((first, end))
        });
        with_sentence.unwrap_or_else(|| match self.furthest(start, done, room) {
            Some(last) => (start, last),
            None => (done, self.furthest(done, done, room).unwrap_or(done)),
        })
    }

    /// The last unit of a chunk with at most `room` pieces; `None` where not even `least` fits.
    fn furthest(&self, first: usize, least: usize, room: usize) -> Option<usize> {
        let fits = |last: &usize| self.begin(last + 1).saturating_sub(self.begin(first)) <= room;
        (least..self.places.len()).take_while(fits).last()
    }

    /// Where the next chunk begins: with a sentence in the overlap, else with its first token.
    fn overlapping(&self, shared: Range<usize>, overlap: usize) -> usize {
        let done = shared.end;
        if self.places[done].stands_alone {
            return done;
        }
        let end = self.begin(done);
        let shared = shared.rev().take_while(|unit| end.saturating_sub(self.begin(*unit)) <= overlap);
        let Some(earliest) = shared.last() else { return done };
        (earliest..done).find(|unit| self.places[*unit].begins_sentence).unwrap_or(earliest)
    }

    fn ends_sentence(&self, unit: usize) -> bool {
        self.places.get(unit + 1).is_none_or(|next| next.begins_sentence)
    }

    /// The number of a unit's first piece; of all pieces behind the last.
    fn begin(&self, unit: usize) -> usize {
        self.places.get(unit).map_or(self.pieces, |unit| unit.piece)
    }
}
