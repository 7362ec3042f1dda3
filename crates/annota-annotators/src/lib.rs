//! Annotators over Arrow columns and the annotation type
