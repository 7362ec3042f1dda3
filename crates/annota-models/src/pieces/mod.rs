//! From a text to vocabulary ids and their place in the text, by the `tokenizer.json` of the checkpoint.

mod align;

pub use align::first_pieces;

use std::ops::Range;

use tokenizers::Tokenizer;

use crate::ModelError;

/// The pieces of one text, without special pieces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pieces {
    pub ids: Vec<u32>,
    /// Bytes of the text that each piece came from. A piece may include the blank before it, and pieces of one
    /// character that normalisation took apart share its bytes.
    pub spans: Vec<Range<usize>>,
}

/// A checkpoint's own cutting of texts.
pub struct PieceTokenizer {
    tokenizer: Tokenizer,
    /// Special ids before and after every text, as `[CLS]` and `[SEP]`.
    prefix: Vec<u32>,
    suffix: Vec<u32>,
    /// The piece that is nothing but the mark of a word's begin.
    lone_mark: Option<u32>,
    unknown: Option<u32>,
    model: String,
}

impl PieceTokenizer {
    /// Reads the text of a `tokenizer.json`. Its truncation and padding are switched off. Special pieces in a
    /// text (`[MASK]`) become their ids, as with Hugging Face's tokenizers.
    pub fn parse(model: &str, json: &[u8]) -> Result<Self, ModelError> {
        let fail = |reason: String| ModelError::Tokenizer { model: model.to_owned(), reason };
        let mut tokenizer = Tokenizer::from_bytes(json).map_err(|error| fail(error.to_string()))?;
        tokenizer.with_truncation(None).map_err(|error| fail(error.to_string()))?;
        tokenizer.with_padding(None);
        let (prefix, suffix) = special_ids(&tokenizer).map_err(|error| fail(error.to_string()))?;
        let lone_mark = tokenizer.token_to_id("▁");
        let unknown = tokenizer.token_to_id("<unk>").or_else(|| tokenizer.token_to_id("[UNK]"));
        Ok(PieceTokenizer { tokenizer, prefix, suffix, lone_mark, unknown, model: model.to_owned() })
    }

    pub fn encode(&self, text: &str) -> Result<Pieces, ModelError> {
        let encoding = self
            .tokenizer
            .encode(text, false)
            .map_err(|error| ModelError::Tokenizer { model: self.model.clone(), reason: error.to_string() })?;
        let spans = encoding.get_offsets().iter().map(|&(start, end)| start..end.max(start)).collect();
        Ok(Pieces { ids: encoding.get_ids().to_vec(), spans })
    }

    /// `ids` between the special pieces: what the model was trained on.
    pub fn with_special(&self, ids: &[u32]) -> Vec<u32> {
        [&self.prefix, ids, &self.suffix].concat()
    }

    /// How many special pieces stand before and after a text.
    pub fn special(&self) -> (usize, usize) {
        (self.prefix.len(), self.suffix.len())
    }

    pub fn is_lone_mark(&self, id: u32) -> bool {
        self.lone_mark == Some(id)
    }

    pub fn is_unknown(&self, id: u32) -> bool {
        self.unknown == Some(id)
    }

    /// Ids are below this.
    pub fn vocabulary_size(&self) -> usize {
        self.tokenizer.get_vocab_size(true)
    }
}

/// The special ids around a text, found by encoding one.
fn special_ids(tokenizer: &Tokenizer) -> tokenizers::Result<(Vec<u32>, Vec<u32>)> {
    let encoding = tokenizer.encode("a", true)?;
    let (ids, mask) = (encoding.get_ids(), encoding.get_special_tokens_mask());
    let first = mask.iter().position(|&special| special == 0).unwrap_or(mask.len());
    let last = mask.iter().rposition(|&special| special == 0).map_or(mask.len(), |last| last + 1);
    Ok((ids[..first].to_vec(), ids[last..].to_vec()))
}
