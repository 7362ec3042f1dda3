//! A shard's work as a function of SQL, so that a cluster does it as a query of one task: all that it needs is in its
//! argument, and what became of it is its result.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use annota::ProcessSettings;
use async_trait::async_trait;
use datafusion::arrow::array::StringArray;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::async_udf::{AsyncScalarUDF, AsyncScalarUDFImpl};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use serde::{Deserialize, Serialize};

use super::shard::{Failure, Record, Task};
use super::work::work;

/// The name of the function.
pub const NAME: &str = "annota_shard";

/// What the function returns, as JSON.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    Done(Box<Record>),
    Failed(Failure),
}

/// The function, for processes with these settings.
pub fn function(settings: &ProcessSettings) -> Arc<ScalarUDF> {
    let function = ShardFunction {
        settings: settings.clone(),
        signature: Signature::exact(vec![DataType::Utf8], Volatility::Volatile),
    };
    Arc::new(AsyncScalarUDF::new(Arc::new(function)).into_scalar_udf())
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct ShardFunction {
    settings: ProcessSettings,
    signature: Signature,
}

impl ScalarUDFImpl for ShardFunction {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, _: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Err(DataFusionError::Execution(format!("{NAME} is awaited, never called")))
    }
}

#[async_trait]
impl AsyncScalarUDFImpl for ShardFunction {
    async fn invoke_async_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let task = task(&args)?;
        log::info!("job {} shard {} begins", task.id, task.shard.number);
        let worker = annota::process_name().unwrap_or_else(|| "an executor".to_owned());
        let answer = match work(&self.settings, &worker, &task, &|_| {}).await {
            Ok(record) => {
                FAILURES.store(0, Relaxed);
                Answer::Done(Box::new(record))
            }
            Err(failure) => {
                pause(&failure).await;
                Answer::Failed(failure)
            }
        };
        match &answer {
            Answer::Done(record) => {
                log::info!("job {} shard {} done in {:.1} s", task.id, record.shard, record.seconds)
            }
            Answer::Failed(failure) => log::warn!("job {} shard {}: {}", task.id, task.shard.number, failure.reason),
        }
        let answer = serde_json::to_string(&answer).map_err(|error| DataFusionError::External(error.into()))?;
        Ok(ColumnarValue::Array(Arc::new(StringArray::from(vec![answer; args.number_rows]))))
    }
}

/// Shards that failed here one after another.
static FAILURES: AtomicU32 = AtomicU32::new(0);

/// Keeps the place of a shard that failed. One who fails does so at once, is free again before all others, and would
/// be given shard after shard.
async fn pause(failure: &Failure) {
    if !failure.certain {
        let failures = FAILURES.fetch_add(1, Relaxed).min(4);
        tokio::time::sleep(Duration::from_millis(500) * 2_u32.pow(failures)).await;
    }
}

fn task(args: &ScalarFunctionArgs) -> Result<Task> {
    let text = match args.args.first() {
        Some(ColumnarValue::Scalar(ScalarValue::Utf8(Some(text)))) => text.clone(),
        Some(ColumnarValue::Array(texts)) if texts.len() == 1 => {
            datafusion::arrow::array::AsArray::as_string::<i32>(texts.as_ref()).value(0).to_owned()
        }
        _ => return Err(DataFusionError::Execution(format!("{NAME} takes one task: expected a text of `annota run`"))),
    };
    serde_json::from_str(&text).map_err(|error| DataFusionError::Execution(format!("{NAME} takes a task: {error}")))
}
