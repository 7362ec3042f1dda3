use std::path::PathBuf;
use std::sync::Arc;

use annota::quote::identifier;
use annota::{ProcessSettings, Session};
use annota_cluster::job::Level;
use clap::Args;
use datafusion::arrow::array::{RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::dataframe::DataFrame;

use super::reading::ReadArgs;
use crate::listed::{FORMATS, LEVELS, listed};
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
    #[command(flatten)]
    read: ReadArgs,
    /// The column of texts in --input
    #[arg(long, default_value = "text")]
    column: String,
    /// The part of a text that each row of the result holds
    #[arg(long, default_value = "token", value_parser = listed::<Level>(LEVELS))]
    output_level: Level,
    /// The format of the result
    #[arg(long, default_value = "table", value_parser = listed::<Format>(FORMATS))]
    format: Format,
    /// The file to write; parquet needs one
    #[arg(long)]
    output: Option<PathBuf>,
    /// Add the sentence's number and the first and last character of each row
    #[arg(long)]
    positions: bool,
    /// Add what is known of each row beside its text: of tokens their sentence, first piece and whether the
    /// vocabulary lacks it, of sentences and documents how many pieces they have
    #[arg(long)]
    metadata: bool,
    /// Rows that a table shows, or `inf`
    #[arg(long, default_value = "40")]
    maxrows: crate::output::MaxRows,
}

pub async fn run(args: PredictArgs, settings: &ProcessSettings) -> anyhow::Result<()> {
    let printer = Printer { format: args.format, maxrows: args.maxrows, output: args.output.clone() };
    printer.check()?;
    let session = Session::with_settings(settings)?;
    args.read.apply(&session)?;
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
    let stages = format!("sentences(document({text})), tokens(sentences(document({text})))");
    let parts = match args.output_level {
        Level::Document => None,
        Level::Sentence => Some(format!("embed_sentences({text})")),
        // Only annotations tell of pieces.
        Level::Token if args.metadata => Some(format!("embeddings({stages})")),
        Level::Token => Some(format!("embed_tokens({text})")),
    };
    let columns = columns(args, text).into_iter().map(|(value, name)| format!("{value} AS {name}"));
    let columns = others.iter().cloned().chain(columns).collect::<Vec<_>>().join(", ");
    match parts {
        None => format!("SELECT {columns} FROM annota_texts"),
        Some(parts) => format!("SELECT {columns} FROM (SELECT *, unnest({parts}) AS part FROM annota_texts)"),
    }
}

/// The value and the name of each column that a level adds.
fn columns(args: &PredictArgs, text: &str) -> Vec<(String, &'static str)> {
    let of = |field: &str| format!("part['{field}']");
    let meta = |key: &str| format!("part['metadata']['{key}']");
    let is_wanted = |wanted: bool, columns: Vec<(String, &'static str)>| if wanted { columns } else { Vec::new() };
    let places = || vec![(of("begin"), "\"begin\""), (of("end"), "\"end\"")];
    let vector = |value: String| vec![(value, "embedding")];
    match args.output_level {
        Level::Document => {
            let place = |field: &str| format!("document({text})[1]['{field}']");
            let places = vec![(place("begin"), "\"begin\""), (place("end"), "\"end\"")];
            let places = is_wanted(args.positions, places);
            let pieces = is_wanted(args.metadata, vec![(format!("token_count({text})"), "pieces")]);
            [vec![(text.to_owned(), "document")], places, pieces, vector(format!("embed({text})"))].concat()
        }
        Level::Sentence => {
            let index = is_wanted(args.positions || args.metadata, vec![(of("sentence"), "sentence_index")]);
            let places = is_wanted(args.positions, places());
            let pieces = is_wanted(args.metadata, vec![(format!("token_count({})", of("text")), "pieces")]);
            [index, vec![(of("text"), "sentence")], places, pieces, vector(of("embedding"))].concat()
        }
        Level::Token if args.metadata => {
            let index = (format!("arrow_cast({}, 'Int32')", meta("sentence")), "sentence");
            let pieces = vec![
                (format!("arrow_cast({}, 'Int32')", meta("pieceId")), "piece_id"),
                (format!("{} = 'true'", meta("isOOV")), "is_oov"),
                (format!("{} = 'true'", meta("isWordStart")), "is_word_start"),
            ];
            let places = is_wanted(args.positions, places());
            [vec![index, (of("result"), "token")], places, pieces, vector(of("embeddings"))].concat()
        }
        Level::Token => {
            let index = is_wanted(args.positions, vec![(of("sentence"), "sentence")]);
            let places = is_wanted(args.positions, places());
            [index, vec![(of("token"), "token")], places, vector(of("embedding"))].concat()
        }
    }
}

fn given(session: &Session, texts: &[String]) -> anyhow::Result<DataFrame> {
    let schema = Schema::new(vec![Field::new("text", DataType::Utf8, false)]);
    let texts = StringArray::from_iter_values(texts);
    Ok(session.context().read_batch(RecordBatch::try_new(Arc::new(schema), vec![Arc::new(texts)])?)?)
}
