//! What is wrong with a file that could not be read, and where.

use std::io::{self, Read};
use std::sync::Arc;

use datafusion::arrow::array::StringArray;
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::{DataType, Schema, SchemaRef};
use datafusion::arrow::json::ReaderBuilder;

use super::json::{Record, reason};
use super::records::{self, Kept};
use super::{InputFile, Kind};

/// Characters of a value that are shown.
const SHOWN: usize = 60;

/// Reads the normalized text of a file from its start, as columns of `table`, up to the first fault: its line, its column,
/// the value, and what was expected. `None` if nothing is wrong.
pub fn diagnosis(text: impl Read, file: &InputFile, table: &SchemaRef) -> Option<String> {
    match file.format.kind {
        Kind::Csv => csv(text, file, table),
        _ => json(text, file, table),
    }
}

fn csv(text: impl Read, file: &InputFile, table: &SchemaRef) -> Option<String> {
    let mut reader = file.dialect.reader().from_reader(Kept::new(text));
    let mut record = csv::ByteRecord::new();
    let (mut is_header, mut line, mut at) = (file.dialect.header, 1, 0);
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(false) => return None,
            Err(error) => return Some(placed(line, cause(&error))),
            Ok(true) => {}
        }
        let (end, mut start) = (reader.position().byte(), line);
        reader.get_ref().take(end - at, |bytes| {
            // Line breaks before a record are blank lines, or the end of the record before it.
            let blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
            start += blank.filter(|byte| **byte == b'\n').count();
            line += bytes.iter().filter(|byte| **byte == b'\n').count();
        });
        at = end;
        if let Some(fault) = fault(&record, file, table, is_header) {
            return Some(format!("line {start}{fault}"));
        }
        is_header = false;
    }
}

/// A cause with its line, unless it tells one itself.
fn placed(line: usize, cause: String) -> String {
    if cause.starts_with("line ") { cause } else { format!("line {line}: {cause}") }
}

fn cause(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Io(error) => io_cause(error),
        _ => error.to_string(),
    }
}

fn io_cause(error: &io::Error) -> String {
    error.to_string()
}

fn fault(record: &csv::ByteRecord, file: &InputFile, table: &SchemaRef, is_header: bool) -> Option<String> {
    let (found, expected) = (record.len(), file.columns.len());
    if found != expected && !is_header {
        let delimiter = char::from(file.dialect.delimiter).escape_default();
        let hint = match expected {
            1 => "; set the delimiter if it is another character (`--delimiter ';'`)",
            _ => "; fields that hold the delimiter or a line break must be quoted",
        };
        return Some(format!(
            ": {} separated by `{delimiter}`: expected {expected}, as in the header{hint}",
            counted(found, "field")
        ));
    }
    for (index, value) in record.iter().enumerate() {
        let name = file.columns.get(index).map_or("", String::as_str);
        let place = format!(", column {} (`{name}`)", index + 1);
        let Ok(value) = std::str::from_utf8(value) else {
            let shown = shown(&String::from_utf8_lossy(value));
            return Some(format!(
                "{place}: `{shown}` is not UTF-8: expected UTF-8, or the encoding named (`--encoding windows-1252`)"
            ));
        };
        let Ok(field) = table.field_with_name(name) else { continue };
        if !is_header && !value.is_empty() && !fits(value, field.data_type()) {
            let (shown, kind) = (shown(value), kind(field.data_type()));
            return Some(format!(
                "{place}: `{shown}` is no {kind}: expected the type of the values before it, or columns read as text (`--columns text`)"
            ));
        }
    }
    None
}

fn fits(value: &str, data_type: &DataType) -> bool {
    if matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) {
        return true;
    }
    let options = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(&StringArray::from(vec![value]), data_type, &options).is_ok()
}

