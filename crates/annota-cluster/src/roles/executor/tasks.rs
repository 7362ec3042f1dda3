//! What a scheduler asks of an executor.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

use ballista_core::serde::protobuf::executor_grpc_server::ExecutorGrpc;
use ballista_core::serde::protobuf::executor_status::Status::Terminating;
use ballista_core::serde::protobuf::*;
use ballista_core::serde::scheduler::{TaskDefinition, TaskKey};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::{Request, Response, Status};

use super::node::Node;
use super::reports::Reports;
use crate::error::ClusterError;

/// Ballista has such a service too, but starts it itself, without TLS.
#[derive(Clone)]
pub struct Tasks {
    pub node: Arc<Node>,
    pub reports: Reports,
    /// Where tasks compute, so that calls are answered meanwhile.
    pub threads: Handle,
    /// The tasks of which the scheduler has not been told what has become of them.
    pub unfinished: TaskTracker,
    /// Set when the executor is to end at once: its scheduler wishes it, or cannot be told of a task.
    pub over: CancellationToken,
}

impl Tasks {
    fn start(&self, task: TaskDefinition) {
        let own = self.clone();
        self.unfinished.spawn(async move {
            let node = own.node.clone();
            match own.threads.spawn(async move { node.run(task).await }).await {
                Ok(status) if has_panicked(&status) => {
                    // Not one task more, before others are told that this one has failed.
                    let fenced = own.reports.beat(Terminating(String::new())).await;
                    let told = fenced.and(own.reports.task(status).await);
                    own.retire("a task has panicked, as all would for want of memory or threads", told.err()).await;
                }
                Ok(status) => {
                    if let Err(error) = own.reports.task(status).await {
                        own.retire("a task's end could not be told", Some(error)).await;
                    }
                }
                Err(error) => own.retire(&format!("a task was given up: {error}"), None).await,
            }
        });
    }

    /// Ends the executor. If its scheduler hears this, it gives the tasks to others sooner than it would miss heartbeats.
    async fn retire(&self, reason: &str, error: Option<ClusterError>) {
        let error = error.map(|error| format!(": {error}")).unwrap_or_default();
        log::warn!("the executor ends, for {reason}{error}");
        if let Err(error) = self.reports.leave(reason).await {
            log::warn!("its scheduler does not hear that: {error}");
        }
        self.over.cancel();
    }
}

/// Ballista makes an error of a panic, and a text of both.
fn has_panicked(status: &TaskStatus) -> bool {
    matches!(&status.status, Some(task_status::Status::Failed(failed)) if failed.error.contains("panicked"))
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl ExecutorGrpc for Tasks {
    /// Schedulers of this version send tasks by stages.
    async fn launch_task(&self, _: Request<LaunchTaskParams>) -> Answer<LaunchTaskResult> {
        Err(Status::unimplemented("tasks one by one: expected LaunchMultiTask"))
    }

    async fn launch_multi_task(&self, request: Request<LaunchMultiTaskParams>) -> Answer<LaunchMultiTaskResult> {
        let mut failed_jobs = Vec::new();
        for stage in request.into_inner().multi_tasks {
            let job = stage.job_id.clone();
            match self.node.read(stage) {
                Ok(tasks) => tasks.into_iter().for_each(|task| self.start(task)),
                Err(error) => {
                    log::error!("tasks of job {job} cannot be read: {error}");
                    failed_jobs.push(job);
                }
            }
        }
        Ok(Response::new(LaunchMultiTaskResult { failed_jobs }))
    }

    async fn stop_executor(&self, request: Request<StopExecutorParams>) -> Answer<StopExecutorResult> {
        let StopExecutorParams { executor_id, reason, .. } = request.into_inner();
        match executor_id == self.node.registration().id {
            true => {
                log::info!("the scheduler ends the executor: {reason}");
                self.over.cancel();
            }
            false => log::warn!("the scheduler would end another executor, {executor_id}: {reason}"),
        }
        Ok(Response::new(StopExecutorResult {}))
    }

    async fn cancel_tasks(&self, request: Request<CancelTasksParams>) -> Answer<CancelTasksResult> {
        let mut cancelled = true;
        for task in request.into_inner().task_infos {
            log::info!("cancelling task {} of stage {} of job {}", task.task_id, task.stage_id, task.job_id);
            let key = TaskKey {
                job_id: task.job_id.into(),
                stage_id: task.stage_id as usize,
                task_id: task.task_id as usize,
            };
            if let Err(error) = self.node.cancel(key).await {
                log::warn!("it cannot be cancelled: {error}");
                cancelled = false;
            }
        }
        Ok(Response::new(CancelTasksResult { cancelled }))
    }

    /// Of a job as a whole, or of some of its stages.
    async fn remove_job_data(&self, request: Request<RemoveJobDataParams>) -> Answer<RemoveJobDataResult> {
        let RemoveJobDataParams { job_id, remove_stage_ids } = request.into_inner();
        // The name of one folder, not a way to others.
        if Path::new(&job_id).file_name().and_then(OsStr::to_str) != Some(job_id.as_str()) {
            return Err(Status::invalid_argument(format!("job `{job_id}`: expected an id without separators")));
        }
        let job = Path::new(self.node.work_dir()).join(&job_id);
        let folders = match remove_stage_ids.is_empty() {
            true => vec![job],
            false => remove_stage_ids.iter().map(|stage| job.join(stage.to_string())).collect(),
        };
        for folder in folders {
            match tokio::fs::remove_dir_all(&folder).await {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Status::internal(format!("{} cannot be removed: {error}", folder.display())));
                }
                _ => log::debug!("{} is removed", folder.display()),
            }
        }
        Ok(Response::new(RemoveJobDataResult {}))
    }
}
