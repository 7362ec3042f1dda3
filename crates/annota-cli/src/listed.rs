//! Values of flags that `--help` lists and shells complete. The type of a flag decides which values are accepted.

use std::error::Error;
use std::ffi::OsStr;
use std::str::FromStr;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Command};

pub const DEVICES: &[&str] = &["auto", "cpu", "cpu:reference", "wgpu", "vulkan", "metal", "cuda"];
pub const DEVICE_CLASSES: &[&str] = &["gpu", "cpu"];
pub const FORMATS: &[&str] = &["table", "csv", "tsv", "json", "ndjson", "parquet"];
/// Formats of `annota sql`, which does not write files.
pub const SQL_FORMATS: &[&str] = &["automatic", "table", "csv", "tsv", "json", "ndjson"];
pub const COLUMNS: &[&str] = &["infer", "text"];
pub const INPUT_FORMATS: &[&str] = &["csv", "json", "parquet"];
pub const UNIONS: &[&str] = &["name", "strict"];
pub const VECTOR_TYPES: &[&str] = &["list", "fixed"];
pub const LEVELS: &[&str] = &["token", "sentence", "document"];
pub const LOG_LEVELS: &[&str] = &["error", "warn", "info", "debug", "trace"];
pub const LONG: &[&str] = &["window", "truncate", "fail"];
pub const ON_ERROR: &[&str] = &["fail", "null"];
pub const POOLINGS: &[&str] = &["mean", "cls", "max", "sum", "pooler"];
pub const PRECISIONS: &[&str] = &["f32", "f16", "bf16", "int8"];
pub const PROFILES: &[&str] = &["annota", "spark_nlp"];

type Failure = Box<dyn Error + Send + Sync>;

/// A parser by [`FromStr`] with a list of values.
#[derive(Clone)]
pub struct Listed<T> {
    values: &'static [&'static str],
    parse: fn(&str) -> Result<T, Failure>,
}

/// Parses a flag as `T` and lists `values` in the help and in completions.
pub fn listed<T: FromStr<Err: Into<Failure>>>(values: &'static [&'static str]) -> Listed<T> {
    Listed { values, parse: |text| text.parse().map_err(Into::into) }
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Listed<T> {
    type Value = T;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<T, clap::Error> {
        self.parse.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.values.iter().copied().map(PossibleValue::new)))
    }
}

#[cfg(test)]
mod tests {
    use annota::annotators::{Long, Pooling};
    use annota::functions::DeviceClass;
    use annota::models::{DeviceSpec, Precision};
    use annota::text::Profile;
    use annota_cluster::job::Level;

    use super::*;
    use crate::output::Format;

    fn check<T: FromStr>(values: &[&str]) {
        assert!(values.iter().all(|value| value.parse::<T>().is_ok()), "{values:?}");
    }

    #[test]
    fn listed_values_are_accepted() {
        check::<DeviceSpec>(DEVICES);
        check::<DeviceClass>(DEVICE_CLASSES);
        check::<Format>(FORMATS);
        check::<Format>(SQL_FORMATS);
        check::<Level>(LEVELS);
        check::<Long>(LONG);
        check::<Pooling>(POOLINGS);
        check::<Precision>(PRECISIONS);
        check::<Profile>(PROFILES);
    }

    #[test]
    fn other_values_are_left_to_the_type() {
        let parse = |text: &str| listed::<Format>(FORMATS).parse_ref(&Command::new("annota"), None, OsStr::new(text));
        assert_eq!((parse("TABLE").ok(), parse("jsonl").ok()), (Some(Format::Table), Some(Format::Ndjson)));
        let error = parse("xml").expect_err("an error").to_string();
        assert!(error.contains("format `xml` is not known: expected table, csv"), "{error}");
    }
}
