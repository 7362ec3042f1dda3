//! Text annotation for DataFusion: documents, sentences, tokens and ALBERT vectors inside dataframes.
//!
//! ```
//! use annota::prelude::*;
//!
//! # async fn run() -> annota::Result<()> {
//! let session = Session::new()?;
//! let tokens = session.sql("SELECT finish(tokens(sentences(document('I love NLP.')))) AS tokens").await?;
//! tokens.show().await?;
//! # Ok(())
//! # }
//! # tokio::runtime::Runtime::new()?.block_on(run())?;
//! # Ok::<(), annota::Error>(())
//! ```
//!
//! A [`Session`] is a DataFusion session with Annota's functions; a [`Pipeline`] writes the same calls with Spark
//! NLP's nouns. Models meet functions in this crate, and nowhere else.

mod embedder;
mod error;
pub mod families;
pub mod files;
pub mod pipeline;
pub mod planning;
pub mod quote;
mod session;

pub use annota_annotators as annotators;
pub use annota_functions as functions;
pub use annota_models as models;
pub use annota_text as text;
pub use datafusion::{self, arrow};
pub use embedder::{ModelEmbedder, name_process, process_name};
pub use error::{Error, Result};
pub use families::{all_functions, definitions};
pub use files::reach_object_stores;
pub use pipeline::{LightPipeline, Pipeline};
pub use session::{ProcessSettings, Session, configured, session_config};

/// What most programs need.
pub mod prelude {
    pub use crate::pipeline::embeddings::*;
    pub use crate::pipeline::{
        Doc2Chunk, DocumentAssembler, EmbeddingsFinisher, Finisher, LightInput, LightPipeline, MultiDocumentAssembler,
        Normalizer, Pipeline, RegexTokenizer, SentenceDetector, SentenceEmbeddings, Stage, StopWordsCleaner,
        TokenAssembler, Tokenizer,
    };
    pub use crate::{Result, Session};
}
