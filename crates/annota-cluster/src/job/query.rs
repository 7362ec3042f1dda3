//! A job as a query: the same functions that a person would call.

use annota::files::{Kind, Listing};
use annota::models::{family, store};
use annota::quote::{identifier, literal};
use annota::{Error, Result, Session};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{NullHandling, UnnestOptions};
use datafusion::dataframe::DataFrame;
use datafusion::error::DataFusionError;

use super::{Job, Level, VectorType};

/// The name under which a job's input is known to its query.
const INPUT: &str = "annota_job_input";
const PARTS: &str = "annota_job_parts";

/// The input's columns and, behind them, those of the job's level. The job names its model.
pub async fn query(session: &Session, job: &Job, input: DataFrame) -> Result<DataFrame> {
    let size = dimension(&model(session, job))?;
    session.context().register_table(INPUT, input.into_view())?;
    let call = call(job, session, &identifier(&job.text_column));
    let name = |column: &str| identifier(&job.column(column));
    if job.level == Level::Document {
        let vector = format!("{} AS {}", vector(job, &call, size), name("embedding"));
        return session.sql(&format!("SELECT *, {vector} FROM {INPUT}")).await;
    }
    let kept: Vec<String> = input_columns(session).await?.iter().map(|column| identifier(column)).collect();
    // A text without parts keeps its row, with NULL in the columns of its parts.
    let options = UnnestOptions::new().with_null_handling(NullHandling::PreserveAndExpandEmpty);
    let rows = session.sql(&format!("SELECT *, {call} AS {PARTS} FROM {INPUT}")).await?;
    let rows = rows.unnest_columns_with_options(&[PARTS], options)?;
    session.context().register_table(PARTS, rows.into_view())?;
    let field = |field: &str, column: &str| format!("{PARTS}['{field}'] AS {}", name(column));
    let (part, part_name) = if job.level == Level::Sentence { ("text", "sentence_text") } else { ("token", "token") };
    let columns = [
        kept.join(", "),
        field("sentence", "sentence"),
        field(part, part_name),
        field("begin", "begin"),
        field("end", "end"),
        format!("{} AS {}", vector(job, &format!("{PARTS}['embedding']"), size), name("embedding")),
    ];
    session.sql(&format!("SELECT {} FROM {PARTS}", columns.join(", "))).await
}

/// A vector in the type of the job's column; NULL for a text without one.
fn vector(job: &Job, embedding: &str, size: usize) -> String {
    let fixed = format!("vector({embedding}, {size})");
    match job.vector_type {
        VectorType::Fixed => fixed,
        VectorType::List => format!("arrow_cast({fixed}, 'List(Float32)')"),
    }
}

/// The call that embeds a text, an expression of SQL.
pub fn call(job: &Job, session: &Session, text: &str) -> String {
    let [model, on_error, precision] =
        [&model(session, job), &job.on_error, &job.precision].map(|value| literal(value));
    let mut settings = format!("model => {model}, on_error => {on_error}, precision => {precision}");
    let mut set = |name: &str, value: &Option<String>| {
        if let Some(value) = value {
            settings += &format!(", {name} => {}", literal(value));
        }
    };
    if job.level != Level::Token {
        set("pooling", &job.pooling);
    }
    if job.level == Level::Document {
        set("long", &job.long);
    } else {
        set("profile", &job.profile);
        set("offsets", &job.offsets);
    }
    let function = match job.level {
        Level::Document => "embed",
        Level::Sentence => "embed_sentences",
        Level::Token => "embed_tokens",
    };
    format!("{function}({text}, {settings})")
}

/// The model that serves a job.
pub fn model(session: &Session, job: &Job) -> String {
    job.model.clone().unwrap_or_else(|| session.options().model)
}

async fn input_columns(session: &Session) -> Result<Vec<String>> {
    let input = session.context().table(INPUT).await?;
    Ok(input.schema().fields().iter().map(|field| field.name().clone()).collect())
}

/// The length of a model's vectors, from its configuration alone.
fn dimension(model: &str) -> Result<usize> {
    let files = store::resolve(model)?;
    let config = files.config()?;
    Ok((family::of_config(model, &config)?.dimension)(model, &config)?)
}

/// What may help against a column that is not there.
fn hint(column: &str, columns: &[&str], listing: &Listing) -> String {
    let is_meant = |known: &&&str| known.trim().eq_ignore_ascii_case(column.trim());
    if let Some(known) = columns.iter().find(is_meant) {
        return format!("; did you mean `{known}` (names keep their spaces and their case)?");
    }
    match listing.files.first() {
        Some(file) if file.format.kind == Kind::Csv && columns.len() == 1 => {
            let delimiter = char::from(file.dialect.delimiter).escape_default();
            format!(
                "; `{file}` has one column if fields are separated by `{delimiter}`: set another character (`--delimiter ';'`)"
            )
        }
        _ => String::new(),
    }
}

/// Plans a job over no rows, so that what cannot be is said before anything is done.
///
/// # Errors
/// A column that is not in the input, or that is there already; a setting that cannot be.
pub async fn check(session: &Session, job: &Job, listing: &Listing) -> Result<()> {
    let input = listing.schema();
    let columns: Vec<&str> = input.fields().iter().map(|field| field.name().as_str()).collect();
    for column in [Some(&job.text_column), job.key.as_ref()].into_iter().flatten() {
        if !columns.contains(&column.as_str()) {
            return Err(Error::Input(format!(
                "column `{column}` is not in the input: expected one of `{}`{}",
                columns.join("`, `"),
                hint(column, &columns, listing)
            )));
        }
    }
    let new: &[&str] = match job.level {
        Level::Document => &["embedding"],
        Level::Sentence => &["sentence", "sentence_text", "begin", "end", "embedding"],
        Level::Token => &["sentence", "token", "begin", "end", "embedding"],
    };
    for column in new.iter().map(|column| job.column(column)) {
        if columns.contains(&column.as_str()) {
            return Err(Error::Input(format!(
                "the input already has a column `{column}`: pass `--column-prefix annota_` (or another prefix) to rename the new columns"
            )));
        }
    }
    let index = input.index_of(&job.text_column).map_err(DataFusionError::from)?;
    let data_type = input.field(index).data_type();
    if !matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null)
        && !matches!(data_type, DataType::Dictionary(_, values) if values.is_string())
    {
        let column = &job.text_column;
        return Err(Error::Input(format!(
            "column `{column}` of the input is of type {data_type}: expected a column of texts"
        )));
    }
    let empty = datafusion::datasource::MemTable::try_new(input, vec![vec![]])?;
    let rows = query(session, job, session.context().read_table(std::sync::Arc::new(empty))?).await?;
    rows.create_physical_plan().await?;
    Ok(())
}
