use annota::functions::DeviceClass;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde::Deserialize;

use super::Link;
use crate::error::{ClusterError, Result};
use crate::secure::Access;
use crate::version::ExecutorId;

/// An executor as its scheduler knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutorInfo {
    pub id: String,
    pub host: String,
    /// Where its results are fetched.
    pub port: u16,
    /// Tasks that it takes at a time.
    pub vcores: usize,
    pub class: Option<DeviceClass>,
}

/// What a cluster is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterInfo {
    pub executors: Vec<ExecutorInfo>,
    /// Whether the scheduler takes queries: it has executors, and is not about to end.
    pub is_ready: bool,
}

impl ClusterInfo {
    /// Asks the scheduler at `df://host:port`.
    ///
    /// # Errors
    /// A scheduler that cannot be reached, or that does not want this process.
    pub fn of<'a>(url: &'a str, access: &'a Access) -> BoxFuture<'a, Result<Self>> {
        async move {
            let link = Link::parse(url, access)?;
            let answer = link.get("/api/executors").await?;
            let is_ready = link.get("/readyz").await.is_ok();
            let executors: Vec<Executor> = serde_json::from_slice(&answer)
                .map_err(|error| ClusterError::Ballista(format!("the list of executors cannot be read: {error}")))?;
            Ok(ClusterInfo { executors: executors.into_iter().map(ExecutorInfo::from).collect(), is_ready })
        }
        .boxed()
    }

    /// The tasks that executors of a class, or all, take at a time.
    pub fn vcores(&self, class: Option<DeviceClass>) -> usize {
        let of_class = self.executors.iter().filter(|executor| class.is_none() || executor.class == class);
        of_class.map(|executor| executor.vcores).sum()
    }
}

/// As REST has it.
#[derive(Deserialize)]
struct Executor {
    id: String,
    host: String,
    port: u16,
    specification: Specification,
}

#[derive(Deserialize)]
struct Specification {
    vcores: usize,
}

impl From<Executor> for ExecutorInfo {
    fn from(executor: Executor) -> Self {
        let Executor { id, host, port, specification } = executor;
        let class = ExecutorId::class_of(&id);
        ExecutorInfo { id, host, port, vcores: specification.vcores, class }
    }
}
