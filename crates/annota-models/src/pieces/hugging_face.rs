//! Pieces by the `tokenizers` library: a `tokenizer.json`, or one made of a `vocab.txt`.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Value, json};
use tokenizers::Tokenizer;

use super::word_piece::{CONTINUES, MOST_CHARACTERS, WordPiece};
use super::{Pieces, SpecialPieces};

pub struct HuggingFace {
    /// Special pieces in a text are text.
    plain: Tokenizer,
    /// Special pieces in a text are what they stand for.
    parsing: OnceLock<Tokenizer>,
    /// For a `vocab.txt`, the same by words.
    by_word: Option<WordPiece>,
}

/// What BERT's `tokenizer_config.json` says of cutting, with Hugging Face's defaults.
#[derive(Debug, Deserialize)]
#[serde(default)]
struct WordPieceConfig {
    do_lower_case: bool,
    strip_accents: Option<bool>,
    tokenize_chinese_chars: bool,
}

impl Default for WordPieceConfig {
    fn default() -> Self {
        WordPieceConfig { do_lower_case: true, strip_accents: None, tokenize_chinese_chars: true }
    }
}

/// The special pieces of BERT, which every `vocab.txt` has.
const SPECIALS: [&str; 5] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

impl HuggingFace {
    /// Reads a `tokenizer.json`. Its truncation and padding are switched off.
    pub fn parse(json: &[u8]) -> tokenizers::Result<Self> {
        let mut plain = Tokenizer::from_bytes(json)?;
        plain.with_truncation(None)?;
        plain.with_padding(None);
        plain.set_encode_special_tokens(true);
        Ok(HuggingFace { plain, parsing: OnceLock::new(), by_word: None })
    }

    /// WordPiece (Wu et al. 2016, <https://arxiv.org/abs/1609.08144>) over a `vocab.txt`, as Hugging Face's
    /// `BertTokenizer` has it.
    pub fn word_piece(vocabulary: &str, config: Option<&str>) -> Result<Self, String> {
        let config: WordPieceConfig =
            config.map_or(Ok(WordPieceConfig::default()), serde_json::from_str).map_err(|error| error.to_string())?;
        let ids: serde_json::Map<String, Value> =
            vocabulary.lines().enumerate().map(|(id, piece)| (piece.to_owned(), json!(id))).collect();
        let special = |piece: &&str| {
            ids.get(*piece).map(|id| {
                json!({"id": id, "content": piece, "single_word": false, "lstrip": false, "rstrip": false,
                    "normalized": false, "special": true})
            })
        };
        let id = |piece: &str| ids.get(piece).ok_or_else(|| format!("vocab.txt lacks `{piece}`"));
        let json = json!({
            "version": "1.0",
            "added_tokens": SPECIALS.iter().filter_map(special).collect::<Vec<_>>(),
            "normalizer": {"type": "BertNormalizer", "clean_text": true, "lowercase": config.do_lower_case,
                "handle_chinese_chars": config.tokenize_chinese_chars, "strip_accents": config.strip_accents},
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "post_processor": {"type": "BertProcessing", "cls": ["[CLS]", id("[CLS]")?], "sep": ["[SEP]", id("[SEP]")?]},
            "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": CONTINUES,
                "max_input_chars_per_word": MOST_CHARACTERS, "vocab": ids},
        });
        id("[UNK]")?;
        let plain = HuggingFace::parse(json.to_string().as_bytes()).map_err(|error| error.to_string())?;
        let numbered: HashMap<&str, u32> = vocabulary.lines().zip(0..).collect();
        let pieces: Vec<_> = numbered.into_iter().collect();
        let unknown = plain.id("[UNK]").ok_or("vocab.txt lacks `[UNK]`")?;
        Ok(HuggingFace { by_word: Some(WordPiece::new(&pieces, unknown, config.do_lower_case)), ..plain })
    }

    pub fn encode(&self, text: &str, special: SpecialPieces) -> tokenizers::Result<Pieces> {
        let has_special = || text.contains('[') && SPECIALS.iter().any(|piece| text.contains(piece));
        let is_plain = special == SpecialPieces::Text || !has_special();
        let by_word = self.by_word.as_ref().filter(|_| is_plain);
        let pieces = by_word.and_then(|words| words.encode(text, |word| self.encode_whole(word, special).ok()));
        pieces.map_or_else(|| self.encode_whole(text, special), Ok)
    }

    fn encode_whole(&self, text: &str, special: SpecialPieces) -> tokenizers::Result<Pieces> {
        let tokenizer = match special {
            SpecialPieces::Text => &self.plain,
            SpecialPieces::Parse => self.parsing.get_or_init(|| {
                let mut parsing = self.plain.clone();
                parsing.set_encode_special_tokens(false);
                parsing
            }),
        };
        let encoding = tokenizer.encode(text, false)?;
        let spans = encoding.get_offsets().iter().map(|&(start, end)| without_blanks(text, start..end.max(start)));
        let spans = spans.collect();
        Ok(Pieces { ids: encoding.get_ids().to_vec(), spans })
    }

    /// The special ids before and after every text, found by encoding one.
    pub fn around(&self) -> tokenizers::Result<(Vec<u32>, Vec<u32>)> {
        let encoding = self.plain.encode("a", true)?;
        let (ids, mask) = (encoding.get_ids(), encoding.get_special_tokens_mask());
        let first = mask.iter().position(|&special| special == 0).unwrap_or(mask.len());
        let last = mask.iter().rposition(|&special| special == 0).map_or(mask.len(), |last| last + 1);
        Ok((ids[..first].to_vec(), ids[last..].to_vec()))
    }

    pub fn id(&self, piece: &str) -> Option<u32> {
        self.plain.token_to_id(piece)
    }

    pub fn piece(&self, id: u32) -> Option<String> {
        self.plain.id_to_token(id)
    }

    /// Ids are below this.
    pub fn vocabulary_size(&self) -> usize {
        self.plain.get_vocab_size(true)
    }
}

