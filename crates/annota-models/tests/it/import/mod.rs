//! The readers of foreign weights against files that other programs have written, and the folders made of them.

mod common;
mod convert;
mod convert_shapes;
mod onnx;
mod onnx_graphs;
mod spark_nlp;
mod tensorflow;
