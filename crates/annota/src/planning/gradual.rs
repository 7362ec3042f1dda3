use std::fmt;
use std::sync::Arc;

use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::async_scalar_function::AsyncFuncExpr;
use datafusion::physical_plan::async_func::AsyncFuncExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::TryStreamExt;
use futures::stream::try_unfold;

/// The least rows that are asked for at a time: fewer would not fill a device.
const FEWEST: usize = 16;

/// Awaits a call for a filter under `LIMIT`: as [`AsyncFuncExec`], but first for as many rows as the filter is asked for,
/// then for twice as many each time, up to a batch.
#[derive(Debug)]
pub struct Gradual {
    call: Arc<AsyncFuncExpr>,
    first: usize,
    /// The same at once: its schema, its properties.
    whole: AsyncFuncExec,
}

impl Gradual {
    pub fn try_new(call: Arc<AsyncFuncExpr>, input: Arc<dyn ExecutionPlan>, wanted: usize) -> Result<Self> {
        let whole = AsyncFuncExec::try_new(vec![call.clone()], input)?;
        Ok(Gradual { call, first: Self::first(wanted), whole })
    }

    /// For how many rows a call is awaited first, where some are wanted.
    pub fn first(wanted: usize) -> usize {
        wanted.max(FEWEST)
    }
}

impl DisplayAs for Gradual {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.whole.fmt_as(format, f)?;
        match format {
            DisplayFormatType::TreeRender => writeln!(f, "first={}", self.first),
            DisplayFormatType::Default | DisplayFormatType::Verbose => write!(f, ", first={}", self.first),
        }
    }
}

impl ExecutionPlan for Gradual {
    fn name(&self) -> &str {
        "GradualAsyncFuncExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.whole.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.whole.children()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(Gradual::try_new(self.call.clone(), children.swap_remove(0), self.first)?))
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        self.whole.apply_expressions(f)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let input = self.whole.input().execute(partition, context.clone())?;
        let (call, schema) = (self.call.clone(), self.schema());
        let options = context.session_config().options().clone();
        let most = options.execution.batch_size.get();
        let (rest, first) = (RecordBatch::new_empty(input.schema()), self.first.min(most));
        let rows = try_unfold((input, rest, first), move |(mut input, mut rest, rows)| {
            let (call, schema, options) = (call.clone(), schema.clone(), options.clone());
            async move {
                while rest.num_rows() < rows
                    && let Some(batch) = input.try_next().await?
                {
                    rest = concat_batches(&batch.schema(), [&rest, &batch])?;
                }
                let now = rest.slice(0, rows.min(rest.num_rows()));
                if now.num_rows() == 0 {
                    return Ok(None);
                }
                let rest = rest.slice(now.num_rows(), rest.num_rows() - now.num_rows());
                let value = call.invoke_with_args(&now, options).await?.to_array(now.num_rows())?;
                let columns = now.columns().iter().cloned().chain([value]).collect();
                let batch = RecordBatch::try_new(schema, columns)?;
                Ok(Some((batch, (input, rest, most.min(2 * rows)))))
            }
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), rows)))
    }
}
