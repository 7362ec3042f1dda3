use crate::norm::{Norm, NormWeights};
use crate::simd::Simd;
use crate::words::Matrix;

/// The embedding tables of an encoder, borrowed for a call: the word table of a multilingual model is far larger than
/// the layers. `e` is the embedding size.
#[derive(Debug, Clone, Copy)]
pub struct Tables<'a> {
    /// `[vocabulary, e]`, row-major.
    pub word: &'a [f32],
    /// `[positions, e]`, row-major: a sequence has no more pieces than this has rows.
    pub position: &'a [f32],
    /// `[e]`, the row of type 0, where there are types.
    pub token_type: Option<&'a [f32]>,
    pub norm: NormWeights<'a>,
    /// `e`
    pub size: usize,
}

impl Tables<'_> {
    pub(crate) fn check(&self) {
        let typed = self.token_type.is_none_or(|row| row.len() == self.size);
        assert!(typed && self.norm.scale.len() == self.size, "sizes of the embedding tables");
    }

    /// Writes the normalised embeddings of `ids` to the rows of `out` from `first` on.
    pub(crate) fn embed<S: Simd>(&self, s: S, norm: &Norm, ids: &[u32], out: &mut Matrix, first: usize) {
        let row = |i: usize| i * self.size..(i + 1) * self.size;
        for (position, &id) in ids.iter().enumerate() {
            let word = &self.word[row(id as usize)];
            let place = &self.position[row(position)];
            for (block, (word, place)) in word.chunks(S::LANES).zip(place.chunks(S::LANES)).enumerate() {
                let at = out.at(first + position, block);
                let out = &mut out.words[at..at + word.len()];
                for (out, (word, place)) in out.iter_mut().zip(word.iter().zip(place)) {
                    *out = word + place;
                }
                if let Some(types) = self.token_type {
                    out.iter_mut().zip(&types[block * S::LANES..]).for_each(|(out, kind)| *out += kind);
                }
            }
        }
        norm.run(s, out, first, ids.len());
    }
}
