//! Keeps tasks of a query that asks for a class of devices off executors of others. Ballista's own binding does the
//! rest: it is asked once for each class, with the jobs and the executors of that class.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use annota::functions::{AnnotaOptions, DeviceClass};
use async_trait::async_trait;
use ballista_core::JobId;
use ballista_core::error::Result;
use ballista_core::serde::protobuf::ExecutorHeartbeat;
use ballista_core::serde::scheduler::{ExecutorData, ExecutorMetadata};
use ballista_scheduler::cluster::memory::InMemoryClusterState;
use ballista_scheduler::cluster::{BoundTask, ClusterState, ClusterStateEventStream, ExecutorSlot};
use ballista_scheduler::config::TaskDistributionPolicy;
use ballista_scheduler::state::task_manager::JobInfoCache;

use crate::version::ExecutorId;

/// A cluster's state that knows the classes of its executors.
#[derive(Default)]
pub struct Classes(InMemoryClusterState);

/// Those with a class first: they have fewer executors to choose from.
const ORDER: [Option<DeviceClass>; 3] = [Some(DeviceClass::Gpu), Some(DeviceClass::Cpu), None];

type Jobs = HashMap<JobId, JobInfoCache>;

async fn by_class(jobs: &Jobs) -> HashMap<Option<DeviceClass>, Jobs> {
    let mut sorted: HashMap<_, Jobs> = HashMap::new();
    for (id, job) in jobs {
        let config = job.execution_graph.read().await.session_config();
        let class = AnnotaOptions::of(config.options()).device_class;
        sorted.entry(class).or_default().insert(id.clone(), job.clone());
    }
    sorted
}

#[async_trait]
impl ClusterState for Classes {
    async fn bind_schedulable_tasks(
        &self,
        distribution: TaskDistributionPolicy,
        active_jobs: Arc<Jobs>,
        executors: Option<HashSet<String>>,
    ) -> Result<Vec<BoundTask>> {
        let executors = match executors {
            Some(executors) => executors,
            None => self.0.registered_executor_metadata().await.into_iter().map(|executor| executor.id).collect(),
        };
        let mut jobs = by_class(&active_jobs).await;
        let mut bound = Vec::new();
        for class in ORDER {
            let Some(jobs) = jobs.remove(&class) else { continue };
            let fits = |id: &&String| class.is_none() || ExecutorId::class_of(id) == class;
            let executors = executors.iter().filter(fits).cloned().collect();
            let tasks = self.0.bind_schedulable_tasks(distribution.clone(), Arc::new(jobs), Some(executors));
            bound.extend(tasks.await?);
        }
        Ok(bound)
    }

    async fn init(&self) -> Result<()> {
        self.0.init().await
    }

    async fn unbind_tasks(&self, executor_slots: Vec<ExecutorSlot>) -> Result<()> {
        self.0.unbind_tasks(executor_slots).await
    }

    async fn register_executor(&self, metadata: ExecutorMetadata, spec: ExecutorData) -> Result<()> {
        self.0.register_executor(metadata, spec).await
    }

    async fn save_executor_metadata(&self, metadata: ExecutorMetadata) -> Result<()> {
        self.0.save_executor_metadata(metadata).await
    }

    async fn get_executor_metadata(&self, executor_id: &str) -> Result<ExecutorMetadata> {
        self.0.get_executor_metadata(executor_id).await
    }

    async fn registered_executor_metadata(&self) -> Vec<ExecutorMetadata> {
        self.0.registered_executor_metadata().await
    }

    async fn save_executor_heartbeat(&self, heartbeat: ExecutorHeartbeat) -> Result<()> {
        self.0.save_executor_heartbeat(heartbeat).await
    }

    async fn remove_executor(&self, executor_id: &str) -> Result<()> {
        self.0.remove_executor(executor_id).await
    }

    fn executor_heartbeats(&self) -> HashMap<String, ExecutorHeartbeat> {
        self.0.executor_heartbeats()
    }

    fn get_executor_heartbeat(&self, executor_id: &str) -> Option<ExecutorHeartbeat> {
        self.0.get_executor_heartbeat(executor_id)
    }

    async fn cluster_state_events(&self) -> Result<ClusterStateEventStream> {
        self.0.cluster_state_events().await
    }
}
