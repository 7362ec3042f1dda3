//! The scheduler: plans queries and hands their tasks to executors. It opens no model.

mod classes;
mod executors;
mod flight;
mod guard;
mod jobs;
mod recent;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use annota::ProcessSettings;
use axum::Router;
use axum::http::StatusCode;
use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::serde::protobuf::scheduler_grpc_server::{SchedulerGrpc, SchedulerGrpcServer};
use ballista_scheduler::api::get_routes;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::{SchedulerConfig, TaskDistributionPolicy};
use ballista_scheduler::scheduler_process::create_scheduler;
use ballista_scheduler::scheduler_server::SchedulerServer;
use datafusion::prelude::SessionConfig;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use futures::FutureExt;
use futures::future::BoxFuture;
use tonic::service::RoutesBuilder;

use self::classes::Classes;
use self::executors::Executors;
use self::guard::Guard;
use self::jobs::{JobIds, Statuses};
use self::recent::Recent;
use super::{health, signal};
use crate::codec::{logical_codec, physical_codec};
use crate::error::{ClusterError, Result};
use crate::secure::{Access, Gate, Peer, SecureListener};
use crate::version::version;
use crate::{cluster_config, session_state};

type Scheduler = SchedulerServer<LogicalPlanNode, PhysicalPlanNode>;

/// Ballista's gRPC service as a trait object. Every `async_trait` method that holds the concrete [`Scheduler`] costs the
/// compiler more than two seconds, because the proof that its future is `Send` walks through all of DataFusion each time.
type Service = Arc<dyn SchedulerGrpc<ExecuteQueryPushStream = Statuses>>;

/// How often a scheduler that is about to end looks whether it may.
const LOOK: Duration = Duration::from_millis(200);
/// Queries whose results are on their way, and connections, have this long after the last task.
const PARTING: Duration = Duration::from_secs(2);

/// Where a scheduler listens, and how long it waits for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchedulerSettings {
    pub bind_host: String,
    /// 0 for any that is free.
    pub bind_port: u16,
    /// The host by which executors reach it.
    pub external_host: String,
    /// An executor that has not been heard of for so long is lost.
    pub executor_timeout: Duration,
    /// How long executors that end, and queries when the scheduler ends, have to finish.
    pub termination_grace_period: Duration,
    /// Serve Arrow Flight SQL on the same port.
    pub flight_sql: bool,
    /// Plaintext on addresses that others reach.
    pub insecure: bool,
}

impl Default for SchedulerSettings {
    fn default() -> Self {
        SchedulerSettings {
            bind_host: "127.0.0.1".to_owned(),
            bind_port: 50050,
            external_host: "localhost".to_owned(),
            executor_timeout: Duration::from_secs(30),
            termination_grace_period: Duration::from_secs(30),
            flight_sql: false,
            insecure: false,
        }
    }
}

/// Runs a scheduler until the process is asked to stop; then it takes no more queries and ends after those it has.
///
/// # Errors
/// An address that cannot be bound, or that others reach while there is no TLS.
pub fn run_scheduler<'a>(
    process: &'a ProcessSettings,
    settings: &'a SchedulerSettings,
    access: &'a Access,
) -> BoxFuture<'a, Result<()>> {
    async move {
        access.check_bind(&settings.bind_host, settings.insecure)?;
        let listener = SecureListener::bind(&settings.bind_host, settings.bind_port, access.tls.as_ref()).await?;
        serve_as(listener, process, settings, access, version()).await
    }
    .boxed()
}