fn kind(data_type: &DataType) -> String {
    match data_type {
        DataType::Int64 => "whole number".to_owned(),
        DataType::Float64 => "number".to_owned(),
        DataType::Boolean => "truth value".to_owned(),
        DataType::Date32 => "date".to_owned(),
        DataType::Timestamp(..) => "timestamp".to_owned(),
        other => format!("{other}"),
    }
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn shown(value: &str) -> String {
    let text: String = value.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if value.chars().count() > SHOWN { text + "…" } else { text }
}

fn json(text: impl Read, file: &InputFile, table: &SchemaRef) -> Option<String> {
    let mut values = records::Values::new(text);
    let mut line = 1;
    loop {
        let value = match values.next_value() {
            Ok(Some(value)) => value,
            Ok(None) => return None,
            Err(error) => return Some(format!("line {line}: {}", io_cause(&error))),
        };
        let blank = value.iter().take_while(|byte| byte.is_ascii_whitespace()).filter(|byte| **byte == b'\n').count();
        if let Some(fault) = json_fault(&value, line + blank, file, table) {
            return Some(fault);
        }
        line += value.iter().filter(|byte| **byte == b'\n').count();
    }
}

fn json_fault(value: &[u8], line: usize, file: &InputFile, table: &SchemaRef) -> Option<String> {
    if let Err(error) = std::str::from_utf8(value) {
        let shown = shown(&String::from_utf8_lossy(&value[error.valid_up_to()..]));
        return Some(format!(
            "line {line}: `{shown}` is not UTF-8: expected UTF-8, or the encoding named (`--encoding windows-1252`)"
        ));
    }
    let record: Record = match serde_json::from_slice(value) {
        Ok(record) => record,
        Err(error) => {
            let told = reason(&error);
            let what = told.split_once(": ").map_or(told.as_str(), |(_, what)| what);
            let within = error.line().max(1) - 1;
            let start =
                value.iter().take_while(|byte| byte.is_ascii_whitespace()).filter(|byte| **byte == b'\n').count();
            return Some(format!("line {}, column {}: {what}", line + within - start.min(within), error.column()));
        }
    };
    for (name, value) in &record.0 {
        let Ok(field) = table.field_with_name(name) else {
            return (!file.is_known).then(|| {
                format!("line {line}: the key `{name}` is not in the records before it, by which the columns were chosen: expected it in the first {} MiB", crate::files::JSON_HEAD >> 20)
            });
        };
        if file.as_json.iter().any(|known| known == name) {
            continue;
        }
        let single = format!("{{{}:{}}}", serde_json::to_string(name).unwrap_or_default(), value.get());
        let schema = Arc::new(Schema::new(vec![field.clone()]));
        let fits =
            ReaderBuilder::new(schema).build(single.as_bytes()).is_ok_and(|mut rows| rows.all(|row| row.is_ok()));
        if !fits {
            let (shown, kind) = (shown(value.get()), kind(field.data_type()));
            return Some(format!(
                "line {line}, key `{name}`: `{shown}` is no {kind}: expected the type of the values before it"
            ));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::datatypes::Field;

    use super::*;
    use crate::files::Format;
    use crate::files::text::Dialect;

    fn file(name: &str, columns: &[&str]) -> InputFile {
        InputFile {
            store: "file:///".to_owned(),
            path: name.to_owned(),
            size: 0,
            modified: 0,
            etag: None,
            format: Format::of(name).expect("a format"),
            encoding: None,
            dialect: Dialect::default(),
            columns: columns.iter().map(|name| (*name).to_owned()).collect(),
            as_json: Vec::new(),
            is_known: false,
            plain_from: None,
            partition: Vec::new(),
        }
    }

    fn table() -> SchemaRef {
        let fields = [("id", DataType::Int64), ("text", DataType::Utf8)];
        Arc::new(Schema::new(fields.map(|(name, data_type)| Field::new(name, data_type, true)).to_vec()))
    }

    #[test]
    fn csv_is_told_with_line_column_and_value() {
        let file = file("a.csv", &["id", "text"]);
        let told = |text: &[u8]| diagnosis(text, &file, &table());
        assert_eq!(told(b"id,text\n1,a\n"), None);
        assert_eq!(
            told(b"id,text\n1,\"a\nb\"\n\nN/A,c\n").expect("a fault"),
            "line 5, column 1 (`id`): `N/A` is no whole number: expected the type of the values before it, or columns read as text (`--columns text`)"
        );
        assert!(
            told(b"id,text\n1,a,b\n").expect("a fault").starts_with("line 2: 3 fields separated by `,`: expected 2")
        );
        assert!(
            told(b"id,text\n1,gr\xfcn\n")
                .expect("a fault")
                .starts_with("line 2, column 2 (`text`): `gr\u{fffd}n` is not UTF-8")
        );
    }

    #[test]
    fn json_is_told_with_line_key_and_value() {
        let file = file("a.jsonl", &[]);
        let told = |text: &[u8]| diagnosis(text, &file, &table());
        assert_eq!(told(b"{\"id\":1,\"text\":\"a\"}\n{\"id\":null}\n"), None);
        assert_eq!(
            told(b"{\"id\":1}\n\n{\"id\":\"x\"}\n").expect("a fault"),
            "line 3, key `id`: `\\\"x\\\"` is no whole number: expected the type of the values before it"
        );
        assert!(
            told(b"{\"id\":1}\n{\"id\":2,\"late\":1}\n")
                .expect("a fault")
                .starts_with("line 2: the key `late` is not in the records")
        );
        assert_eq!(told(b"{\"id\":1}\n{\"id\":}\n").expect("a fault"), "line 2, column 7: expected value");
        assert_eq!(told(b"{\n\"id\":1}\n{\n\"id\": nil}\n").expect("a fault"), "line 4, column 8: expected ident");
        assert!(told(b"{\"id\":1}\n{\"text\":\"a\xff\"}\n").expect("a fault").starts_with("line 2: `\u{fffd}"));
    }
}
