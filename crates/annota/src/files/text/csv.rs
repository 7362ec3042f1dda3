//! CSV: the dialect of a file, the names and types of its columns, and its rows.

use std::io::Read;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::csv::ReaderBuilder;
use datafusion::arrow::csv::reader::Format as Inference;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use serde::{Deserialize, Serialize};

use crate::files::{Columns, ReadOptions};

/// How the records of a CSV file are written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Dialect {
    pub delimiter: u8,
    pub quote: u8,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub escape: Option<u8>,
    /// Whether the first record has the names of the columns.
    pub header: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Dialect { delimiter: b',', quote: b'"', escape: None, header: true }
    }
}

/// What the first records of a file say of all.
#[derive(Debug, Clone)]
pub struct Head {
    pub dialect: Dialect,
    /// In the order of the file, named, each name once.
    pub fields: Vec<FieldRef>,
}

/// Delimiters that are looked for where a file's name does not give it one.
const DELIMITERS: [u8; 3] = [b';', b'\t', b'|'];
/// Records that are looked at for that.
const RECORDS: usize = 100;

impl Dialect {
    /// A parser of records; the header is a record like others.
    pub fn reader(&self) -> csv::ReaderBuilder {
        let mut builder = csv::ReaderBuilder::new();
        builder.delimiter(self.delimiter).quote(self.quote).escape(self.escape);
        builder.double_quote(self.escape.is_none()).flexible(true).has_headers(false);
        builder
    }

    /// The dialect of a file that begins with `text` and whose name implies `delimiter`. Another delimiter is taken only if
    /// `delimiter` separates nothing in the header, and the other separates every record into as many fields as the header.
    fn of(text: &[u8], delimiter: u8, options: &ReadOptions) -> Self {
        let by_name = Dialect {
            delimiter: options.delimiter.unwrap_or(delimiter),
            quote: options.quote(),
            escape: options.escape,
            header: options.header.unwrap_or(true),
        };
        if options.delimiter.is_some() || by_name.fields_of_first(text) > 1 {
            return by_name;
        }
        let others = DELIMITERS.into_iter().filter(|other| *other != delimiter);
        let others = others.map(|delimiter| Dialect { delimiter, ..by_name.clone() });
        others.into_iter().find(|it| it.fields(text).is_some_and(|fields| fields > 1)).unwrap_or(by_name)
    }

    fn fields_of_first(&self, text: &[u8]) -> usize {
        let mut record = csv::ByteRecord::new();
        self.reader().from_reader(text).read_byte_record(&mut record).map_or(0, |_| record.len())
    }

    /// The number of fields of each of the first records, if it is the same in all.
    fn fields(&self, text: &[u8]) -> Option<usize> {
        let mut reader = self.reader().from_reader(text);
        let mut counts = reader.byte_records().take(RECORDS).map(|record| record.map_or(0, |record| record.len()));
        let first = counts.next()?;
        counts.all(|count| count == first).then_some(first)
    }

    fn arrow(&self) -> Inference {
        let format =
            Inference::default().with_header(self.header).with_delimiter(self.delimiter).with_quote(self.quote);
        // Records of other lengths are found by reading, with their lines.
        let format = format.with_truncated_rows(true);
        match self.escape {
            Some(escape) => format.with_escape(escape),
            None => format,
        }
    }
}

/// The dialect, names and types that `text` has, the start of a file, or the file where `is_whole`.
///
/// # Errors
/// No header, a header that is not UTF-8, or two columns of one name.
pub fn head(text: &[u8], is_whole: bool, delimiter: u8, options: &ReadOptions) -> Result<Head, String> {
    let end = if is_whole { text.len() } else { end_of_records(text, options.quote()) };
    let dialect = Dialect::of(&text[..end], delimiter, options);
    let names = names(&text[..end], &dialect)?;
    let texts = |name: &String| options.columns == Columns::Text || options.text_columns.contains(name);
    let inferred = match names.iter().all(texts) {
        true => Schema::empty(),
        // Bytes that are not UTF-8 are found by reading, with their lines.
        false => dialect
            .arrow()
            .infer_schema(lossy(&text[..end]).as_bytes(), None)
            .map(|(schema, _)| schema)
            .unwrap_or_else(|_| Schema::empty()),
    };
    let fields = names.into_iter().enumerate().map(|(index, name)| {
        let data_type = match inferred.fields().get(index).map(|field| field.data_type()) {
            Some(DataType::Null) | None => DataType::Utf8,
            Some(_) if texts(&name) => DataType::Utf8,
            Some(data_type) => data_type.clone(),
        };
        Arc::new(Field::new(name, data_type, true))
    });
    Ok(Head { dialect, fields: fields.collect() })
}

fn lossy(text: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(text)
}

/// The names of the columns. One without a name is named by its place, counted from 1.
fn names(text: &[u8], dialect: &Dialect) -> Result<Vec<String>, String> {
    let mut record = csv::ByteRecord::new();
    let is_there =
        dialect.reader().from_reader(text).read_byte_record(&mut record).map_err(|error| error.to_string())?;
    if !is_there {
        return Err("it is empty: expected a header line with the names of the columns".to_owned());
    }
    let mut names: Vec<String> = Vec::new();
    for (index, field) in record.iter().enumerate() {
        let field = if dialect.header { field } else { b"" };
        let name = std::str::from_utf8(field).map_err(|_| {
            let shown = String::from_utf8_lossy(field);
            format!("line 1, column {}: the name `{shown}` is not UTF-8: expected another encoding (`--encoding windows-1252`)", index + 1)
        })?;
        let name = if name.is_empty() { format!("column_{}", index + 1) } else { name.to_owned() };
        if let Some(first) = names.iter().position(|known| *known == name) {
            return Err(format!(
                "columns {} and {} are both named `{name}`: expected each name once",
                first + 1,
                index + 1
            ));
        }
        names.push(name);
    }
    Ok(names)
}

