//! Annotators: Arrow columns in, one Arrow column out.
//!
//! A [`Definition`] describes an annotator to whoever calls it (its name, inputs, parameters and how to build it
//! from settings); [`DEFINITIONS`] lists those that Annota ships. An [`Annotator`] does the work, a batch at a
//! time, reading typed [`columns`] and writing annotations in Spark NLP's struct. Vectors come from an
//! [`Embedder`], which this crate does not know how to make.

pub mod annotators;
pub mod columns;
mod definition;
mod embedder;
mod error;
mod input;
mod settings;

pub use annotators::DEFINITIONS;
pub use columns::{
    Annotation, AnnotationView, Annotations, AnnotationsBuilder, AnnotatorType, Column, annotation_field,
    annotations_type, vector_type,
};
pub use definition::{Annotator, Context, Definition, Fallback, Inputs, Output, Parameter};
pub use embedder::{
    ChunkSize, EmbedError, Embedder, Hints, Long, ModelCall, Piece, PieceContext, PoolOver, Pooling, Precision,
    SpecialPieces, TextMaking, TokenMaking, TokenPooling, TokenVector, TokenizedText,
};
pub use error::AnnotatorError;
pub use input::Input;
pub use settings::{SettingValue, Settings};
