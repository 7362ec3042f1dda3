use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::engine::{Counters, Engine, EngineSettings, Rows, Sequence, Shape};
use crate::pieces::{PieceTokenizer, Pieces, first_pieces};
use crate::store::ModelFiles;
use crate::window::{Window, windows};
use crate::{DeviceSpec, ModelError, Pooling, Readout, Vectors, family, store};

/// A loaded model: its pieces and its engine.
pub struct Model {
    name: String,
    pieces: PieceTokenizer,
    engine: Engine,
}

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
    /// The id of the piece that each vector belongs to.
    pub pieces: Vec<Option<u32>>,
}

/// Models this process has opened, by name and device. The lock of an entry is held while it loads, so that a
/// model is loaded once however many ask.
type Opened = Mutex<HashMap<(String, DeviceSpec), Arc<Mutex<Option<Arc<Model>>>>>>;
static OPENED: std::sync::LazyLock<Opened> = std::sync::LazyLock::new(Mutex::default);

impl Model {
    /// The model of that name on that device, loaded at the first call of the process.
    ///
    /// # Errors
    /// Those of [`store::resolve`] and [`Model::open`]. They are not remembered.
    pub fn shared(name: &str, device: DeviceSpec) -> Result<Arc<Model>, ModelError> {
        let entry = {
            let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
            opened.entry((name.to_owned(), device)).or_default().clone()
        };
        let mut entry = entry.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(model) = entry.as_ref() {
            return Ok(model.clone());
        }
        let model = Arc::new(Model::open(&store::resolve(name)?, device)?);
        *entry = Some(model.clone());
        Ok(model)
    }

    /// The models that [`Model::shared`] has loaded so far.
    pub fn loaded() -> Vec<Arc<Model>> {
        let opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = opened.values().filter_map(|entry| entry.try_lock().ok()?.clone());
        entries.collect()
    }

