use std::sync::Arc;

use annota_annotators::{EmbedError, Embedder, Hints, Pooling, TokenVector, TokenizedText};
use annota_models::engine::EngineSettings;
use annota_models::{DeviceSpec, Model, ModelError};

/// Vectors from the models of this process, on one device.
#[derive(Debug, Clone, Copy)]
pub struct ModelEmbedder {
    device: DeviceSpec,
}

impl ModelEmbedder {
    pub fn new(device: DeviceSpec) -> Self {
        ModelEmbedder { device }
    }

    fn model(&self, name: &str) -> Result<Arc<Model>, EmbedError> {
        Model::shared(name, self.device).map_err(|error| embed_error(&error))
    }
}

impl Embedder for ModelEmbedder {
    fn embed_texts(
        &self,
        model: &str,
        texts: &[&str],
        pooling: Pooling,
        hints: Hints,
        sink: &mut dyn FnMut(&[f32]),
    ) -> Result<(), EmbedError> {
        if texts.is_empty() {
            return Ok(());
        }
        let vectors = self.model(model)?.embed_texts_with(texts, pooling_of(pooling), settings_of(hints));
        vectors.map_err(|error| embed_error(&error))?.iter().flatten().for_each(sink);
        Ok(())
    }

    fn embed_tokens(
        &self,
        model: &str,
        texts: &[TokenizedText<'_>],
        hints: Hints,
        sink: &mut dyn FnMut(Option<TokenVector<'_>>),
    ) -> Result<(), EmbedError> {
        if texts.is_empty() {
            return Ok(());
        }
        let model = self.model(model)?;
        let texts =
            texts.iter().map(|text| annota_models::TokenizedText { text: text.text, tokens: text.tokens.clone() });
        let texts: Vec<annota_models::TokenizedText<'_>> = texts.collect();
        let found = model.embed_tokens(&texts, settings_of(hints)).map_err(|error| embed_error(&error))?;
        for (vector, piece) in found.vectors.iter().zip(&found.pieces) {
            let token = vector.zip(*piece);
            sink(token.map(|(vector, piece)| TokenVector { vector, piece, is_unknown: model.is_unknown(piece) }));
        }
        Ok(())
    }
}

fn settings_of(hints: Hints) -> EngineSettings {
    EngineSettings { batch_tokens: hints.batch_tokens, cache_bytes: hints.cache_bytes }
}

fn pooling_of(pooling: Pooling) -> annota_models::Pooling {
    match pooling {
        Pooling::Mean => annota_models::Pooling::Mean,
        Pooling::Cls => annota_models::Pooling::Cls,
        Pooling::Max => annota_models::Pooling::Max,
        Pooling::Sum => annota_models::Pooling::Sum,
        Pooling::Pooler => annota_models::Pooling::Pooler,
    }
}

fn embed_error(error: &ModelError) -> EmbedError {
    let reason = error.to_string();
    match error {
        error if error.is_transient() => EmbedError::Transient(reason),
        ModelError::Text { .. } => EmbedError::Text(reason),
        _ => EmbedError::Request(reason),
    }
}
