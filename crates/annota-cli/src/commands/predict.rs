use std::path::PathBuf;
use std::sync::Arc;

use annota::quote::identifier;
use annota::{ProcessSettings, Session};
use annota_cluster::job::Level;
use clap::Args;
use datafusion::arrow::array::{RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::dataframe::DataFrame;

use crate::output::{Format, Printer};

/// Annotates texts in one command and prints tokens, sentences or documents with their vectors
#[derive(Args)]
pub struct PredictArgs {
    /// Texts to annotate
    #[arg(required_unless_present = "input", conflicts_with = "input")]
    texts: Vec<String>,
    /// Annotate a file's column instead
    #[arg(long)]
    input: Vec<String>,
    /// The column of texts in --input
    #[arg(long, default_value = "text")]
    column: String,
    /// What a row of the result is: token, sentence or document
    #[arg(long, default_value = "token")]
    output_level: Level,
    /// table, csv, tsv, json, ndjson or parquet
    #[arg(long, default_value = "table")]
    format: Format,
    /// The file to write; parquet needs one
    #[arg(long)]
    output: Option<PathBuf>,
    /// Add the sentence's number and the first and last character of each row
    #[arg(long)]
    positions: bool,
    /// Rows that a table shows, or `inf`
    #[arg(long, default_value = "40")]
    maxrows: crate::output::MaxRows,
}

pub async fn run(args: PredictArgs, settings: &ProcessSettings) -> anyhow::Result<()> {
    let printer = Printer { format: args.format, maxrows: args.maxrows, output: args.output.clone() };
    printer.check()?;
    let session = Session::with_settings(settings)?;
    let (data, column) = if args.input.is_empty() {
        (given(&session, &args.texts)?, "text")
    } else {
        (session.read(&args.input).await?, args.column.as_str())
    };
    let others = data.schema().fields().iter().map(|field| field.name().as_str()).filter(|name| *name != column);
    let others: Vec<String> = others.map(identifier).collect();
    anyhow::ensure!(
        data.schema().has_column_with_unqualified_name(column),
        "column `{column}` is not in the input: expected one of {}",
        others.join(", ")
    );
    session.context().register_table("annota_texts", data.into_view())?;
    let result = session.sql(&query(&args, &identifier(column), &others)).await?;
    printer.print(result).await?;
    Ok(())
}

/// The query of a level: the other columns, then the level's own.
fn query(args: &PredictArgs, text: &str, others: &[String]) -> String {
    let (function, part) = match args.output_level {
        Level::Document => {
            let columns = [others, &[format!("{text} AS document"), format!("embed({text}) AS embedding")]].concat();
            return format!("SELECT {} FROM annota_texts", columns.join(", "));
        }
        Level::Sentence => ("embed_sentences", "part['text'] AS sentence"),
        Level::Token => ("embed_tokens", "part['token'] AS token"),
    };
    let mut columns = others.to_vec();
    if args.positions {
        let index = if args.output_level == Level::Token { "sentence" } else { "sentence_index" };
        columns.push(format!("part['sentence'] AS {index}"));
    }
    columns.push(part.to_owned());
    if args.positions {
        columns.extend(["begin", "end"].map(|field| format!("part['{field}'] AS \"{field}\"")));
    }
    columns.push("part['embedding'] AS embedding".to_owned());
    format!("SELECT {} FROM (SELECT *, unnest({function}({text})) AS part FROM annota_texts)", columns.join(", "))
}

fn given(session: &Session, texts: &[String]) -> anyhow::Result<DataFrame> {
    let schema = Schema::new(vec![Field::new("text", DataType::Utf8, false)]);
    let texts = StringArray::from_iter_values(texts);
    Ok(session.context().read_batch(RecordBatch::try_new(Arc::new(schema), vec![Arc::new(texts)])?)?)
}
