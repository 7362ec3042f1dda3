//! JSON: the keys of records and their types, and rows.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;
use std::io::{self, BufReader, Read};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::json::ReaderBuilder;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::records;
use super::shapes::{Keys, Shape};

/// A record as it is written: its keys and values in their order.
pub struct Record<'a>(pub Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Record<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Record<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object, as {\"text\": \"…\"}")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Record<'de>, A::Error> {
                let mut record = Vec::new();
                while let Some(entry) = entries.next_entry()? {
                    record.push(entry);
                }
                Ok(Record(record))
            }
        }

        deserializer.deserialize_map(Entries)
    }
}

/// The keys of all records of `text`, the start of a file, or the file where `is_whole`.
///
/// # Errors
/// What is no JSON, or a record that is no object, with its line and column.
pub fn keys(text: &[u8], is_whole: bool) -> Result<Keys, String> {
    let mut keys = Keys::default();
    let mut records = serde_json::Deserializer::from_slice(text).into_iter::<Record<'_>>();
    while let Some(record) = records.next() {
        let record = match record {
            Ok(record) => record,
            // The last record of a start may be cut.
            Err(error) if error.is_eof() && !is_whole => break,
            Err(error) => return Err(reason(&error)),
        };
        if let Some(name) = twice(&record) {
            let line = 1 + text[..records.byte_offset()].iter().filter(|byte| **byte == b'\n').count();
            return Err(format!("line {line}: the key `{name}` is there twice: expected each key once"));
        }
        for (name, value) in record.0 {
            keys.add(&name, Shape::of(value).map_err(|error| reason(&error))?);
        }
    }
    Ok(keys)
}

fn twice<'a>(record: &'a Record<'_>) -> Option<&'a str> {
    let names = &record.0;
    let (_, (name, _)) =
        names.iter().enumerate().find(|(at, (name, _))| names[..*at].iter().any(|(known, _)| known == name))?;
    Some(name)
}

/// An error of serde_json, with the place first as other readers have it.
pub fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let (line, column) = (error.line(), error.column());
    let what = text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text);
    match line {
        0 => what.to_owned(),
        _ => format!("line {line}, column {column}: {what}"),
    }
}

/// What a reader of rows has to know.
pub struct Rows<'a> {
    /// The wanted columns. If the keys of the file were not all looked at, all columns of the table.
    pub schema: &'a SchemaRef,
    /// Whether a key that is not in `schema` is an error.
    pub is_strict: bool,
    /// Columns of texts in which the file has other values; they become JSON.
    pub as_json: &'a [String],
    pub batch_size: usize,
}

/// The rows of a text in batches of the columns of `schema`.
///
/// # Errors
/// What is no JSON, and values that do not have their column's type.
pub fn rows<'a>(
    text: impl Read + Send + 'a,
    want: &Rows<'a>,
) -> Result<Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send + 'a>, ArrowError> {
    let is_wanted = |name: &String| want.schema.field_with_name(name).is_ok_and(|it| it.data_type() == &DataType::Utf8);
    let as_json: Vec<String> = want.as_json.iter().filter(|name| is_wanted(name)).cloned().collect();
    let text: Box<dyn Read + Send + 'a> = match as_json.is_empty() {
        true => Box::new(text),
        false => Box::new(AsJson { text: records::Values::new(text), as_json, ready: VecDeque::new() }),
    };
    let builder = ReaderBuilder::new(want.schema.clone()).with_batch_size(want.batch_size);
    Ok(Box::new(builder.with_strict_mode(want.is_strict).build(BufReader::with_capacity(1 << 18, text))?))
}

/// Records in which the values of some keys are turned into texts.
struct AsJson<R> {
    text: records::Values<R>,
    as_json: Vec<String>,
    ready: VecDeque<u8>,
}

impl<R: Read> Read for AsJson<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.ready.is_empty() {
            let Some(value) = self.text.next_value()? else { return Ok(0) };
            let record: Record = match serde_json::from_slice(&value) {
                Ok(record) => record,
                // Arrow's reader says what is wrong with it.
                Err(_) => {
                    self.ready.extend(value);
                    break;
                }
            };
            self.ready.extend(written(&record, &self.as_json)?.into_bytes());
        }
        self.ready.read(buffer)
    }
}

