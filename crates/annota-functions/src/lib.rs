//! DataFusion functions over the annotators
