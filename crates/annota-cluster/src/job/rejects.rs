//! Rows that could not be annotated: they keep their place in the output, without a vector, and stand here with the
//! reason.

use annota::quote::literal;
use annota::{Result, Session};
use datafusion::arrow::array::{Array, AsArray, RecordBatch, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::error::DataFusionError;
use serde::Serialize;

use super::Task;
use super::output::{MEMORY, Output};

/// Bytes of a text that a reject shows.
const SHOWN: usize = 200;

/// A line of a rejects file.
#[derive(Debug, Serialize)]
struct Reject {
    input: String,
    part: String,
    /// What the row has in the job's key column, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    text: String,
    reason: String,
}

/// Collects the texts of a shard that came back without a vector.
pub struct Rejects<'a> {
    task: &'a Task,
    session: &'a Session,
    /// Key and text.
    texts: Vec<(Option<String>, String)>,
}

impl<'a> Rejects<'a> {
    pub fn new(task: &'a Task, session: &'a Session) -> Self {
        Rejects { task, session, texts: Vec::new() }
    }

    /// Looks through annotated rows; where errors end the job there is nothing to find.
    pub fn look(&mut self, batch: &RecordBatch) -> Result<()> {
        let job = &self.task.job;
        let columns = (batch.column_by_name(&job.text_column), batch.column_by_name(&job.column("embedding")));
        let (Some(texts), Some(vectors)) = columns else { return Ok(()) };
        if self.task.shard.kept || job.on_error != "null" || vectors.null_count() == 0 {
            return Ok(());
        }
        let texts = cast(texts, &DataType::Utf8).map_err(DataFusionError::from)?;
        let texts: &StringArray = texts.as_string();
        let keys = job.key.as_ref().and_then(|key| batch.column_by_name(key));
        for row in (0..batch.num_rows()).filter(|&row| vectors.is_null(row) && texts.is_valid(row)) {
            let key = keys.map(|keys| array_value_to_string(keys, row)).transpose().map_err(DataFusionError::from)?;
            self.texts.push((key, texts.value(row).to_owned()));
        }
        Ok(())
    }

    /// Writes what is wrong with each: how many there are. A text that has no vector for another reason, such as white
    /// space, is none.
    pub async fn write(self, output: &Output) -> Result<u64> {
        let mut lines = Vec::new();
        for (key, text) in &self.texts {
            if let Some(reason) = self.reason(text).await {
                let end = text.floor_char_boundary(SHOWN);
                let (input, part) = (self.task.shard.input(), self.task.shard.part());
                let reject = Reject { input, part, key: key.clone(), text: text[..end].to_owned(), reason };
                lines.push(serde_json::to_string(&reject).map_err(|error| DataFusionError::External(error.into()))?);
            }
        }
        if !lines.is_empty() {
            let name = format!("{MEMORY}/{}/rejects-{:06}.jsonl", self.task.id, self.task.shard.number);
            output.write(&name, lines.join("\n") + "\n").await?;
        }
        Ok(lines.len() as u64)
    }

    /// What happens where the text must be embedded.
    async fn reason(&self, text: &str) -> Option<String> {
        let job = super::Job { on_error: "fail".to_owned(), ..self.task.job.clone() };
        let call = super::query::call(&job, self.session, &literal(text));
        let asked =
            async { self.session.sql(&format!("SELECT {call}")).await?.collect().await.map_err(annota::Error::from) };
        asked.await.err().map(|error| error.to_string())
    }
}
