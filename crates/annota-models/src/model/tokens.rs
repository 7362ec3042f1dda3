use std::ops::Range;

use super::Model;
use crate::engine::Sequence;
use crate::pieces::{Pieces, token_pieces};
use crate::window::Window;
use crate::{ModelError, PieceContext, Readout, TokenPooling, TokenSettings, Vectors};

/// A text and its tokens, as bytes of the text in their order.
#[derive(Debug, Clone)]
pub struct TokenizedText<'a> {
    pub text: &'a str,
    pub tokens: Vec<Range<usize>>,
}

/// What the tokens of some texts got, one text after another.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenVectors {
    pub vectors: Vectors,
    /// The id of the first piece that each vector is made of.
    pub pieces: Vec<Option<u32>>,
}

/// The pieces of one text's tokens, by their indices in the text.
struct Chosen {
    of_tokens: Vec<Vec<usize>>,
    /// Those that some token has, each once and in order.
    wanted: Vec<usize>,
}

impl Model {
    /// One vector per token of each text, one text after another: that of the token's first piece which is not a
    /// lone word mark, or the mean of all of them, each in the window where it stands most central. A token of
    /// which normalisation left nothing, or which was truncated, has no vector.
    ///
    /// # Errors
    /// As [`Model::embed_texts`].
    pub fn embed_tokens(
        &self,
        texts: &[TokenizedText<'_>],
        settings: TokenSettings,
    ) -> Result<TokenVectors, ModelError> {
        let mut chosen: Vec<Chosen> = Vec::with_capacity(texts.len());
        let mut ids: Vec<Option<u32>> = Vec::new();
        let mut tokens = texts.iter().map(|text| text.tokens.as_slice());
        let mut words = texts.iter().map(|text| text.tokens.as_slice());
        let pieces = |text| match settings.context {
            PieceContext::Sentence => self.encode(text, settings.special_pieces),
            PieceContext::Word => self.encode_words(text, words.next().unwrap_or_default()),
        };
        let texts = texts.iter().map(|text| text.text);
        let cut: Vec<Vec<Sequence>> = self.cut_all(texts, settings.long, pieces, |pieces, windows| {
            let found = token_pieces(pieces, tokens.next().unwrap_or_default(), |id| self.pieces.is_lone_mark(id));
            let found = Chosen::new(found, settings.pooling);
            ids.extend(found.of_tokens.iter().map(|of_token| of_token.first().map(|piece| pieces.ids[*piece])));
            let sequences = windows.iter().filter_map(|window| self.token_sequence(pieces, window, &found.wanted));
            let sequences = sequences.collect();
            chosen.push(found);
            sequences
        })?;
        let rows = self.engine.run(cut.into_iter().flatten().collect(), settings.engine)?;
        let size = self.dimension();
        let mut found = rows.iter().flat_map(|rows| rows.chunks_exact(size));
        let mut vectors = Vectors::with_capacity(size, ids.len());
        for chosen in &chosen {
            let states: Vec<&[f32]> = found.by_ref().take(chosen.wanted.len()).collect();
            for of_token in &chosen.of_tokens {
                let states = of_token.iter().filter_map(|piece| {
                    let place = chosen.wanted.binary_search(piece).ok()?;
                    states.get(place).copied()
                });
                match mean(states) {
                    Some(vector) => vectors.push(&vector),
                    None => vectors.push_absent(),
                }
            }
        }
        Ok(TokenVectors { vectors, pieces: ids })
    }

    /// The pieces of each token by itself.
    fn encode_words(&self, text: &str, tokens: &[Range<usize>]) -> Result<Pieces, ModelError> {
        let mut pieces = Pieces::default();
        for token in tokens {
            let word = text.get(token.clone()).unwrap_or_default();
            pieces.append(self.pieces.encode_word(word)?, token.start);
        }
        Ok(pieces)
    }

    /// The states of those `wanted` pieces that take them from this window, if there are any.
    fn token_sequence(&self, pieces: &Pieces, window: &Window, wanted: &[usize]) -> Option<Sequence> {
        let (before, _) = self.pieces.around();
        let own = wanted.iter().filter(|piece| window.own.contains(piece));
        let rows: Vec<u32> = own.map(|piece| (piece - window.pieces.start + before.len()) as u32).collect();
        (!rows.is_empty()).then(|| self.sequence(pieces, &window.pieces, Readout::Rows(rows)))
    }
}

impl Chosen {
    fn new(mut of_tokens: Vec<Vec<usize>>, pooling: TokenPooling) -> Self {
        if pooling == TokenPooling::First {
            of_tokens.iter_mut().for_each(|pieces| pieces.truncate(1));
        }
        let mut wanted: Vec<usize> = of_tokens.iter().flatten().copied().collect();
        wanted.sort_unstable();
        wanted.dedup();
        Chosen { of_tokens, wanted }
    }
}

/// The mean of some states; `None` of none.
fn mean<'a>(mut states: impl Iterator<Item = &'a [f32]>) -> Option<Vec<f32>> {
    let mut sum = states.next()?.to_vec();
    let mut count = 1.0;
    for state in states {
        sum.iter_mut().zip(state).for_each(|(sum, value)| *sum += value);
        count += 1.0;
    }
    if count > 1.0 {
        sum.iter_mut().for_each(|value| *value /= count);
    }
    Some(sum)
}
