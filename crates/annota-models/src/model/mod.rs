//! A loaded model: what it makes of texts and of tokens.

mod load;
mod recipe;
mod texts;
mod tokens;
mod trust;

pub use tokens::{TokenVectors, TokenizedText};
pub use trust::Verdict;

use std::ops::Range;
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use crate::encoder::Shape;
use crate::engine::{Counters, Engine, Sequence};
use crate::loaded::Loaded;
use crate::pieces::{PieceTokenizer, Pieces, SpecialPieces};
use crate::store::ModelFiles;
use crate::window::{Window, windows};
use crate::{DeviceSpec, LoadReport, Long, ModelError, Precision, Readout, Target, store};
use recipe::Recipe;

/// A loaded model: its pieces and its engine.
pub struct Model {
    name: String,
    pieces: Arc<PieceTokenizer>,
    engine: Engine,
    recipe: Recipe,
    report: LoadReport,
}

/// Models this process has opened, by name, device and precision.
static OPENED: LazyLock<Loaded<(String, DeviceSpec, Precision), Model>> = LazyLock::new(Loaded::default);

impl Model {
    /// The model of that name on that device, in that precision, loaded at the first call of the process.
    ///
    /// # Errors
    /// Those of [`store::resolve`] and [`Model::open`]. They are not remembered.
    pub fn shared(name: &str, device: DeviceSpec, precision: Precision) -> Result<Arc<Model>, ModelError> {
        OPENED.get((name.to_owned(), device, precision), || {
            let target = Target::open(device, precision)?;
            let model = Model::load(&store::resolve(name)?, PieceTokenizer::shared(name)?, target)?;
            Ok(Arc::new(model))
        })
    }

    /// The models that [`Model::shared`] has loaded so far.
    pub fn loaded() -> Vec<Arc<Model>> {
        OPENED.all()
    }

    /// Loads a model of its own, with an engine of its own.
    ///
    /// # Errors
    /// A device that is not there, files that cannot be read, a configuration or checkpoint that does not fit.
    pub fn open(files: &ModelFiles, device: DeviceSpec, precision: Precision) -> Result<Self, ModelError> {
        Model::load(files, Arc::new(PieceTokenizer::open(files)?), Target::open(device, precision)?)
    }

    /// What is known of whether a device computes what the CPU computes for a model. The device is opened, the model is not.
    ///
    /// # Errors
    /// A device that is not there, files that cannot be read.
    pub fn kept_verdict(files: &ModelFiles, device: DeviceSpec, precision: Precision) -> Result<Verdict, ModelError> {
        load::kept_verdict(files, &Target::open(device, precision)?)
    }

    /// Compares a device with the CPU on a few sequences now, and keeps the verdict for [`Model::open`].
    ///
    /// # Errors
    /// Those of [`Model::open`], and a precision that the device does not have.
    pub fn self_check(files: &ModelFiles, device: DeviceSpec, precision: Precision) -> Result<Verdict, ModelError> {
        load::self_check(files, &Target::open(device, precision)?)
    }

    fn load(files: &ModelFiles, pieces: Arc<PieceTokenizer>, target: Target) -> Result<Self, ModelError> {
        let name = files.name().to_owned();
        let recipe = Recipe::read(files)?;
        let (engine, report) = load::engine(files, &target)?;
        let (rows, ids) = (engine.shape().vocabulary_size, pieces.vocabulary_size());
        if ids > rows {
            let reason = format!("the tokenizer has {ids} pieces, but config.json's vocab_size is {rows}");
            return Err(ModelError::Unsupported { model: name, reason });
        }
        Ok(Model { name, pieces, engine, recipe, report })
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

    /// What computes for it.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    pub fn counters(&self) -> &Counters {
        self.engine.counters()
    }

    /// The name of the device it runs on.
    pub fn device(&self) -> &str {
        self.engine.device()
    }

    /// What its checkpoint gave, and what of it was ignored.
    pub fn report(&self) -> &LoadReport {
        &self.report
    }

    pub fn pieces(&self) -> &PieceTokenizer {
        &self.pieces
    }

    /// The most pieces of a text that the model sees at once.
    pub fn max_pieces(&self) -> usize {
        let (before, after) = self.pieces.around();
        let positions = self.recipe.max_positions.map_or(usize::MAX, |own| own.max(before.len() + after.len() + 1));
        self.shape().max_positions.min(positions).saturating_sub(before.len() + after.len())
    }

    /// Cuts every text into pieces and windows and lets `cut` make sequences of them.
    fn cut_all<'a, T>(
        &self,
        texts: impl Iterator<Item = &'a str>,
        long: Long,
        mut pieces: impl FnMut(&'a str) -> Result<Pieces, ModelError>,
        mut cut: impl FnMut(&Pieces, &[Window]) -> T,
    ) -> Result<Vec<T>, ModelError> {
        let start = Instant::now();
        let all = texts.map(|text| {
            let mut pieces = pieces(text)?;
            let windows = self.windows(text, &mut pieces, long)?;
            Ok(cut(&pieces, &windows))
        });
        let all = all.collect();
        self.counters().add_tokenize(start.elapsed());
        all
    }

    fn windows(&self, text: &str, pieces: &mut Pieces, long: Long) -> Result<Vec<Window>, ModelError> {
        let (count, size) = (pieces.ids.len(), self.max_pieces());
        if count > size {
            match long {
                Long::Window => Counters::add(&self.counters().windowed, 1),
                Long::Truncate => {
                    Counters::add(&self.counters().truncated, 1);
                    pieces.ids.truncate(size);
                    pieces.spans.truncate(size);
                }
                Long::Fail => {
                    let reason =
                        format!("has {count} pieces, and the model sees {size}: expected fewer, or long => 'window'");
                    return Err(ModelError::Text { model: self.name.clone(), bytes: text.len(), reason });
                }
            }
        }
        Ok(windows(pieces.ids.len(), size))
    }

    fn encode(&self, text: &str, special: SpecialPieces) -> Result<Pieces, ModelError> {
        self.pieces.encode(text, special)
    }

    fn sequence(&self, pieces: &Pieces, part: &Range<usize>, readout: Readout) -> Sequence {
        Sequence { ids: self.pieces.with_special(&pieces.ids[part.clone()]), readout }
    }

    pub(crate) fn unsupported(&self, reason: impl Into<String>) -> ModelError {
        ModelError::Unsupported { model: self.name.clone(), reason: reason.into() }
    }
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model").field("name", &self.name).field("shape", self.shape()).finish_non_exhaustive()
    }
}
