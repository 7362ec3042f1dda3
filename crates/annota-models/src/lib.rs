//! Transformer encoders on burn, from a text to its vectors.
//!
//! A [`Model`] is found by name in the [`store`], loaded once per process and device by its [`engine`], and
//! asked for vectors of texts or of tokens:
//!
//! ```
//! use annota_models::{DeviceSpec, Model, Precision, TextSettings, store};
//!
//! let files = store::resolve("albert_tiny_en")?;
//! let model = Model::open(&files, DeviceSpec::Cpu, Precision::F32)?;
//! let vectors = model.embed_texts(&["I love NLP"], TextSettings::default())?;
//! assert_eq!((vectors.len(), vectors.dimension()), (1, 256));
//! # Ok::<(), annota_models::ModelError>(())
//! ```
//!
//! The way of a text: [`pieces`] cuts it into vocabulary ids with their place in the text, [`window`] cuts long
//! ones to what the model can see, the [`engine`] merges the sequences of all callers into batches of near equal
//! length, an [`Encoder`] of some [`family`] computes hidden states, and a [`Readout`] says which of them, or
//! what sum of them, comes back.

pub mod albert;
pub mod bert;
mod checkpoint;
mod config;
mod device;
pub mod distilbert;
mod encoder;
pub mod engine;
mod error;
pub mod family;
pub mod import;
mod kept;
mod layers;
mod loaded;
mod model;
mod peak;
pub mod pieces;
mod pooling;
mod precision;
mod protobuf;
mod request;
pub mod store;
mod vectors;
pub mod verify;
pub mod window;

pub use annota_kernels::Isa;
pub use checkpoint::{LoadReport, Weights};
pub use device::{
    DeviceInfo, DeviceKind, DeviceSpec, Hardware, KernelLanguage, OpenDevice, Target, devices, open_devices,
};
pub use encoder::{Batching, Encoder, Readout, Shape, States, Work};
pub use error::ModelError;
pub use kept::cache_folder;
pub use model::{Model, TokenVectors, TokenizedText, Verdict};
pub use peak::Peak;
pub use pooling::Pooling;
pub use precision::Precision;
pub use request::{Long, PieceContext, TextSettings, TokenPooling, TokenSettings};
pub use vectors::Vectors;
