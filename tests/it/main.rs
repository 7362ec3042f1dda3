//! Workspace tests, one binary.

mod sql;