    /// Loads a model of its own, with an engine of its own.
    ///
    /// # Errors
    /// A device that is not there, files that cannot be read, a configuration or checkpoint that does not fit.
    pub fn open(files: &ModelFiles, device: DeviceSpec) -> Result<Self, ModelError> {
        let name = files.name().to_owned();
        let config = files.config()?;
        let family = family::of_config(&name, &config)?;
        let pieces = PieceTokenizer::parse(&name, &files.tokenizer()?)?;
        let weights = files.weights();
        let load = {
            let name = name.clone();
            move |device: &crate::Device| Ok((family.open)(&name, &config, weights, device)?.0)
        };
        let engine = Engine::start(device.open()?, load)?;
        let (rows, ids) = (engine.shape().vocabulary_size, pieces.vocabulary_size());
        if ids > rows {
            let reason = format!("tokenizer.json has {ids} pieces, but config.json's vocab_size is {rows}");
            return Err(ModelError::Unsupported { model: name, reason });
        }
        Ok(Model { name, pieces, engine })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Length of every vector.
    pub fn dimension(&self) -> usize {
        self.shape().hidden_size
    }

    pub fn shape(&self) -> &Shape {
        self.engine.shape()
    }

    pub fn counters(&self) -> &Counters {
        self.engine.counters()
    }

    /// The name of the device it runs on.
    pub fn device(&self) -> &str {
        self.engine.device()
    }

    /// One vector per text, with the default [`EngineSettings`].
    pub fn embed_texts(&self, texts: &[&str], pooling: Pooling) -> Result<Vectors, ModelError> {
        self.embed_texts_with(texts, pooling, EngineSettings::default())
    }

    /// One vector per text; of a text longer than the model sees, over all its windows.
    pub fn embed_texts_with(
        &self,
        texts: &[&str],
        pooling: Pooling,
        settings: EngineSettings,
    ) -> Result<Vectors, ModelError> {
        if pooling == Pooling::Pooler && !self.shape().has_pooler {
            let reason = "pooling `pooler` needs a pooler, which its checkpoint lacks".to_owned();
            return Err(ModelError::Unsupported { model: self.name.clone(), reason });
        }
        let cut: Vec<Vec<Sequence>> = self.cut_all(texts, |pieces, windows| {
            let last = windows.len() - 1;
            let parts = windows.iter().enumerate().filter_map(|(index, window)| {
                let readout = self.pooled_readout(pooling, window, index == 0, index == last)?;
                Some(self.sequence(pieces, window, readout))
            });
            Ok(parts.collect())
        })?;
        let counts: Vec<usize> = cut.iter().map(Vec::len).collect();
        let lengths: Vec<usize> = cut.iter().map(|parts| parts.iter().map(pooled_positions).sum()).collect();
        let rows = self.engine.run(cut.into_iter().flatten().collect(), settings)?;
        let mut rows = rows.iter();
        let mut vectors = Vectors::with_capacity(self.dimension(), texts.len());
        for (count, positions) in counts.into_iter().zip(lengths) {
            vectors.push(&combine(rows.by_ref().take(count), pooling, positions));
        }
        Ok(vectors)
    }

    /// One vector per token of each text, one text after another: that of the token's first piece which is not a
    /// lone word mark, in the window where it stands most central. A token of which normalisation left nothing
    /// has no vector.
    pub fn embed_tokens(
        &self,
        texts: &[TokenizedText<'_>],
        settings: EngineSettings,
    ) -> Result<TokenVectors, ModelError> {
        let plain: Vec<&str> = texts.iter().map(|text| text.text).collect();
        let mut chosen: Vec<Vec<Option<usize>>> = Vec::with_capacity(texts.len());
        let mut ids: Vec<Option<u32>> = Vec::new();
        let mut tokens = texts.iter();
        let cut: Vec<Vec<Sequence>> = self.cut_all(&plain, |pieces, windows| {
            let text = tokens.next().ok_or_else(|| self.unsupported("texts and tokens differ in number"))?;
            let first = first_pieces(text.text, pieces, &text.tokens, |id| self.pieces.is_lone_mark(id));
            let wanted = wanted(&first);
            ids.extend(first.iter().map(|piece| piece.map(|piece| pieces.ids[piece])));
            chosen.push(first);
            Ok(windows.iter().filter_map(|window| self.token_sequence(pieces, window, &wanted)).collect())
        })?;
        let rows = self.engine.run(cut.into_iter().flatten().collect(), settings)?;
        let size = self.dimension();
        let mut found = rows.iter().flat_map(|rows| rows.chunks_exact(size));
        let mut vectors = Vectors::with_capacity(size, chosen.iter().map(Vec::len).sum());
        for first in &chosen {
            let pieces = wanted(first);
            let states: Vec<&[f32]> = found.by_ref().take(pieces.len()).collect();
            for piece in first {
                let place = piece.and_then(|piece| pieces.binary_search(&piece).ok());
                match place.and_then(|place| states.get(place)) {
                    Some(vector) => vectors.push(vector),
                    None => vectors.push_absent(),
                }
            }
        }
        Ok(TokenVectors { vectors, pieces: ids })
    }

    /// Whether a piece stands for text outside the vocabulary.
    pub fn is_unknown(&self, piece: u32) -> bool {
        self.pieces.is_unknown(piece)
    }

    /// Cuts every text into pieces and windows and lets `cut` make sequences of them.
    fn cut_all<T>(
        &self,
        texts: &[&str],
        mut cut: impl FnMut(&Pieces, &[Window]) -> Result<T, ModelError>,
    ) -> Result<Vec<T>, ModelError> {
        let start = Instant::now();
        let (before, after) = self.pieces.special();
        let size = self.shape().max_positions.saturating_sub(before + after);
        let all = texts.iter().map(|text| {
            let pieces = self.pieces.encode(text)?;
            let windows = windows(pieces.ids.len(), size);
            if windows.len() > 1 {
                Counters::add(&self.counters().windowed, 1);
            }
            cut(&pieces, &windows)
        });
        let all = all.collect();
        self.counters().add_tokenize(start.elapsed());
        all
    }

    fn sequence(&self, pieces: &Pieces, window: &Window, readout: Readout) -> Sequence {
        Sequence { ids: self.pieces.with_special(&pieces.ids[window.pieces.clone()]), readout }
    }

    /// What a window contributes to a pooled vector, if anything.
    fn pooled_readout(&self, pooling: Pooling, window: &Window, first: bool, last: bool) -> Option<Readout> {
        let (before, after) = self.pieces.special();
        let place = |piece: usize| piece - window.pieces.start + before;
        let start = if first { 0 } else { place(window.own.start) };
        let end = place(window.own.end) + if last { after } else { 0 };
        let range = start as u32..end as u32;
        match pooling {
            Pooling::Mean | Pooling::Sum => Some(Readout::Sum(range)),
            Pooling::Max => Some(Readout::Max(range)),
            Pooling::Cls => first.then(|| Readout::Rows(vec![0])),
            Pooling::Pooler => first.then_some(Readout::Pooler),
        }
    }

    /// The states of those `wanted` pieces that take them from this window, if there are any.
    fn token_sequence(&self, pieces: &Pieces, window: &Window, wanted: &[usize]) -> Option<Sequence> {
        let (before, _) = self.pieces.special();
        let own = wanted.iter().filter(|piece| window.own.contains(piece));
        let rows: Vec<u32> = own.map(|piece| (piece - window.pieces.start + before) as u32).collect();
        (!rows.is_empty()).then(|| self.sequence(pieces, window, Readout::Rows(rows)))
    }

    fn unsupported(&self, reason: &str) -> ModelError {
        ModelError::Unsupported { model: self.name.clone(), reason: reason.to_owned() }
    }
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model").field("name", &self.name).field("shape", self.shape()).finish_non_exhaustive()
    }
}

/// The pieces that some token chose, each once and in order.
fn wanted(chosen: &[Option<usize>]) -> Vec<usize> {
    let mut pieces: Vec<usize> = chosen.iter().flatten().copied().collect();
    pieces.sort_unstable();
    pieces.dedup();
    pieces
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