/// Where the last record that is surely whole ends.
fn end_of_records(text: &[u8], quote: u8) -> usize {
    let (mut quoted, mut end) = (false, 0);
    for (place, byte) in text.iter().enumerate() {
        match byte {
            byte if *byte == quote => quoted = !quoted,
            b'\n' if !quoted => end = place + 1,
            _ => {}
        }
    }
    end
}

/// What a reader of rows has to know.
pub struct Rows<'a> {
    pub dialect: &'a Dialect,
    /// The names of the file's columns in their order.
    pub columns: &'a [String],
    /// Whether the text begins with the header, if the file has one.
    pub is_start: bool,
    /// The wanted columns.
    pub schema: &'a SchemaRef,
    pub batch_size: usize,
}

/// The rows of a text in batches of those columns of `schema` that the file has, in the file's order.
///
/// # Errors
/// Records of another number of fields, and values that do not have their column's type.
pub fn rows<'a>(
    text: impl Read + Send + 'a,
    want: &Rows,
) -> Result<Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send + 'a>, ArrowError> {
    let (mut fields, mut projection) = (Vec::new(), Vec::new());
    for (index, name) in want.columns.iter().enumerate() {
        fields.push(match want.schema.field_with_name(name) {
            Ok(field) => {
                projection.push(index);
                Arc::new(field.clone())
            }
            Err(_) => Arc::new(Field::new(name, DataType::Utf8, true)),
        });
    }
    let mut builder = ReaderBuilder::new(Arc::new(Schema::new(fields)))
        .with_header(want.dialect.header && want.is_start)
        .with_delimiter(want.dialect.delimiter)
        .with_quote(want.dialect.quote)
        .with_projection(projection)
        .with_batch_size(want.batch_size);
    if let Some(escape) = want.dialect.escape {
        builder = builder.with_escape(escape);
    }
    Ok(Box::new(builder.build(text)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(text: &str, options: &ReadOptions) -> Vec<(String, DataType)> {
        let head = head(text.as_bytes(), true, b',', options).expect("a head");
        head.fields.iter().map(|field| (field.name().clone(), field.data_type().clone())).collect()
    }

    #[test]
    fn records_end_outside_quotes() {
        assert_eq!(end_of_records(b"a,b\n1,\"x\ny\",2\n\"f\ng,h", b'"'), 14);
        assert_eq!(end_of_records(b"a,\"b\"\"\n\",c\n1,2", b'"'), 11);
        assert_eq!(end_of_records(b"one", b'"'), 0);
    }

    #[test]
    fn delimiters_are_found_where_the_usual_one_separates_nothing() {
        let of = |text: &str, delimiter| Dialect::of(text.as_bytes(), delimiter, &ReadOptions::default()).delimiter;
        assert_eq!(of("id;text\n1;a, b\n2;c\n", b','), b';');
        assert_eq!(of("id;text\n1;a\n2;\"c;d\"\n", b','), b';');
        assert_eq!(of("id;x\n1;1,5\n2;2\n", b','), b';');
        assert_eq!(of("id|text\n1|a\n", b','), b'|');
        assert_eq!(of("id\ttext\n1\ta\n", b','), b'\t');
        assert_eq!(of("id,text\n1,a\n", b'\t'), b'\t');
        // A file of one column.
        assert_eq!(of("text\na; b\nc\n", b','), b',');
        assert_eq!(of("text\na\nc\n", b','), b',');
        let given = ReadOptions { delimiter: Some(b','), ..ReadOptions::default() };
        assert_eq!(Dialect::of(b"id;text\n1;a\n", b',', &given).delimiter, b',');
    }

    #[test]
    fn text_columns_are_texts_whatever_they_hold() {
        let text = "id,text,at\n1,2024,2024-01-01\n2,7,2024-02-01\n";
        let column = |name: &str, data_type| (name.to_owned(), data_type);
        let mut options = ReadOptions::default();
        let inferred = [column("id", DataType::Int64), column("text", DataType::Int64), column("at", DataType::Date32)];
        assert_eq!(types(text, &options), inferred);
        options.text_columns = vec!["text".to_owned()];
        assert_eq!(types(text, &options)[1], column("text", DataType::Utf8));
        options.columns = Columns::Text;
        assert!(types(text, &options).iter().all(|(_, data_type)| *data_type == DataType::Utf8));
    }

    #[test]
    fn names_are_there_once() {
        let names = |text: &str| {
            head(text.as_bytes(), true, b',', &ReadOptions::default())
                .map(|head| head.fields.iter().map(|field| field.name().clone()).collect::<Vec<_>>())
        };
        assert_eq!(names(",text,\n0,a,b\n").expect("names"), ["column_1", "text", "column_3"]);
        let error = names("id,text,text\n").expect_err("two of one name");
        assert_eq!(error, "columns 2 and 3 are both named `text`: expected each name once");
        assert!(names("").expect_err("no header").starts_with("it is empty"));
        let headless = ReadOptions { header: Some(false), ..ReadOptions::default() };
        assert_eq!(types("1,a\n", &headless)[1].0, "column_2");
    }
}
