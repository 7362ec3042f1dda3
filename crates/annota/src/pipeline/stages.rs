use std::marker::PhantomData;

use annota_annotators::{Definition, annotators};

use super::{Stage, Steps};

/// A stage of one annotator, with setters for its parameters.
#[derive(Debug, Clone)]
pub struct TypedStage<K> {
    stage: Stage,
    kind: PhantomData<K>,
}

/// Which annotator a [`TypedStage`] is of.
pub trait Kind {
    const DEFINITION: &'static Definition;
}

/// Makes documents of texts, or of lists of texts.
pub type DocumentAssembler = TypedStage<kind::DocumentAssembler>;
/// Puts tokens together to sentences again.
pub type TokenAssembler = TypedStage<kind::TokenAssembler>;
/// Finds given texts in documents.
pub type Doc2Chunk = TypedStage<kind::Doc2Chunk>;
/// Finds the sentences of documents.
pub type SentenceDetector = TypedStage<kind::SentenceDetector>;
/// Cuts sentences into tokens.
pub type Tokenizer = TypedStage<kind::Tokenizer>;
/// Cuts sentences at the matches of a pattern.
pub type RegexTokenizer = TypedStage<kind::RegexTokenizer>;
/// Takes characters out of tokens.
pub type Normalizer = TypedStage<kind::Normalizer>;
/// Leaves out tokens that say little.
pub type StopWordsCleaner = TypedStage<kind::StopWordsCleaner>;
/// Pools the vectors of tokens into vectors of sentences.
pub type SentenceEmbeddings = TypedStage<kind::SentenceEmbeddings>;

/// The marks that tell the stages apart.
pub mod kind {
    use super::{Definition, Kind, annotators};

    #[derive(Debug, Clone)]
    pub struct DocumentAssembler;
    impl Kind for DocumentAssembler {
        const DEFINITION: &'static Definition = &annotators::DOCUMENT_ASSEMBLER;
    }

    #[derive(Debug, Clone)]
    pub struct TokenAssembler;
    impl Kind for TokenAssembler {
        const DEFINITION: &'static Definition = &annotators::TOKEN_ASSEMBLER;
    }

    #[derive(Debug, Clone)]
    pub struct Doc2Chunk;
    impl Kind for Doc2Chunk {
        const DEFINITION: &'static Definition = &annotators::DOC2CHUNK;
    }

    #[derive(Debug, Clone)]
    pub struct SentenceDetector;
    impl Kind for SentenceDetector {
        const DEFINITION: &'static Definition = &annotators::SENTENCE_DETECTOR;
    }

    #[derive(Debug, Clone)]
    pub struct Tokenizer;
    impl Kind for Tokenizer {
        const DEFINITION: &'static Definition = &annotators::TOKENIZER;
    }

    #[derive(Debug, Clone)]
    pub struct RegexTokenizer;
    impl Kind for RegexTokenizer {
        const DEFINITION: &'static Definition = &annotators::REGEX_TOKENIZER;
    }

    #[derive(Debug, Clone)]
    pub struct Normalizer;
    impl Kind for Normalizer {
        const DEFINITION: &'static Definition = &annotators::NORMALIZER;
    }

    #[derive(Debug, Clone)]
    pub struct StopWordsCleaner;
    impl Kind for StopWordsCleaner {
        const DEFINITION: &'static Definition = &annotators::STOP_WORDS_CLEANER;
    }

    #[derive(Debug, Clone)]
    pub struct SentenceEmbeddings;
    impl Kind for SentenceEmbeddings {
        const DEFINITION: &'static Definition = &annotators::SENTENCE_EMBEDDINGS;
    }
}

impl<K: Kind> TypedStage<K> {
    pub fn new() -> Self {
        TypedStage { stage: Stage::of(K::DEFINITION), kind: PhantomData }
    }

    /// The columns to read, in any order.
    pub fn set_input_cols<S: Into<String>>(self, columns: impl IntoIterator<Item = S>) -> Self {
        self.map(|stage| stage.set_input_cols(columns))
    }

    pub fn set_output_col(self, column: impl Into<String>) -> Self {
        self.map(|stage| stage.set_output_col(column))
    }

    pub(super) fn map(self, change: impl FnOnce(Stage) -> Stage) -> Self {
        TypedStage { stage: change(self.stage), kind: PhantomData }
    }
}

impl<K: Kind> Default for TypedStage<K> {
    fn default() -> Self {
        TypedStage::new()
    }
}

impl<K> From<TypedStage<K>> for Stage {
    fn from(typed: TypedStage<K>) -> Stage {
        typed.stage
    }
}

impl<K> From<TypedStage<K>> for Steps {
    fn from(typed: TypedStage<K>) -> Steps {
        typed.stage.into()
    }
}

impl SentenceEmbeddings {
    /// `AVERAGE` or `SUM`.
    pub fn set_pooling_strategy(self, strategy: impl Into<String>) -> Self {
        self.map(|stage| stage.set_text("pooling_strategy", strategy))
    }
}
