//! What a scheduler asks of who calls it, before Ballista's own service does the work.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use annota::functions::DeviceClass;
use axum::extract::ConnectInfo;
use ballista_core::serde::protobuf::scheduler_grpc_server::SchedulerGrpc;
use ballista_core::serde::protobuf::*;
use ballista_scheduler::cluster::ClusterState;
use tonic::metadata::{AsciiMetadataValue, MetadataMap};
use tonic::{Request, Response, Status};

use super::executors::Executors;
use super::{Service, jobs};
use crate::version::{ExecutorId, VERSION_HEADER, mismatch};

/// The scheduler's service behind checks: versions must be the same, executors of a wanted class must be there, and a
/// scheduler that is about to end takes no more queries.
pub struct Guard {
    executors: Executors,
    version: String,
    closing: Arc<AtomicBool>,
}

impl Guard {
    pub fn new(executors: Executors, version: &str, closing: Arc<AtomicBool>) -> Self {
        Guard { executors, version: version.to_owned(), closing }
    }

    /// The executors of this scheduler, for services beside this one.
    pub fn executors(&self) -> Executors {
        self.executors.clone()
    }

    fn service(&self) -> &Service {
        &self.executors.service
    }

    fn check(&self, who: &str, version: Option<&str>) -> Result<(), Status> {
        mismatch(who, version, &self.version).map_or(Ok(()), |reason| {
            log::warn!("refused: {reason}");
            Err(Status::failed_precondition(reason))
        })
    }

    fn check_caller(&self, who: &str, metadata: &MetadataMap) -> Result<(), Status> {
        self.check(who, metadata.get(VERSION_HEADER).and_then(|version| version.to_str().ok()))
    }

    fn check_client(&self, metadata: &MetadataMap) -> Result<(), Status> {
        self.check_caller("client", metadata)
    }

    /// Who registers, if it may.
    fn admit<'a>(&self, registration: Option<&'a ExecutorRegistration>) -> Result<&'a ExecutorRegistration, Status> {
        let registration =
            registration.ok_or_else(|| Status::invalid_argument("an executor without a registration"))?;
        let id = ExecutorId::parse(&registration.id);
        self.check("executor", id.as_ref().map(|id| id.version.as_str()))?;
        Ok(registration)
    }

    async fn check_query(&self, request: &Request<ExecuteQueryParams>) -> Result<(), Status> {
        self.check_client(request.metadata())?;
        let settings = &request.get_ref().settings;
        let class = settings.iter().find(|setting| setting.key == "annota.device_class");
        let class = class.and_then(|setting| setting.value.as_deref()?.parse::<DeviceClass>().ok());
        check_start(&self.executors, &self.closing, class).await
    }

    /// An answer that tells who gave it.
    fn greeting<T: Default>(&self) -> Response<T> {
        let mut response = Response::new(T::default());
        if let Ok(version) = AsciiMetadataValue::try_from(&self.version) {
            response.metadata_mut().insert(VERSION_HEADER, version);
        }
        response
    }
}

/// Whether a query may start, on executors of a class if one is wanted: it would wait for ever for those that are not
/// there.
pub async fn check_start(
    executors: &Executors,
    closing: &AtomicBool,
    class: Option<DeviceClass>,
) -> Result<(), Status> {
    if closing.load(Ordering::Acquire) {
        return Err(Status::unavailable("the scheduler is about to end and takes no more queries"));
    }
    let Some(class) = class else { return Ok(()) };
    let executors = executors.classes.registered_executor_metadata().await;
    let of = |class| executors.iter().filter(|it| ExecutorId::class_of(&it.id) == Some(class)).count();
    if of(class) > 0 {
        return Ok(());
    }
    Err(Status::failed_precondition(format!(
        "no executor of the device class `{}` is there: expected one (the cluster has {} of cpu, {} of gpu), or SET \
         annota.device_class = ''",
        class.name(),
        of(DeviceClass::Cpu),
        of(DeviceClass::Gpu)
    )))
}

/// Where a call comes from, as the gate has seen it.
fn caller<T>(request: &Request<T>) -> Option<SocketAddr> {
    request.extensions().get::<ConnectInfo<SocketAddr>>().map(|caller| caller.0)
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl SchedulerGrpc for Guard {
    type ExecuteQueryPushStream = jobs::Statuses;

    /// Tasks are pushed, so nobody polls for them; without a registration this is an executor's greeting.
    async fn poll_work(&self, request: Request<PollWorkParams>) -> Answer<PollWorkResult> {
        if request.get_ref().metadata.is_none() {
            self.check_caller("executor", request.metadata())?;
            return Ok(self.greeting());
        }
        self.service().poll_work(request).await
    }

    async fn register_executor(&self, request: Request<RegisterExecutorParams>) -> Answer<RegisterExecutorResult> {
        let registration = self.admit(request.get_ref().metadata.as_ref())?;
        self.executors.register(registration.clone(), caller(&request)).await?;
        Ok(Response::new(RegisterExecutorResult { success: true }))
    }

    async fn heart_beat_from_executor(&self, request: Request<HeartBeatParams>) -> Answer<HeartBeatResult> {
        let registration = self.admit(request.get_ref().metadata.as_ref())?;
        // A scheduler that was started again does not know whom the last one had.
        if !self.executors.has(&registration.id).await {
            self.executors.register(registration.clone(), caller(&request)).await?;
        }
        self.service().heart_beat_from_executor(request).await
    }

    async fn update_task_status(&self, request: Request<UpdateTaskStatusParams>) -> Answer<UpdateTaskStatusResult> {
        self.service().update_task_status(request).await
    }

    async fn create_update_session(
        &self,
        request: Request<CreateUpdateSessionParams>,
    ) -> Answer<CreateUpdateSessionResult> {
        self.check_client(request.metadata())?;
        self.service().create_update_session(request).await
    }

    async fn remove_session(&self, request: Request<RemoveSessionParams>) -> Answer<RemoveSessionResult> {
        self.check_client(request.metadata())?;
        self.service().remove_session(request).await
    }

    async fn execute_query_push(&self, request: Request<ExecuteQueryParams>) -> Answer<Self::ExecuteQueryPushStream> {
        self.check_query(&request).await?;
        jobs::watch(self.service(), request).await
    }

    async fn execute_query(&self, request: Request<ExecuteQueryParams>) -> Answer<ExecuteQueryResult> {
        self.check_query(&request).await?;
        self.service().execute_query(request).await
    }

    /// Of no job, this is a client's greeting.
    async fn get_job_status(&self, request: Request<GetJobStatusParams>) -> Answer<GetJobStatusResult> {
        self.check_client(request.metadata())?;
        if request.get_ref().job_id.is_empty() {
            return Ok(self.greeting());
        }
        self.service().get_job_status(request).await
    }

    async fn get_job_metrics(&self, request: Request<GetJobMetricsParams>) -> Answer<GetJobMetricsResult> {
        self.check_client(request.metadata())?;
        self.service().get_job_metrics(request).await
    }

    async fn executor_stopped(&self, request: Request<ExecutorStoppedParams>) -> Answer<ExecutorStoppedResult> {
        self.service().executor_stopped(request).await
    }

    async fn cancel_job(&self, request: Request<CancelJobParams>) -> Answer<CancelJobResult> {
        self.check_client(request.metadata())?;
        self.service().cancel_job(request).await
    }

    async fn clean_job_data(&self, request: Request<CleanJobDataParams>) -> Answer<CleanJobDataResult> {
        self.check_client(request.metadata())?;
        self.service().clean_job_data(request).await
    }
}