fn written(record: &Record<'_>, as_json: &[String]) -> io::Result<String> {
    let mut text = String::from("{");
    for (name, value) in &record.0 {
        if text.len() > 1 {
            text.push(',');
        }
        text += &serde_json::to_string(name)?;
        text.push(':');
        let value = value.get();
        let is_text = value.starts_with('"') || value == "null";
        match as_json.iter().any(|known| known == name) && !is_text {
            true => text += &serde_json::to_string(value)?,
            false => text += value,
        }
    }
    Ok(text + "}\n")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::AsArray;
    use datafusion::arrow::datatypes::{Field, Schema, UInt64Type};

    use super::*;

    fn types(text: &str) -> Vec<(String, DataType)> {
        let keys = keys(text.as_bytes(), true).expect("keys");
        keys.fields().iter().map(|field| (field.name().clone(), field.data_type().clone())).collect()
    }

    fn one(text: &str) -> DataType {
        types(text).remove(0).1
    }

    #[test]
    fn types_hold_every_value() {
        let list = |data_type| DataType::List(Arc::new(Field::new_list_field(data_type, true)));
        for (text, expected) in [
            (r#"{"a":1}{"a":null}{"a":-2}"#, DataType::Int64),
            (r#"{"a":9007199254740993}{"a":18446744073709551615}"#, DataType::UInt64),
            (r#"{"a":-1}{"a":18446744073709551615}"#, DataType::Utf8),
            (r#"{"a":18446744073709551616}"#, DataType::Utf8),
            (r#"{"a":18446744073709551615}{"a":0.5}"#, DataType::Utf8),
            (r#"{"a":1}{"a":1e30}"#, DataType::Float64),
            (r#"{"a":true}{"a":"x"}"#, DataType::Utf8),
            (r#"{"a":null}"#, DataType::Utf8),
            (r#"{"a":{}}"#, DataType::Utf8),
            (r#"{"a":[1,2.5]}{"a":[]}"#, list(DataType::Float64)),
            (r#"{"a":[1,"x"]}"#, DataType::Utf8),
            (r#"{"a":[[1],null]}"#, list(list(DataType::Int64))),
        ] {
            assert_eq!(one(text), expected, "{text}");
        }
        let fields = types("{\"z\":1,\"a\":{\"y\":1}}\n{\"b\":\"\",\"a\":{\"x\":true}}");
        assert_eq!(fields.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["z", "a", "b"]);
        let DataType::Struct(within) = &fields[1].1 else { panic!("{fields:?}") };
        assert_eq!(within.iter().map(|field| field.name().as_str()).collect::<Vec<_>>(), ["y", "x"]);
    }

    #[test]
    fn faults_are_told_with_their_place() {
        let error = |text: &str| keys(text.as_bytes(), true).expect_err("an error");
        assert_eq!(error("{\"a\":1}\n{\"a\":}\n"), "line 2, column 6: expected value");
        assert!(error("{\"a\":1}\n[1]\n").starts_with("line 2, column "), "{}", error("{\"a\":1}\n[1]\n"));
        assert!(error("{\"a\":1}\n7\n").contains("expected an object"));
        assert_eq!(
            error("{}\n{\"a\":1,\"b\":2,\"a\":3}\n"),
            "line 2: the key `a` is there twice: expected each key once"
        );
        assert!(error("{\"a\":").contains("EOF"));
        assert_eq!(keys(b"{\"a\":1}\n{\"b\":", false).expect("keys").fields().len(), 1);
    }

    #[test]
    fn values_of_mixed_columns_are_kept_as_json() {
        let text = "{\"a\":{\"x\":[1, 2]},\"n\":18446744073709551615}\n{\"a\":\"s\"}\n{\"a\":null}\n{\"a\": 12345678901234567890123}";
        let keys = keys(text.as_bytes(), true).expect("keys");
        let schema = Arc::new(Schema::new(keys.fields()));
        let as_json: Vec<String> = keys.not_texts().cloned().collect();
        let want = Rows { schema: &schema, is_strict: true, as_json: &as_json, batch_size: 100 };
        let batches: Vec<RecordBatch> =
            rows(text.as_bytes(), &want).expect("a reader").collect::<Result<_, _>>().expect("rows");
        let texts: Vec<_> = batches[0].column(0).as_string::<i32>().iter().collect();
        assert_eq!(texts, [Some("{\"x\":[1, 2]}"), Some("s"), None, Some("12345678901234567890123")]);
        assert_eq!(batches[0].column(1).as_primitive::<UInt64Type>().value(0), u64::MAX);
    }
}
