//! Weights of the TensorFlow and ONNX era as tensors with the names of Hugging Face's PyTorch encoders.

mod complete;
mod config;
mod convert;
mod error;
mod folder;
pub mod onnx;
pub mod spark_nlp;
mod tensor;
pub mod tensorflow;

pub use config::{Family, ShapeConfig, config_of};
pub use convert::{Imported, import};
pub use error::ImportError;
pub use tensor::NamedTensor;
