//! Results as people and programs read them.

mod table;
mod vectors;

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::str::FromStr;

use datafusion::arrow::csv::WriterBuilder;
use datafusion::arrow::json::writer::{JsonArray, LineDelimited, Writer, WriterBuilder as JsonWriterBuilder};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::dataframe::DataFrame;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::parquet::arrow::ArrowWriter;
use futures::TryStreamExt;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Table,
    Csv,
    Tsv,
    Json,
    Ndjson,
    Parquet,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "table" | "automatic" => Ok(Format::Table),
            "csv" => Ok(Format::Csv),
            "tsv" => Ok(Format::Tsv),
            "json" => Ok(Format::Json),
            "ndjson" | "nd-json" | "jsonl" => Ok(Format::Ndjson),
            "parquet" => Ok(Format::Parquet),
            _ => Err(format!("format `{text}` is not known: expected table, csv, tsv, json, ndjson or parquet")),
        }
    }
}

/// How many rows a table shows; `None` for all.
#[derive(Debug, Clone, Copy)]
pub struct MaxRows(Option<usize>);

impl FromStr for MaxRows {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "inf" | "infinite" | "none" => Ok(MaxRows(None)),
            number => match number.parse() {
                Ok(number) => Ok(MaxRows(Some(number))),
                Err(_) => Err(format!("maxrows `{text}` is no number: expected a whole number or inf")),
            },
        }
    }
}

/// Writes the rows of a query.
#[derive(Debug, Clone)]
pub struct Printer {
    pub format: Format,
    pub maxrows: MaxRows,
    /// `None` for standard output.
    pub output: Option<PathBuf>,
}

impl Printer {
    /// Whether what is asked for can be done, before anything is computed.
    pub fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.format != Format::Parquet || self.output.is_some(),
            "format `parquet` cannot be printed: expected --output FILE"
        );
        Ok(())
    }

    pub fn is_for_people(&self) -> bool {
        self.format == Format::Table
    }

    /// Writes all rows as they come and returns their number.
    pub async fn print(&self, data: DataFrame) -> anyhow::Result<usize> {
        self.check()?;
        let rows = data.execute_stream().await?;
        let mut out: Box<dyn Write + Send> = match &self.output {
            Some(path) => Box::new(io::BufWriter::new(File::create(path)?)),
            None => Box::new(io::BufWriter::new(io::stdout())),
        };
        let count = match self.format {
            Format::Table => table::write(rows, self.maxrows.0, &mut out).await?,
            Format::Csv => csv(rows, b',', &mut out).await?,
            Format::Tsv => csv(rows, b'\t', &mut out).await?,
            Format::Json => {
                json(rows, JsonWriterBuilder::new().with_explicit_nulls(true).build::<_, JsonArray>(&mut out)).await?
            }
            Format::Ndjson => {
                json(rows, JsonWriterBuilder::new().with_explicit_nulls(true).build::<_, LineDelimited>(&mut out))
                    .await?
            }
            Format::Parquet => parquet(rows, &mut out).await?,
        };
        if self.format == Format::Json {
            writeln!(out)?;
        }
        out.flush()?;
        Ok(count)
    }
}

async fn each(
    mut rows: SendableRecordBatchStream,
    mut write: impl FnMut(&RecordBatch) -> anyhow::Result<()>,
) -> anyhow::Result<usize> {
    let mut count = 0;
    while let Some(batch) = rows.try_next().await? {
        count += batch.num_rows();
        write(&batch)?;
    }
    Ok(count)
}

/// CSV has no lists, so those are written as text, whole.
async fn csv(rows: SendableRecordBatchStream, delimiter: u8, out: &mut dyn Write) -> anyhow::Result<usize> {
    let schema = rows.schema();
    let mut writer = WriterBuilder::new().with_header(true).with_delimiter(delimiter).build(out);
    let mut empty = true;
    let count = each(rows, |batch| {
        empty = false;
        Ok(writer.write(&vectors::nested_as_text(batch)?)?)
    })
    .await?;
    if empty {
        writer.write(&vectors::nested_as_text(&RecordBatch::new_empty(schema))?)?;
    }
    Ok(count)
}

async fn json<W: Write, F: datafusion::arrow::json::writer::JsonFormat>(
    rows: SendableRecordBatchStream,
    mut writer: Writer<W, F>,
) -> anyhow::Result<usize> {
    let count = each(rows, |batch| Ok(writer.write(batch)?)).await?;
    writer.finish()?;
    Ok(count)
}

async fn parquet(rows: SendableRecordBatchStream, out: &mut (dyn Write + Send)) -> anyhow::Result<usize> {
    let mut writer = ArrowWriter::try_new(out, rows.schema(), None)?;
    let count = each(rows, |batch| Ok(writer.write(batch)?)).await?;
    writer.close()?;
    Ok(count)
}
