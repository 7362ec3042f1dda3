use ballista_core::serde::protobuf::executor_metric::Metric;
use ballista_core::serde::protobuf::executor_status::Status;
use ballista_core::serde::protobuf::{
    ExecutorMetric, ExecutorRegistration, ExecutorStatus, ExecutorStoppedParams, HeartBeatParams,
    RegisterExecutorParams, TaskStatus, UpdateTaskStatusParams,
};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

use crate::client::{Link, SchedulerClient};
use crate::error::Result;

/// What an executor tells its scheduler.
#[derive(Clone)]
pub struct Reports {
    link: Link,
    scheduler: SchedulerClient,
    registration: ExecutorRegistration,
}

impl Reports {
    pub async fn new(link: &Link, registration: &ExecutorRegistration) -> Result<Self> {
        Ok(Reports { link: link.clone(), scheduler: link.client().await?, registration: registration.clone() })
    }

    /// That it is there. The scheduler calls back before it answers.
    pub async fn register(&self) -> Result<()> {
        let registration = RegisterExecutorParams { metadata: Some(self.registration.clone()) };
        self.told(self.scheduler.clone().register_executor(registration).await)
    }

    /// That it is still there.
    pub async fn beat(&self, status: Status) -> Result<()> {
        let beat = HeartBeatParams {
            executor_id: self.registration.id.clone(),
            metrics: memory().map(|bytes| ExecutorMetric { metric: Some(bytes) }).into_iter().collect(),
            status: Some(ExecutorStatus { status: Some(status) }),
            metadata: Some(self.registration.clone()),
        };
        self.told(self.scheduler.clone().heart_beat_from_executor(beat).await)
    }

    /// What has become of a task. It is told once: told twice, its rows would be counted twice.
    pub async fn task(&self, status: TaskStatus) -> Result<()> {
        let update = UpdateTaskStatusParams { executor_id: self.registration.id.clone(), task_status: vec![status] };
        self.told(self.scheduler.clone().update_task_status(update).await)
    }

    /// That it is about to end, so that its tasks are given to others.
    pub async fn leave(&self, reason: &str) -> Result<()> {
        let leaving = ExecutorStoppedParams { executor_id: self.registration.id.clone(), reason: reason.to_owned() };
        self.told(self.scheduler.clone().executor_stopped(leaving).await)
    }

    fn told<T>(&self, answer: Result<T, tonic::Status>) -> Result<()> {
        answer.map(drop).map_err(|status| self.link.error(&status))
    }
}

/// The memory that this process has.
fn memory() -> Option<Metric> {
    let own = Pid::from_u32(std::process::id());
    let mut system = System::new();
    let what = ProcessRefreshKind::nothing().with_memory();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[own]), true, what);
    Some(Metric::ProcPhysicalMemory(system.process(own)?.memory()))
}
