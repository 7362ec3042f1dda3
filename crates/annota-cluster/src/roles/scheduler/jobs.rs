//! Queries end with whoever asked. Ballista lets them run on when a client has left, and tells a client the id of its
//! job only with the first task that is done.

use std::future::ready;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use ballista_core::serde::protobuf::job_status::Status as State;
use ballista_core::serde::protobuf::{CancelJobParams, ExecuteQueryParams, GetJobStatusResult, JobStatus, QueuedJob};
use ballista_scheduler::scheduler_server::JobIdGenerator;
use futures::{Stream, StreamExt, stream};
use tokio::runtime::Handle;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::Service;

tokio::task_local! {
    /// The id that a call's query gets.
    static JOB: JobId;
}

/// The id of a query, once it has one.
type JobId = Arc<OnceLock<String>>;

/// Makes ids that sort by time, and tells them to the call for which they are made.
pub struct JobIds;

#[async_trait]
impl JobIdGenerator for JobIds {
    async fn next_id(&self) -> String {
        let id = Uuid::now_v7().simple().to_string();
        // Queries that nobody owns run to their end.
        let _ = JOB.try_with(|job| job.set(id.clone()));
        id
    }
}

pub type Statuses = Pin<Box<dyn Stream<Item = Result<GetJobStatusResult, Status>> + Send>>;

/// Starts a query whose stream of statuses begins with its id, and which is cancelled when the stream is dropped before
/// the query's end, as it is when the client leaves.
pub async fn watch(service: &Service, request: Request<ExecuteQueryParams>) -> Result<Response<Statuses>, Status> {
    let mut owner = Owner::new(service);
    let response = JOB.scope(owner.job.clone(), service.execute_query_push(request)).await;
    // Of what has not started there is nothing to cancel.
    let response = response.inspect_err(|_| owner.waits = false)?;
    let Some(id) = owner.job.get().cloned() else { return Ok(response) };
    let queued = JobStatus { job_id: id, status: Some(State::Queued(QueuedJob::default())), ..JobStatus::default() };
    let first = GetJobStatusResult { status: Some(queued), flight_proxy: None };
    Ok(response.map(|statuses| -> Statuses {
        let all = stream::once(ready(Ok(first))).chain(statuses);
        Box::pin(all.inspect(move |status| owner.see(status)))
    }))
}

/// Waits for the end of a query that `run` starts, and cancels it when nobody waits any more.
pub async fn own<T>(service: &Service, run: impl Future<Output = T>) -> T {
    let mut owner = Owner::new(service);
    let ended = JOB.scope(owner.job.clone(), run).await;
    owner.waits = false;
    ended
}

/// Whoever waits for a query.
struct Owner {
    service: Service,
    job: JobId,
    waits: bool,
}

impl Owner {
    fn new(service: &Service) -> Self {
        Owner { service: service.clone(), job: JobId::default(), waits: true }
    }

    fn see(&mut self, status: &Result<GetJobStatusResult, Status>) {
        let state = status.as_ref().ok().and_then(|result| result.status.as_ref()?.status.as_ref());
        if matches!(state, Some(State::Successful(_) | State::Failed(_))) {
            self.waits = false;
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let (true, Some(id), Ok(runtime)) = (self.waits, self.job.get().cloned(), Handle::try_current()) else {
            return;
        };
        let service = self.service.clone();
        runtime.spawn(async move {
            log::info!("job {id} is cancelled: its client has left");
            if let Err(error) = service.cancel_job(Request::new(CancelJobParams { job_id: id.clone() })).await {
                log::warn!("job {id} is not cancelled: {}", error.message());
            }
        });
    }
}
