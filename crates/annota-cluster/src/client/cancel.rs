//! Queries end on the cluster when whoever asked has left. Ballista lets them run on: its stream forgets its job when it
//! is dropped.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use ballista_core::execution_plans::DistributedQueryExec;
use ballista_core::extension::SessionConfigExt;
use ballista_core::planner::BallistaQueryPlanner;
use ballista_core::serde::protobuf::CancelJobParams;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::catalog::Session;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::context::QueryPlanner;
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::metrics::MetricsSet;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use datafusion::prelude::SessionConfig;
use datafusion_proto::protobuf::LogicalPlanNode;
use futures::Stream;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::Link;

/// The longest that a process waits for its cancellations when it ends.
const PARTING: Duration = Duration::from_secs(5);

/// Cancellations on their way.
static CANCELLATIONS: Mutex<Vec<JoinHandle<()>>> = Mutex::new(Vec::new());

/// Waits until queries that were dropped are cancelled. A process that ends sooner leaves them running.
pub async fn cancellations() {
    let waiting = std::mem::take(&mut *CANCELLATIONS.lock().unwrap_or_else(PoisonError::into_inner));
    let all = futures::future::join_all(waiting);
    if tokio::time::timeout(PARTING, all).await.is_err() {
        log::warn!("the scheduler does not answer: a query may go on there");
    }
}

/// The id of the job that runs a plan on the cluster, once it is known there.
pub fn job_id(plan: &Arc<dyn ExecutionPlan>) -> Option<String> {
    match plan.downcast_ref::<DistributedQueryExec<LogicalPlanNode>>() {
        Some(query) => query.job_id().map(|id| id.to_string()),
        None => plan.children().into_iter().find_map(job_id),
    }
}

/// Plans as Ballista does, with an [`OwnedQueryExec`] on top of what runs on the cluster.
#[derive(Debug)]
pub struct CancellingPlanner {
    planner: BallistaQueryPlanner<LogicalPlanNode>,
    link: Link,
}

impl CancellingPlanner {
    pub fn new(link: &Link, config: &SessionConfig) -> Self {
        let codec = config.ballista_logical_extension_codec();
        let planner = BallistaQueryPlanner::with_extension(link.url(), config.ballista_config(), codec);
        CancellingPlanner { planner, link: link.clone() }
    }
}

#[async_trait]
impl QueryPlanner for CancellingPlanner {
    async fn create_physical_plan(&self, plan: &LogicalPlan, session: &dyn Session) -> Result<Arc<dyn ExecutionPlan>> {
        let plan = self.planner.create_physical_plan(plan, session).await?;
        Ok(match is_on_cluster(&plan) {
            true => Arc::new(OwnedQueryExec { plan, link: self.link.clone() }),
            false => plan,
        })
    }
}

fn is_on_cluster(plan: &Arc<dyn ExecutionPlan>) -> bool {
    plan.downcast_ref::<DistributedQueryExec<LogicalPlanNode>>().is_some()
        || plan.children().into_iter().any(is_on_cluster)
}

/// A query on the cluster that ends with its stream.
#[derive(Debug)]
struct OwnedQueryExec {
    plan: Arc<dyn ExecutionPlan>,
    link: Link,
}

impl DisplayAs for OwnedQueryExec {
    fn fmt_as(&self, kind: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match kind {
            DisplayFormatType::TreeRender => Ok(()),
            _ => f.write_str("OwnedQueryExec"),
        }
    }
}

impl ExecutionPlan for OwnedQueryExec {
    fn name(&self) -> &str {
        "OwnedQueryExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.plan.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.plan]
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        let plan = children.into_iter().next().unwrap_or_else(|| self.plan.clone());
        Ok(Arc::new(OwnedQueryExec { plan, link: self.link.clone() }))
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let stream = self.plan.execute(partition, context)?;
        let owner = Owner { plan: self.plan.clone(), link: self.link.clone(), runs: true };
        Ok(Box::pin(OwnedStream { stream, owner }))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        self.plan.metrics()
    }
}

/// The results of a query, which come when its job is done.
struct OwnedStream {
    stream: SendableRecordBatchStream,
    owner: Owner,
}

impl Stream for OwnedStream {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.stream.as_mut().poll_next(context).map_err(plainly);
        if next.is_ready() {
            self.owner.runs = false;
        }
        next
    }
}

impl RecordBatchStream for OwnedStream {
    fn schema(&self) -> SchemaRef {
        self.stream.schema()
    }
}

/// Whoever waits for a job.
struct Owner {
    plan: Arc<dyn ExecutionPlan>,
    link: Link,
    runs: bool,
}

impl Drop for Owner {
    fn drop(&mut self) {
        let (true, Some(job_id), Ok(runtime)) = (self.runs, job_id(&self.plan), Handle::try_current()) else { return };
        let link = self.link.clone();
        let cancellation = runtime.spawn(async move {
            let cancelled = match link.client().await {
                Ok(mut client) => client.cancel_job(CancelJobParams { job_id: job_id.clone() }).await.map(|_| ()),
                Err(error) => return log::warn!("job {job_id} is not cancelled: {error}"),
            };
            if let Err(status) = cancelled {
                log::warn!("job {job_id} is not cancelled: {}", link.error(&status));
            }
        });
        let mut all = CANCELLATIONS.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|cancellation| !cancellation.is_finished());
        all.push(cancellation);
    }
}

/// Ballista prints the status of a refused call as Rust writes it; what people want of it is the message.
fn plainly(error: DataFusionError) -> DataFusionError {
    let DataFusionError::Execution(text) = &error else { return error };
    let message = text.strip_prefix("Status { code: ").and_then(|text| {
        let (_, text) = text.split_once("message: \"")?;
        text.split_once("\", ").map(|(message, _)| message.replace("\\\"", "\""))
    });
    message.map_or(error, DataFusionError::Execution)
}
