//! Tests of the kernels, on every instruction set that this processor has.

mod invariance;
mod linear;
mod pairs;
mod stack;
mod support;
mod thirds;
