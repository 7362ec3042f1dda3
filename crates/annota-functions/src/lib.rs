//! DataFusion functions over the annotators.
//!
//! One wrapper, [`AnnotatorUdf`], makes a scalar function of any annotator [`Definition`]; [`functions`]
//! does so for many, and adds the vector functions. Functions hold no state: their settings are literals in
//! the call, which planning completes from the session's [`AnnotaOptions`].
//!
//! [`Definition`]: annota_annotators::Definition

mod annotator_udf;
mod answers;
mod arguments;
mod documentation;
mod options;
mod register;
mod similarity;
mod vector;

pub use annotator_udf::AnnotatorUdf;
pub use arguments::{literal, short as short_type};
pub use options::{AnnotaOptions, DEFAULT_MODEL, DeviceClass};
pub use register::functions;
