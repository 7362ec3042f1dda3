//! From a text to vocabulary ids and their place in the text, by the files of the checkpoint.

mod align;
mod chunks;
mod hugging_face;
mod memo;
mod pool;
mod sentence_piece;
mod special;
mod trie;
mod word_piece;
mod words;
#[cfg(test)]
mod woven;

pub use align::token_pieces;
pub use chunks::ChunkSettings;
pub use special::SpecialPieces;

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;

use crate::loaded::Loaded;
use crate::store::{self, ModelFiles};
use crate::{ModelError, family};
use hugging_face::HuggingFace;
use sentence_piece::{Cleaning, SentencePiece};

/// The pieces of one text, without special pieces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pieces {
    pub ids: Vec<u32>,
    /// Bytes of the text that each piece came from, without the blanks before it. Pieces of one character that
    /// normalisation took apart share its bytes; a piece that stands for no character has none.
    pub spans: Vec<Range<usize>>,
}

impl Pieces {
    #[inline]
    pub fn push(&mut self, id: u32, span: Range<usize>) {
        self.ids.push(id);
        self.spans.push(span);
    }

    /// Appends the pieces of a part of the text that begins at `offset`.
    pub fn append(&mut self, part: Pieces, offset: usize) {
        if self.ids.is_empty() && offset == 0 {
            *self = part;
            return;
        }
        self.ids.extend(part.ids);
        self.spans.extend(part.spans.into_iter().map(|span| span.start + offset..span.end + offset));
    }
}

/// A checkpoint's own cutting of texts.
pub struct PieceTokenizer {
    cutter: Cutter,
    /// Special ids before and after every text, as `[CLS]` and `[SEP]`.
    prefix: Vec<u32>,
    suffix: Vec<u32>,
    /// The piece that is nothing but the mark of a word's begin.
    lone_mark: Option<u32>,
    unknown: Option<u32>,
    model: String,
    family: &'static str,
}

enum Cutter {
    HuggingFace(Box<HuggingFace>),
    SentencePiece { cutter: Box<SentencePiece>, specials: Vec<(String, u32)> },
}

/// What ALBERT's `tokenizer_config.json` says of cutting, with Hugging Face's defaults.
#[derive(Debug, Deserialize)]
#[serde(default)]
struct AlbertTokenizerConfig {
    do_lower_case: bool,
    remove_space: bool,
    keep_accents: bool,
}

impl Default for AlbertTokenizerConfig {
    fn default() -> Self {
        AlbertTokenizerConfig { do_lower_case: true, remove_space: true, keep_accents: false }
    }
}

/// The special pieces of ALBERT.
const SPECIALS: [&str; 5] = ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"];

/// Those this process has opened, by the name of the model.
static OPENED: LazyLock<Loaded<String, PieceTokenizer>> = LazyLock::new(Loaded::default);

impl PieceTokenizer {
    /// That of the model of that name, opened at the first call of the process. The model's weights are not touched.
    ///
    /// # Errors
    /// Those of [`store::resolve`] and [`PieceTokenizer::open`].
    pub fn shared(model: &str) -> Result<Arc<Self>, ModelError> {
        OPENED.get(model.to_owned(), || Ok(Arc::new(PieceTokenizer::open(&store::resolve(model)?)?)))
    }

    /// Reads the file that cuts texts: `tokenizer.json` where there is one, else `spiece.model` or `vocab.txt`, these
    /// with `tokenizer_config.json`.
    ///
    /// # Errors
    /// [`ModelError::Tokenizer`] for a file that cannot be used, [`ModelError::Read`] where there is none.
    pub fn open(files: &ModelFiles) -> Result<Self, ModelError> {
        let family = family::of_config(files.name(), &files.config()?)?.model_type;
        let pieces = Self::of_files(files)?;
        Ok(PieceTokenizer { family, ..pieces })
    }

