use super::Model;
use crate::engine::{Rows, Sequence};
use crate::window::Window;
use crate::{ModelError, Pooling, Readout, TextSettings, Vectors};

impl Model {
    /// One vector per text; of a text longer than the model sees, over all its windows: every piece counts once,
    /// in the window where it stands most central, with the first `[CLS]` and the last `[SEP]`.
    ///
    /// # Errors
    /// [`ModelError::Text`] for a text that cannot be cut or is too long, [`ModelError::Unsupported`] for a pooling
    /// that the model lacks, [`ModelError::Compute`] when the device fails.
    pub fn embed_texts(&self, texts: &[&str], settings: TextSettings) -> Result<Vectors, ModelError> {
        let pooling = settings.pooling.unwrap_or(self.recipe.pooling);
        if pooling == Pooling::Pooler && !self.shape().has_pooler {
            return Err(self.unsupported("pooling `pooler` needs a pooler, which its checkpoint lacks"));
        }
        let pieces = |text| self.encode(text, settings.special_pieces);
        let cut: Vec<Vec<Sequence>> =
            self.cut_all(texts.iter().copied(), settings.long, pieces, |pieces, windows| {
                let last = windows.len() - 1;
                let parts = windows.iter().enumerate().filter_map(|(index, window)| {
                    let readout = self.pooled_readout(pooling, window, index == 0, index == last)?;
                    Some(self.sequence(pieces, &window.pieces, readout))
                });
                parts.collect()
            })?;
        let counts: Vec<usize> = cut.iter().map(Vec::len).collect();
        let lengths: Vec<usize> = cut.iter().map(|parts| parts.iter().map(pooled_positions).sum()).collect();
        let rows = self.engine.run(cut.into_iter().flatten().collect(), settings.engine)?;
        let mut rows = rows.iter();
        let mut vectors = Vectors::with_capacity(self.dimension(), texts.len());
        for (count, positions) in counts.into_iter().zip(lengths) {
            let mut vector = combine(rows.by_ref().take(count), pooling, positions);
            if settings.normalize.unwrap_or(self.recipe.normalize) {
                normalize(&mut vector);
            }
            vectors.push(&vector);
        }
        Ok(vectors)
    }

    /// What a window contributes to a pooled vector, if anything.
    fn pooled_readout(&self, pooling: Pooling, window: &Window, first: bool, last: bool) -> Option<Readout> {
        let (before, after) = self.pieces.around();
        let place = |piece: usize| piece - window.pieces.start + before.len();
        let start = if first { 0 } else { place(window.own.start) };
        let end = place(window.own.end) + if last { after.len() } else { 0 };
        let range = start as u32..end as u32;
        match pooling {
            Pooling::Mean | Pooling::Sum => Some(Readout::Sum(range)),
            Pooling::Max => Some(Readout::Max(range)),
            Pooling::Cls => first.then(|| Readout::Rows(vec![0])),
            Pooling::Pooler => first.then_some(Readout::Pooler),
        }
    }
}

/// How many positions a pooled sequence adds up.
fn pooled_positions(sequence: &Sequence) -> usize {
    match &sequence.readout {
        Readout::Sum(range) | Readout::Max(range) => range.len(),
        Readout::Rows(_) | Readout::Pooler => 1,
    }
}

/// The vector of a text from those of its windows.
fn combine<'a>(rows: impl Iterator<Item = &'a Rows>, pooling: Pooling, positions: usize) -> Vec<f32> {
    let merge = |a: f32, b: f32| if pooling == Pooling::Max { a.max(b) } else { a + b };
    let merged = rows.map(|rows| rows.to_vec()).reduce(|mut sum, rows| {
        sum.iter_mut().zip(rows).for_each(|(sum, value)| *sum = merge(*sum, value));
        sum
    });
    let mut vector = merged.unwrap_or_default();
    if pooling == Pooling::Mean {
        vector.iter_mut().for_each(|value| *value /= positions as f32);
    }
    vector
}

/// Gives a vector the length 1; a vector of zeros stays.
fn normalize(vector: &mut [f32]) {
    let length = vector.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value = (f64::from(*value) / length) as f32);
    }
}
