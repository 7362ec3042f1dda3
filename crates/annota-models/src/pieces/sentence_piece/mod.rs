//! SentencePiece (Kudo & Richardson 2018, <https://arxiv.org/abs/1808.06226>) from `spiece.model`, with what ALBERT
//! does before and after it. The ids are those of the reference implementation, equal scores included.

mod albert;
mod bpe;
mod by_word;
mod charsmap;
mod file;
mod mapped;
mod normalize;
mod unigram;
mod vocabulary;

use std::ops::Range;

pub use albert::Cleaning;

use super::Pieces;
use bpe::Bpe;
use by_word::ByWord;
use file::{Algorithm, SentencePieceFile};
use mapped::{Mapped, MappedText};
use normalize::{MARK, Normalizer};
use unigram::{Lattice, Unigram};
use vocabulary::Vocabulary;

/// A model that cuts texts, and its vocabulary.
pub struct SentencePiece {
    cleaning: Cleaning,
    normalizer: Normalizer,
    vocabulary: Vocabulary,
    model: Model,
    /// For each id whether it is a piece of a digit and a comma.
    ends_in_comma: Vec<bool>,
    /// Where words can be cut one by one.
    by_word: Option<ByWord>,
}

enum Model {
    Unigram(Unigram),
    Bpe(Bpe),
}

/// A piece: its id, its bytes in the normalised text and in the original.
struct Cut {
    id: u32,
    bytes: Range<usize>,
    source: Range<usize>,
}

impl SentencePiece {
    /// Reads the bytes of a `spiece.model`.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn parse(bytes: &[u8], cleaning: Cleaning) -> Result<Self, String> {
        let file = SentencePieceFile::parse(bytes)?;
        let model = match file.algorithm {
            Algorithm::Unigram => Model::Unigram(Unigram::new(&file)),
            Algorithm::Bpe => Model::Bpe(Bpe::new(&file)),
        };
        let ends_in_comma = file.pieces.iter().map(|piece| {
            let word = piece.text.strip_suffix(',');
            word.is_some_and(|word| word.ends_with(char::is_numeric))
        });
        let (normalizer, vocabulary) = (Normalizer::new(&file)?, Vocabulary::new(&file)?);
        let by_word = match &model {
            Model::Unigram(_) => ByWord::new(&file, cleaning, &normalizer),
            Model::Bpe(_) => None,
        };
        Ok(SentencePiece { cleaning, normalizer, vocabulary, model, ends_in_comma: ends_in_comma.collect(), by_word })
    }

    /// The pieces of a text. Nothing in it is a special piece.
    pub fn encode(&self, text: &str) -> Pieces {
        self.encode_by_word(text).unwrap_or_else(|| self.encode_whole(text))
    }

    fn encode_whole(&self, text: &str) -> Pieces {
        let (normalized, cuts) = self.cut(self.cleaning.clean(text));
        let mut pieces = Pieces { ids: Vec::with_capacity(cuts.len()), spans: Vec::with_capacity(cuts.len()) };
        self.push_cuts(&normalized, cuts, &mut pieces);
        pieces
    }

    /// Appends pieces as ALBERT has them.
    fn push_cuts(&self, normalized: &MappedText, cuts: Vec<Cut>, pieces: &mut Pieces) {
        for cut in cuts {
            if self.ends_in_comma.get(cut.id as usize) == Some(&true) {
                self.split_comma(normalized, &cut, pieces);
            } else {
                pieces.push(cut.id, cut.source);
            }
        }
    }

    /// The pieces of a text of which nothing is cleaned but capitals, and no comma split off.
    pub fn encode_bare(&self, text: &str) -> Pieces {
        let (_, cuts) = self.cut(self.cleaning.lower(text));
        let mut pieces = Pieces::default();
        cuts.into_iter().for_each(|cut| pieces.push(cut.id, cut.source));
        pieces
    }

    /// The id of a piece.
    pub fn id(&self, piece: &str) -> Option<u32> {
        self.vocabulary.id(piece)
    }

    /// The text of a piece.
    pub fn piece(&self, id: u32) -> Option<&str> {
        self.vocabulary.text(id)
    }

    pub fn unknown(&self) -> u32 {
        self.vocabulary.unknown()
    }

    /// Ids are below this.
    pub fn vocabulary_size(&self) -> usize {
        self.vocabulary.len()
    }

    /// What SentencePiece makes of characters.
    fn cut(&self, characters: impl IntoIterator<Item = Mapped>) -> (MappedText, Vec<Cut>) {
        let normalized = self.normalizer.normalize(characters, self.vocabulary.user_defined());
        let cuts = match &self.model {
            Model::Unigram(model) => {
                let mut lattice = Lattice::default();
                model.cut(normalized.text(), 0.0, &self.vocabulary, &mut lattice);
                self.cuts(&normalized, lattice.path().iter().map(|step| (step.piece, step.start..step.end)))
            }
            Model::Bpe(model) => self.cuts(&normalized, model.cut(normalized.text(), &self.vocabulary).into_iter()),
        };
        (normalized, cuts)
    }

    /// The pieces that the model has found, with unknown characters as SentencePiece gives them back.
    fn cuts(&self, normalized: &MappedText, pieces: impl Iterator<Item = (u32, Range<usize>)>) -> Vec<Cut> {
        let unknown = self.vocabulary.unknown();
        let mut cuts: Vec<Cut> = Vec::with_capacity(pieces.size_hint().0);
        for (id, bytes) in pieces {
            let source = normalized.source(bytes.clone());
            match (self.vocabulary.bytes(), cuts.last_mut()) {
                (Some(ids), _) if id == unknown => {
                    let parts = normalized.text()[bytes.clone()].bytes();
                    let part =
                        |byte: u8| Cut { id: ids[usize::from(byte)], bytes: bytes.clone(), source: source.clone() };
                    cuts.extend(parts.map(part));
                }
                // Unknown characters side by side are one piece.
                (None, Some(last)) if id == unknown && last.id == unknown => {
                    last.bytes.end = bytes.end;
                    last.source.end = source.end;
                }
                _ => cuts.push(Cut { id, bytes, source }),
            }
        }
        cuts
    }

    /// `▁2010,` becomes what `2010` is cut into, and a comma (as in BERT's original code).
    fn split_comma(&self, normalized: &MappedText, cut: &Cut, pieces: &mut Pieces) {
        let comma = cut.bytes.end - 1..cut.bytes.end;
        let number = cut.bytes.start..comma.start;
        let is_marked = normalized.text()[number.clone()].starts_with(MARK);
        let inside = normalized.characters(number).filter(|mapped| mapped.character.encode_utf8(&mut [0; 4]) != MARK);
        let (again, cuts) = self.cut(inside);
        for (index, part) in cuts.into_iter().enumerate() {
            let text = &again.text()[part.bytes.clone()];
            match text.strip_prefix(MARK).filter(|_| index == 0 && !is_marked) {
                Some("") => {}
                Some(bare) => pieces.push(self.id(bare).unwrap_or(self.unknown()), part.source),
                None => pieces.push(part.id, part.source),
            }
        }
        pieces.push(self.id(",").unwrap_or(self.unknown()), normalized.source(comma));
    }
}
