//! What can be asked of a model beside the texts.

use crate::Pooling;
use crate::engine::EngineSettings;
use crate::pieces::SpecialPieces;

/// How texts become vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TextSettings {
    /// The model's own where none is named: that of its `modules.json`, else the mean.
    pub pooling: Option<Pooling>,
    /// Whether vectors get the length 1; as the model's `modules.json` says where nothing is said here.
    pub normalize: Option<bool>,
    pub special_pieces: SpecialPieces,
    pub long: Long,
    pub engine: EngineSettings,
}

/// How tokens become vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TokenSettings {
    pub context: PieceContext,
    pub pooling: TokenPooling,
    pub special_pieces: SpecialPieces,
    pub long: Long,
    pub engine: EngineSettings,
}

/// What becomes of a text with more pieces than the model sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Long {
    /// Windows that overlap; every piece counts once, where it stands most central.
    #[default]
    Window,
    /// What is behind the last piece that fits is not seen.
    Truncate,
    Fail,
}

/// What is cut into pieces at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PieceContext {
    /// The whole text, as the model was trained.
    #[default]
    Sentence,
    /// Each token by itself, as Spark NLP since 3.1.1: in small letters where the model has no capitals, not cleaned
    /// otherwise, lone word marks left out.
    Word,
}

/// Which of a token's pieces make its vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TokenPooling {
    #[default]
    First,
    Mean,
}
