//! A job as a query: the same functions that a person would call.

use annota::models::{family, store};
use annota::quote::{identifier, literal};
use annota::{Error, Result, Session};
use datafusion::common::{NullHandling, UnnestOptions};
use datafusion::dataframe::DataFrame;

use super::{Job, Level};

/// The name under which a job's input is known to its query.
const INPUT: &str = "annota_job_input";
const PARTS: &str = "annota_job_parts";

/// The input's columns and, behind them, those of the job's level.
pub async fn query(session: &Session, job: &Job, input: DataFrame) -> Result<DataFrame> {
    let model = job.model.clone().unwrap_or_else(|| session.options().model);
    let size = dimension(&model)?;
    check_columns(job, &input)?;
    session.context().register_table(INPUT, input.into_view())?;
    let text = identifier(&job.text_column);
    let [model, on_error, precision] = [&model, &job.on_error, &job.precision].map(|value| literal(value));
    let pooling = job.pooling.as_ref().map(|pooling| format!(", pooling => {}", literal(pooling))).unwrap_or_default();
    let name = |column: &str| identifier(&format!("{}{column}", job.column_prefix));
    let settings = format!("model => {model}, on_error => {on_error}, precision => {precision}");
    if job.level == Level::Document {
        let vector = format!("vector(embed({text}, {settings}{pooling}), {size})");
        return session.sql(&format!("SELECT *, {vector} AS {} FROM {INPUT}", name("embedding"))).await;
    }
    let profile = job.profile.as_ref().map(|profile| format!(", profile => {}", literal(profile)));
    let settings = settings + &profile.unwrap_or_default();
    let (parts, part, part_name) = match job.level {
        Level::Sentence => (format!("embed_sentences({text}, {settings}{pooling})"), "text", "sentence_text"),
        _ => (format!("embed_tokens({text}, {settings})"), "token", "token"),
    };
    let kept: Vec<String> = input_columns(session).await?.iter().map(|column| identifier(column)).collect();
    // A text without parts keeps its row, with NULL in the columns of its parts.
    let options = UnnestOptions::new().with_null_handling(NullHandling::PreserveAndExpandEmpty);
    let rows = session.sql(&format!("SELECT *, {parts} AS {PARTS} FROM {INPUT}")).await?;
    let rows = rows.unnest_columns_with_options(&[PARTS], options)?;
    session.context().register_table(PARTS, rows.into_view())?;
    let field = |field: &str, column: &str| format!("{PARTS}['{field}'] AS {}", name(column));
    let columns = [
        kept.join(", "),
        field("sentence", "sentence"),
        field(part, part_name),
        field("begin", "begin"),
        field("end", "end"),
        format!("vector({PARTS}['embedding'], {size}) AS {}", name("embedding")),
    ];
    session.sql(&format!("SELECT {} FROM {PARTS}", columns.join(", "))).await
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

/// The text column must be there, and the new columns must not.
fn check_columns(job: &Job, input: &DataFrame) -> Result<()> {
    let columns: Vec<&str> = input.schema().fields().iter().map(|field| field.name().as_str()).collect();
    if !columns.contains(&job.text_column.as_str()) {
        let known = columns.join(", ");
        return Err(Error::Pipeline(format!(
            "column `{}` is not in the input: expected one of {known}",
            job.text_column
        )));
    }
    let new: &[&str] = match job.level {
        Level::Document => &["embedding"],
        Level::Sentence => &["sentence", "sentence_text", "begin", "end", "embedding"],
        Level::Token => &["sentence", "token", "begin", "end", "embedding"],
    };
    for column in new {
        let column = format!("{}{column}", job.column_prefix);
        if columns.contains(&column.as_str()) {
            return Err(Error::Pipeline(format!(
                "column `{column}` is in the input already: expected a column prefix that makes the new columns' names free"
            )));
        }
    }
    Ok(())
}
