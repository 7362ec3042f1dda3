//! Programs that use a cluster: a session whose queries run there, and what the cluster is made of.

mod info;
mod link;
mod plain;

pub use info::{ClusterInfo, ExecutorInfo};
pub(crate) use link::{Link, SchedulerClient};
pub use plain::plainly;

use std::sync::Arc;

use annota::{ProcessSettings, Session};
use ballista_core::execution_plans::DistributedQueryExec;
use ballista_core::extension::{SessionConfigExt, SessionStateExt};
use datafusion::execution::context::SessionContext;
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::protobuf::LogicalPlanNode;
use futures::FutureExt;
use futures::future::BoxFuture;

use crate::error::Result;
use crate::job::shard_function;
use crate::secure::Access;
use crate::{cluster_config, session_state};

/// A session whose queries run on the cluster of the scheduler at `df://host:port`. A query whose stream is dropped
/// before its end is cancelled by the scheduler, also when it is dropped because the process ends.
///
/// # Errors
/// A scheduler that cannot be reached, that does not want this process' certificate or token, or that is of another
/// version.
pub fn connect<'a>(url: &'a str, process: &'a ProcessSettings, access: &'a Access) -> BoxFuture<'a, Result<Session>> {
    async move {
        let link = Link::parse(url, access)?;
        link.greet_as_client().await?;
        let config = access.secured(cluster_config(process)).with_ballista_grpc_metadata(access.metadata());
        let state = session_state(process, config)?;
        // Going remote replaces the state's functions, so Annota's are registered after it.
        let context = SessionContext::new_with_state(state.upgrade_for_ballista(link.url())?);
        let session = Session::over(context, process)?;
        session.context().register_udf(shard_function(process).as_ref().clone());
        Ok(session)
    }
    .boxed()
}

/// The id of the job that runs a plan on the cluster, once its first status has come.
pub fn job_id(plan: &Arc<dyn ExecutionPlan>) -> Option<String> {
    match plan.downcast_ref::<DistributedQueryExec<LogicalPlanNode>>() {
        Some(query) => query.job_id().map(|id| id.to_string()),
        None => plan.children().into_iter().find_map(job_id),
    }
}