/// A piece that begins a word comes with the blank before it.
fn without_blanks(text: &str, span: Range<usize>) -> Range<usize> {
    let covered = text.get(span.clone()).unwrap_or_default();
    span.start + (covered.len() - covered.trim_start().len())..span.end
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use crate::pieces::woven::woven;

    use super::{HuggingFace, SpecialPieces};

    /// Of all settings.
    static MODELS: LazyLock<Vec<HuggingFace>> = LazyLock::new(|| {
        let mut vocabulary =
            "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n##\nthe\nword\n##ing\n##s\nab\nabc\n##bc\n中\né\n##é\n".to_owned();
        for letter in ('!'..='~').filter(|letter| *letter != 'z') {
            writeln!(vocabulary, "{letter}\n##{letter}").expect("a string");
        }
        let settings =
            ["{}", "{\"do_lower_case\": false}", "{\"tokenize_chinese_chars\": false, \"strip_accents\": false}"];
        settings
            .iter()
            .map(|config| HuggingFace::word_piece(&vocabulary, Some(config)).expect("a vocabulary"))
            .collect()
    });

    fn assert_same(text: &str) {
        for model in &*MODELS {
            for special in [SpecialPieces::Text, SpecialPieces::Parse] {
                let whole = model.encode_whole(text, special).expect("pieces");
                assert_eq!(model.encode(text, special).expect("pieces"), whole, "{text:?}");
                assert_eq!(model.encode(text, special).expect("pieces"), whole, "{text:?} again");
            }
        }
    }

    #[test]
    fn words_are_cut_as_the_library_cuts_them() {
        assert_same(
            "The Words, abcbcings (doing) \"zebra\" 中word中 É\u{301}. [MASK] [mask]\n\u{301}a \u{200b} a\u{b}b \u{85}",
        );
        for length in [99, 100, 101, 5000] {
            assert_same(&"a".repeat(length));
            assert_same(&"é".repeat(length));
        }
    }

    const PARTS: &str = "[a-zA-Z]{1,9}|[0-9]{1,4}|the|##ing|[ \t\n\u{85}\u{a0}\u{b}\u{200b}\u{3000}]|[.,!()\"'`–€—-]|\
        [éÉçßİΣς½²ﬁÅ]|[\u{300}-\u{310}]|[\u{0}-\u{7f}]|[日本語한국]|[😀👩\u{200d}\u{feff}\u{fffd}]|\\[MASK\\]|\\PC";

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn by_words_and_as_a_whole_are_the_same(parts in proptest::collection::vec(PARTS, 0..60), blanks in any::<u64>()) {
            assert_same(&woven(&parts, blanks));
        }
    }
}
