use std::sync::Arc;
use std::time::{Duration, Instant};

use annota::models::Model;
use annota::quote::{identifier, literal};
use annota::{ProcessSettings, Session};
use annota_cluster::job::Level;
use datafusion::arrow::array::{RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::dataframe::DataFrame;
use futures::TryStreamExt;

use super::BenchArgs;
use super::report::Row;

/// Texts through a query, as users run them, until they end or `time` is over.
pub async fn measure(
    model: &Arc<Model>,
    name: &str,
    args: &BenchArgs,
    settings: &ProcessSettings,
    time: Duration,
) -> anyhow::Result<Row> {
    let session = Session::with_settings(settings)?;
    session.sql("SET annota.cache_bytes = '0'").await?;
    if let Some(tokens) = args.batch_tokens {
        session.sql(&format!("SET annota.batch_tokens = '{tokens}'")).await?;
    }
    let (texts, column) = if args.input.is_empty() {
        (made_up(&session)?, "text")
    } else {
        (session.read(&args.input).await?, args.column.as_str())
    };
    session.context().register_table("annota_texts", texts.into_view())?;
    let function = match args.level {
        Level::Document => "embed",
        Level::Sentence => "embed_sentences",
        Level::Token => "embed_tokens",
    };
    let (model_name, precision) = (literal(name), literal(&args.precision.to_string()));
    let call = format!("{function}({}, {model_name}, precision => {precision})", identifier(column));
    session.sql(&format!("SELECT {call} FROM annota_texts LIMIT 1")).await?.collect().await?;
    let before = model.counters().snapshot();
    let start = Instant::now();
    let mut batches = session.sql(&format!("SELECT {call} FROM annota_texts")).await?.execute_stream().await?;
    let mut rows = 0;
    while start.elapsed() < time {
        let Some(batch) = batches.try_next().await? else { break };
        rows += batch.num_rows() as u64;
    }
    let seconds = start.elapsed().as_secs_f64();
    let done = model.counters().snapshot().since(before);
    let level = format!("{:?}s", args.level).to_lowercase();
    Ok(Row::new(level, done, rows, seconds))
}

const WORDS: [&str; 16] = [
    "the", "river", "carries", "small", "ships", "towards", "an", "unusual", "harbour", "where", "people", "wait",
    "for", "news", "of", "winter",
];

/// Texts of 5 to 300 words, most of them short, in sentences of 12.
fn made_up(session: &Session) -> anyhow::Result<DataFrame> {
    let text = |number: usize| {
        let words = 5 + (number * 37 % 100).pow(2) * 295 / 9801;
        let word = |place: usize| {
            let word = WORDS[(number * 7 + place * place + place * number) % WORDS.len()];
            // A number of its own makes each sentence differ from all others: equal ones would be computed once.
            if place % 12 == 11 || place + 1 == words { format!("{word} {number}.") } else { word.to_owned() }
        };
        (0..words).map(word).collect::<Vec<_>>().join(" ")
    };
    let schema = Schema::new(vec![Field::new("text", DataType::Utf8, false)]);
    let texts = StringArray::from_iter_values((0..20_000).map(text));
    Ok(session.context().read_batch(RecordBatch::try_new(Arc::new(schema), vec![Arc::new(texts)])?)?)
}
