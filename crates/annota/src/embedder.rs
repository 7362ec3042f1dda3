use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use annota_annotators as asked;
use annota_annotators::{
    ChunkSize, EmbedError, Embedder, ModelCall, Piece, TextMaking, TokenMaking, TokenVector, TokenizedText,
};
use annota_models::engine::EngineSettings;
use annota_models::pieces::{ChunkSettings, PieceTokenizer};
use annota_models::{self as models, DeviceSpec, Model, ModelError, TextSettings, TokenSettings};

use crate::files;

/// What this process is called where errors are read elsewhere.
static PROCESS: RwLock<Option<String>> = RwLock::new(None);

/// Puts a name before the errors of this process' models: those of an executor are read on other machines, and which
/// of many lacks a model is what one wants to know.
pub fn name_process(name: String) {
    *PROCESS.write().unwrap_or_else(PoisonError::into_inner) = Some(name);
}

/// What [`name_process`] was told.
pub fn process_name() -> Option<String> {
    PROCESS.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Vectors from the models of this process, on one device.
#[derive(Debug, Clone, Copy)]
pub struct ModelEmbedder {
    device: DeviceSpec,
}

impl ModelEmbedder {
    pub fn new(device: DeviceSpec) -> Self {
        files::reach_object_stores();
        ModelEmbedder { device }
    }

    fn model(&self, call: &ModelCall<'_>) -> Result<Arc<Model>, EmbedError> {
        // The tokenizer tells the family too, before weights are loaded.
        pieces(call)?;
        Model::shared(call.model, self.device, precision(call.precision)).map_err(|error| embed_error(&error))
    }
}

/// The tokenizer of a model, which must be of the family that is asked for.
fn pieces(call: &ModelCall<'_>) -> Result<Arc<PieceTokenizer>, EmbedError> {
    let pieces = PieceTokenizer::shared(call.model).map_err(|error| embed_error(&error))?;
    match (pieces.family(), call.family) {
        (found, Some(family)) if found != family => Err(EmbedError::Request(format!(
            "model `{}` is of the family `{found}`: expected one of `{family}`, or a function of its own family",
            call.model
        ))),
        _ => Ok(pieces),
    }
}

impl Embedder for ModelEmbedder {
    fn embed_texts(
        &self,
        call: &ModelCall<'_>,
        making: TextMaking,
        texts: &[&str],
        sink: &mut dyn FnMut(&[f32]),
    ) -> Result<(), EmbedError> {
        if texts.is_empty() {
            return Ok(());
        }
        let settings = TextSettings {
            pooling: making.pooling.map(pooling),
            normalize: making.normalize,
            special_pieces: special_pieces(call.special_pieces),
            long: long(call.long),
            engine: engine(call),
        };
        let vectors = self.model(call)?.embed_texts(texts, settings).map_err(|error| embed_error(&error))?;
        vectors.iter().flatten().for_each(sink);
        Ok(())
    }

    fn embed_tokens(
        &self,
        call: &ModelCall<'_>,
        making: TokenMaking,
        texts: &[TokenizedText<'_>],
        sink: &mut dyn FnMut(Option<TokenVector<'_>>),
    ) -> Result<(), EmbedError> {
        if texts.is_empty() {
            return Ok(());
        }
        let model = self.model(call)?;
        let settings = TokenSettings {
            context: context(making.context),
            pooling: token_pooling(making.pooling),
            special_pieces: special_pieces(call.special_pieces),
            long: long(call.long),
            engine: engine(call),
        };
        let texts = texts.iter().map(|text| models::TokenizedText { text: text.text, tokens: text.tokens.clone() });
        let texts: Vec<models::TokenizedText<'_>> = texts.collect();
        let found = model.embed_tokens(&texts, settings).map_err(|error| embed_error(&error))?;
        for (vector, piece) in found.vectors.iter().zip(&found.pieces) {
            let token = vector.zip(*piece);
            sink(token.map(|(vector, piece)| {
                let is_unknown = model.pieces().is_unknown(piece);
                TokenVector { vector, piece, is_unknown }
            }));
        }
        Ok(())
    }

    fn pieces(&self, call: &ModelCall<'_>, text: &str, sink: &mut dyn FnMut(Piece<'_>)) -> Result<(), EmbedError> {
        let pieces = pieces(call)?;
        let found = pieces.encode(text, special_pieces(call.special_pieces)).map_err(|error| embed_error(&error))?;
        let (before, after) = pieces.around();
        let special = |id: &u32| (*id, None);
        let own = found.ids.into_iter().zip(found.spans.into_iter().map(Some));
        for (id, span) in before.iter().map(special).chain(own).chain(after.iter().map(special)) {
            sink(Piece { id, text: &pieces.piece(id).unwrap_or_default(), span });
        }
        Ok(())
    }

    fn chunks(
        &self,
        call: &ModelCall<'_>,
        text: &TokenizedText<'_>,
        sentences: &[Range<usize>],
        size: ChunkSize,
    ) -> Result<Vec<Range<usize>>, EmbedError> {
        let settings = ChunkSettings { max_pieces: size.max_pieces, overlap: size.overlap };
        let chunks = pieces(call)?.chunks(text.text, sentences, &text.tokens, settings);
        chunks.map_err(|error| embed_error(&error))
    }
}

fn engine(call: &ModelCall<'_>) -> EngineSettings {
    EngineSettings { batch_tokens: call.hints.batch_tokens, cache_bytes: call.hints.cache_bytes }
}

/// From the settings of annotators, which know no models, to those of models, which know no annotators.
macro_rules! translate {
    ($function:ident: $from:ty => $to:ty { $($value:ident),+ }) => {
        fn $function(value: $from) -> $to {
            type From = $from;
            type To = $to;
            match value {
                $(From::$value => To::$value,)+
            }
        }
    };
}

translate!(pooling: asked::Pooling => models::Pooling { Mean, Cls, Max, Sum, Pooler });
translate!(special_pieces: asked::SpecialPieces => models::pieces::SpecialPieces { Text, Parse });
translate!(long: asked::Long => models::Long { Window, Truncate, Fail });
translate!(precision: asked::Precision => models::Precision { F32, F16, Bf16, Int8 });
translate!(context: asked::PieceContext => models::PieceContext { Sentence, Word });
translate!(token_pooling: asked::TokenPooling => models::TokenPooling { First, Mean });

fn embed_error(error: &ModelError) -> EmbedError {
    let reason = match process_name() {
        Some(process) => format!("{process}: {error}"),
        None => error.to_string(),
    };
    match error {
        error if error.is_transient() => EmbedError::Transient(reason),
        ModelError::Text { .. } => EmbedError::Text(reason),
        _ => EmbedError::Request(reason),
    }
}