    fn of_files(files: &ModelFiles) -> Result<Self, ModelError> {
        let fail = |file: &'static str| {
            move |reason: String| ModelError::Tokenizer { model: files.name().to_owned(), file, reason }
        };
        if let Some(json) = files.read("tokenizer.json")? {
            let parsed = HuggingFace::parse(&json).map_err(|error| error.to_string());
            return Self::with_hugging_face(files.name(), parsed).map_err(fail("tokenizer.json"));
        }
        let config = files.text("tokenizer_config.json")?;
        if let Some(bytes) = files.read("spiece.model")? {
            let config = config.as_deref().map_or(Ok(AlbertTokenizerConfig::default()), serde_json::from_str);
            let config = config.map_err(|error| fail("tokenizer_config.json")(error.to_string()))?;
            return Self::with_sentence_piece(files.name(), &bytes, &config).map_err(fail("spiece.model"));
        }
        if let Some(vocabulary) = files.text("vocab.txt")? {
            let parsed = HuggingFace::word_piece(&vocabulary, config.as_deref());
            return Self::with_hugging_face(files.name(), parsed).map_err(fail("vocab.txt"));
        }
        Err(files.absent("tokenizer.json, spiece.model or vocab.txt"))
    }

    fn with_hugging_face(model: &str, parsed: Result<HuggingFace, String>) -> Result<Self, String> {
        let cutter = parsed?;
        let (prefix, suffix) = cutter.around().map_err(|error| error.to_string())?;
        Ok(PieceTokenizer {
            prefix,
            suffix,
            lone_mark: cutter.id("▁"),
            unknown: cutter.id("<unk>").or_else(|| cutter.id("[UNK]")),
            cutter: Cutter::HuggingFace(Box::new(cutter)),
            model: model.to_owned(),
            family: "",
        })
    }

    fn with_sentence_piece(model: &str, bytes: &[u8], config: &AlbertTokenizerConfig) -> Result<Self, String> {
        let cleaning = Cleaning {
            lower_case: config.do_lower_case,
            remove_blanks: config.remove_space,
            keep_accents: config.keep_accents,
        };
        let cutter = SentencePiece::parse(bytes, cleaning)?;
        let special = |piece: &str| cutter.id(piece).ok_or_else(|| format!("piece `{piece}` is missing"));
        Ok(PieceTokenizer {
            prefix: vec![special("[CLS]")?],
            suffix: vec![special("[SEP]")?],
            lone_mark: cutter.id("▁"),
            unknown: Some(cutter.unknown()),
            cutter: Cutter::SentencePiece {
                specials: SPECIALS.iter().filter_map(|piece| Some(((*piece).to_owned(), cutter.id(piece)?))).collect(),
                cutter: Box::new(cutter),
            },
            model: model.to_owned(),
            family: "",
        })
    }

    /// # Errors
    /// [`ModelError::Text`] for a text that the library refuses.
    pub fn encode(&self, text: &str, special: SpecialPieces) -> Result<Pieces, ModelError> {
        match &self.cutter {
            Cutter::HuggingFace(cutter) => cutter.encode(text, special).map_err(|error| ModelError::Text {
                model: self.model.clone(),
                bytes: text.len(),
                reason: error.to_string(),
            }),
            Cutter::SentencePiece { cutter, .. } if special == SpecialPieces::Text => Ok(cutter.encode(text)),
            Cutter::SentencePiece { cutter, specials } => {
                let mut pieces = Pieces::default();
                for part in special::parts(text, specials) {
                    match part.special {
                        Some(id) => pieces.push(id, part.span),
                        None => pieces.append(cutter.encode(&text[part.span.clone()]), part.span.start),
                    }
                }
                Ok(pieces)
            }
        }
    }

    /// The pieces of a word by itself, as Spark NLP cuts it: nothing is cleaned but capitals, and lone word marks are
    /// left out.
    ///
    /// # Errors
    /// As [`PieceTokenizer::encode`].
    pub fn encode_word(&self, word: &str) -> Result<Pieces, ModelError> {
        let mut pieces = match &self.cutter {
            Cutter::HuggingFace(_) => self.encode(word, SpecialPieces::Text)?,
            Cutter::SentencePiece { cutter, .. } => cutter.encode_bare(word),
        };
        let mut kept = Pieces::default();
        for (id, span) in pieces.ids.drain(..).zip(pieces.spans.drain(..)).filter(|(id, _)| !self.is_lone_mark(*id)) {
            kept.push(id, span);
        }
        Ok(kept)
    }

    /// How many pieces a text has, special ones included.
    ///
    /// # Errors
    /// As [`PieceTokenizer::encode`].
    pub fn count(&self, text: &str) -> Result<usize, ModelError> {
        Ok(self.encode(text, SpecialPieces::Text)?.ids.len() + self.prefix.len() + self.suffix.len())
    }

    /// `ids` between the special pieces: what the model was trained on.
    pub fn with_special(&self, ids: &[u32]) -> Vec<u32> {
        [&self.prefix, ids, &self.suffix].concat()
    }

    /// The family of the model that it cuts texts for.
    pub fn family(&self) -> &'static str {
        self.family
    }

    /// The special ids before and after every text.
    pub fn around(&self) -> (&[u32], &[u32]) {
        (&self.prefix, &self.suffix)
    }

    pub fn is_lone_mark(&self, id: u32) -> bool {
        self.lone_mark == Some(id)
    }

    pub fn is_unknown(&self, id: u32) -> bool {
        self.unknown == Some(id)
    }

    /// The text of a piece, as the vocabulary has it.
    pub fn piece(&self, id: u32) -> Option<String> {
        match &self.cutter {
            Cutter::HuggingFace(cutter) => cutter.piece(id),
            Cutter::SentencePiece { cutter, .. } => cutter.piece(id).map(str::to_owned),
        }
    }

    /// Ids are below this.
    pub fn vocabulary_size(&self) -> usize {
        match &self.cutter {
            Cutter::HuggingFace(cutter) => cutter.vocabulary_size(),
            Cutter::SentencePiece { cutter, .. } => cutter.vocabulary_size(),
        }
    }
}