pub(super) async fn serve_as(
    listener: SecureListener,
    process: &ProcessSettings,
    settings: &SchedulerSettings,
    access: &Access,
    version: &str,
) -> Result<()> {
    let address = listener.address();
    let config = Arc::new(config(process, settings, access, address.port()));
    let cluster = BallistaCluster::new_from_config(&config).await?;
    let (classes, jobs) = (Arc::new(Classes::default()), Arc::new(Recent::new(cluster.job_state())));
    let cluster = BallistaCluster::new(classes.clone(), jobs);
    config.validate()?;
    let scheduler: Scheduler = create_scheduler(cluster, config).await?;
    let closing = Arc::new(AtomicBool::new(false));
    let service: Service = Arc::new(scheduler.clone());
    let executors = Executors { service, classes, access: access.clone() };
    let guard = Guard::new(executors, version, closing.clone());
    let routes = Gate::new(access.token.clone()).before(routes(&scheduler, guard, closing.clone(), settings));
    let tls = if access.tls.is_some() { "TLS" } else { "plaintext" };
    log::info!("scheduler {version} listens on {address} ({tls})");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = axum::serve(listener, routes.into_make_service_with_connect_info::<Peer>()).with_graceful_shutdown(
        async move {
            // Both an order and the lack of anyone to give it end the server.
            let _ = stopped.await;
        },
    );
    let server = tokio::spawn(server.into_future());
    signal::asked_to_stop().await.map_err(|error| ClusterError::Ballista(error.to_string()))?;
    log::info!("scheduler ends after the queries it has");
    closing.store(true, Ordering::Release);
    drain(&scheduler, settings.termination_grace_period).await;
    let _ = stop.send(());
    let _ = tokio::time::timeout(PARTING, server).await;
    Ok(())
}

/// Waits for the queries that run.
async fn drain(scheduler: &Scheduler, grace: Duration) {
    let deadline = Instant::now() + grace;
    let left = || scheduler.running_job_number() + scheduler.pending_job_number();
    while left() > 0 && Instant::now() < deadline {
        tokio::time::sleep(LOOK).await;
    }
    if left() > 0 {
        log::warn!("scheduler ends with {} queries unfinished after {grace:?}", left());
    }
}

fn config(process: &ProcessSettings, settings: &SchedulerSettings, access: &Access, port: u16) -> SchedulerConfig {
    let timeout = settings.executor_timeout.as_secs();
    let producer = {
        let (process, access) = (process.clone(), access.clone());
        Arc::new(move || access.secured(cluster_config(&process)))
    };
    let builder = {
        let process = process.clone();
        Arc::new(move |config: SessionConfig| session_state(&process, config))
    };
    SchedulerConfig {
        bind_host: settings.bind_host.clone(),
        bind_port: port,
        external_host: settings.external_host.clone(),
        scheduling_policy: TaskSchedulingPolicy::PushStaged,
        task_distribution: TaskDistributionPolicy::RoundRobin,
        executor_timeout_seconds: timeout,
        expire_dead_executor_interval_seconds: (timeout / 6).clamp(1, 15),
        // An executor that comes back does so after a pause; jobs wait for it twice as long as it takes to be missed.
        no_executors_grace_period_seconds: 2 * timeout,
        // As many are kept as `Recent` remembers, however long.
        finished_job_state_clean_up_interval_seconds: 0,
        executor_termination_grace_period: settings.termination_grace_period.as_secs().max(1),
        override_config_producer: Some(producer),
        override_session_builder: Some(builder),
        override_logical_codec: Some(logical_codec()),
        override_physical_codec: Some(physical_codec()),
        override_create_grpc_client_endpoint: Some(access.endpoint_override()),
        use_tls: access.tls.is_some(),
        web_tui_route: "/tui".to_owned(),
        flight_sql: settings.flight_sql,
        job_id_generator: Some(Arc::new(JobIds)),
        ..SchedulerConfig::default()
    }
}

/// gRPC, REST, health and metrics on one port.
fn routes(scheduler: &Scheduler, guard: Guard, closing: Arc<AtomicBool>, settings: &SchedulerSettings) -> Router {
    let limit = SchedulerConfig::default();
    let executors = guard.executors();
    let service = SchedulerGrpcServer::new(guard)
        .max_decoding_message_size(limit.grpc_server_max_decoding_message_size as usize)
        .max_encoding_message_size(limit.grpc_server_max_encoding_message_size as usize);
    let mut grpc = RoutesBuilder::default();
    grpc.add_service(service);
    let shared = Arc::new(scheduler.clone());
    if settings.flight_sql {
        grpc.add_service(flight::service(shared.clone(), executors, &closing));
    }
    let ready = {
        let scheduler = scheduler.clone();
        move || match (closing.load(Ordering::Acquire), scheduler.is_ready()) {
            (false, true) => Ok("ready".to_owned()),
            (false, false) => Err("not ready: no executor".to_owned()),
            (true, _) => Err("not ready: about to end".to_owned()),
        }
    };
    let grpc = grpc.routes().into_axum_router().fallback(async || StatusCode::NOT_FOUND);
    get_routes(shared).merge(grpc).merge(health::routes(ready))
}
