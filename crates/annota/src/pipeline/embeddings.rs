//! A stage for each family of models: `AlbertEmbeddings`, `BertEmbeddings` and the like.

use annota_annotators::Definition;
use annota_models::store;

use super::TypedStage;
use super::stages::Kind;
use crate::{Error, Result, families};

/// Which family of models a stage asks.
pub trait Embeds: Kind {
    const FAMILY: &'static str;
}

macro_rules! stages {
    ($($family:ident: $stage:ident,)+) => {
        $(
            #[doc = concat!("Gives tokens the vectors of a model of the family `", stringify!($family), "`.")]
            pub type $stage = TypedStage<kind::$stage>;
        )+

        /// The marks that tell the stages apart.
        pub mod kind {
            use super::{Definition, Embeds, Kind, families};

            $(
                #[derive(Debug, Clone)]
                pub struct $stage;

                impl Kind for $stage {
                    const DEFINITION: &'static Definition = &families::$family::EMBEDDINGS;
                }

                impl Embeds for $stage {
                    const FAMILY: &'static str = stringify!($family);
                }
            )+
        }
    };
}
annota_models::families!(stages);

impl<K: Embeds> TypedStage<K> {
    /// The model of that name and language.
    ///
    /// # Errors
    /// A known name of another language or family.
    pub fn pretrained(name: &str, language: &str) -> Result<Self> {
        let fault = |what: &str, expected: &str, given: &str| {
            Err(Error::Pipeline(format!("model `{name}` has {what} `{expected}`, not `{given}`")))
        };
        match store::find(name) {
            Some(model) if model.language != language => fault("language", model.language, language),
            Some(model) if model.family != K::FAMILY => fault("family", model.family, K::FAMILY),
            _ => Ok(TypedStage::new().set_model(name)),
        }
    }

    /// A model's name, `org/name`, a folder or a URL.
    pub fn set_model(self, model: impl Into<String>) -> Self {
        self.map(|stage| stage.set_text("model", model))
    }

    /// What is cut into pieces at once: `sentence`, or `word` as Spark NLP does.
    pub fn set_pieces(self, pieces: impl Into<String>) -> Self {
        self.map(|stage| stage.set_text("pieces", pieces))
    }

    /// Whether a token's vector is that of its `first` piece or the `mean` of all.
    pub fn set_token_pooling(self, pooling: impl Into<String>) -> Self {
        self.map(|stage| stage.set_text("token_pooling", pooling))
    }

    /// What becomes of a sentence with more pieces than the model sees: `window`, `truncate` or `fail`.
    pub fn set_long(self, long: impl Into<String>) -> Self {
        self.map(|stage| stage.set_text("long", long))
    }

    /// Whether special pieces that stand in a text (`[MASK]`) are `text`, or what they stand for: `parse`.
    pub fn set_special_pieces(self, special_pieces: impl Into<String>) -> Self {
        self.map(|stage| stage.set_text("special_pieces", special_pieces))
    }

    /// The numbers that the model multiplies: `f32`, `bf16` or `int8`, on a GPU `f32` or `f16`.
    pub fn set_precision(self, precision: impl Into<String>) -> Self {
        self.map(|stage| stage.set_text("precision", precision))
    }
}
