//! Remembers the queries that ended last. What Ballista keeps of one, for REST to show, is a quarter of a megabyte, and a
//! job of many shards is many queries.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use ballista_core::error::Result;
use ballista_core::serde::protobuf::JobStatus;
use ballista_core::serde::protobuf::job_status::Status;
use ballista_core::{JobId, JobStatusSubscriber};
use ballista_scheduler::cluster::{JobState, JobStateEventStream};
use ballista_scheduler::state::execution_graph::ExecutionGraphBox;
use datafusion::prelude::{SessionConfig, SessionContext};

/// Queries that are remembered after their end.
const REMEMBERED: usize = 1000;

/// Ballista's own memory of queries, bounded.
pub struct Recent {
    all: Arc<dyn JobState>,
    /// Those that have ended, the first to end first.
    ended: Mutex<VecDeque<JobId>>,
}

impl Recent {
    pub fn new(all: Arc<dyn JobState>) -> Self {
        Recent { all, ended: Mutex::default() }
    }

    async fn remember(&self, job: &JobId) -> Result<()> {
        let forgotten = {
            let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
            ended.push_back(job.clone());
            if ended.len() > REMEMBERED { ended.pop_front() } else { None }
        };
        match forgotten {
            Some(job) => self.all.remove_job(&job).await,
            None => Ok(()),
        }
    }
}

#[async_trait]
impl JobState for Recent {
    async fn save_job(&self, job_id: &JobId, graph: &ExecutionGraphBox) -> Result<()> {
        self.all.save_job(job_id, graph).await?;
        match graph.status().status {
            Some(Status::Successful(_) | Status::Failed(_)) => self.remember(job_id).await,
            _ => Ok(()),
        }
    }

    async fn fail_unscheduled_job(&self, job_id: &JobId, reason: String) -> Result<()> {
        self.all.fail_unscheduled_job(job_id, reason).await?;
        self.remember(job_id).await
    }

    fn accept_job(&self, job_id: &JobId, job_name: &str, queued_at: u64) -> Result<()> {
        self.all.accept_job(job_id, job_name, queued_at)
    }

    fn pending_job_number(&self) -> usize {
        self.all.pending_job_number()
    }

    async fn submit_job(
        &self,
        job_id: JobId,
        graph: &ExecutionGraphBox,
        subscriber: Option<JobStatusSubscriber>,
    ) -> Result<()> {
        self.all.submit_job(job_id, graph, subscriber).await
    }

    async fn get_jobs(&self) -> Result<HashSet<JobId>> {
        self.all.get_jobs().await
    }

    async fn get_all_jobs(&self) -> Result<HashSet<JobId>> {
        self.all.get_all_jobs().await
    }

    async fn get_job_status(&self, job_id: &JobId) -> Result<Option<JobStatus>> {
        self.all.get_job_status(job_id).await
    }

    async fn get_execution_graph(&self, job_id: &JobId) -> Result<Option<ExecutionGraphBox>> {
        self.all.get_execution_graph(job_id).await
    }

    async fn remove_job(&self, job_id: &JobId) -> Result<()> {
        self.all.remove_job(job_id).await
    }

    async fn try_acquire_job(&self, job_id: &JobId) -> Result<Option<ExecutionGraphBox>> {
        self.all.try_acquire_job(job_id).await
    }

    async fn job_state_events(&self) -> Result<JobStateEventStream> {
        self.all.job_state_events().await
    }

    async fn create_or_update_session(&self, session_id: &str, config: &SessionConfig) -> Result<Arc<SessionContext>> {
        self.all.create_or_update_session(session_id, config).await
    }

    async fn remove_session(&self, session_id: &str) -> Result<()> {
        self.all.remove_session(session_id).await
    }

    fn produce_config(&self) -> SessionConfig {
        self.all.produce_config()
    }
}

#[cfg(test)]
mod tests {
    use ballista_core::utils::{default_config_producer, default_session_builder};
    use ballista_scheduler::cluster::memory::InMemoryJobState;

    use super::*;

    #[tokio::test]
    async fn the_last_are_remembered() {
        let all = InMemoryJobState::new("", Arc::new(default_session_builder), Arc::new(default_config_producer));
        let recent = Recent::new(Arc::new(all));
        for number in 0..REMEMBERED + 5 {
            let job = JobId::from(number.to_string());
            recent.accept_job(&job, "", 0).expect("accepted");
            recent.fail_unscheduled_job(&job, "a reason".to_owned()).await.expect("failed");
        }
        let left = recent.get_all_jobs().await.expect("jobs");
        assert_eq!(left.len(), REMEMBERED);
        assert!(left.contains(&JobId::from(5.to_string())) && !left.contains(&JobId::from(4.to_string())));
    }
}
