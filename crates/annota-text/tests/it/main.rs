//! Tests of sentences, tokens and patterns.

mod golden;
mod patterns;
mod properties;
