//! One executor from its start to its end.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use annota::ProcessSettings;
use annota::functions::DeviceClass;
use arrow_flight::flight_service_server::FlightServiceServer;
use ballista_core::ConfigProducer;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_core::serde::protobuf::ExecutorRegistration;
use ballista_core::serde::protobuf::executor_grpc_server::ExecutorGrpcServer;
use ballista_core::serde::protobuf::executor_status::Status;
use ballista_executor::executor_process::{ExecutorProcessConfig, structure_executor_metadata};
use ballista_executor::flight_service::BallistaFlightService;
use ballista_executor::health::ExecutorHealth;
use ballista_scheduler::config::SchedulerConfig;
use tempfile::TempDir;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::service::RoutesBuilder;

use super::ExecutorSettings;
use super::memory::TaskMemory;
use super::node::Node;
use super::reports::Reports;
use super::tasks::Tasks;
use super::threads::Threads;
use crate::client::Link;
use crate::error::{ClusterError, Result};
use crate::secure::{Access, Gate, Peer, SecureListener};
use crate::version::ExecutorId;
use crate::{cluster_config, session_state};

/// Threads that answer the scheduler and other executors while tasks compute.
const ANSWERING: usize = 2;
/// After so many heartbeats that nobody answers, an executor's tasks are taken to be somebody else's.
const UNANSWERED: u32 = 5;

/// Why an executor has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The process was asked to stop, and the tasks are done.
    Asked,
    /// The scheduler ended it, or does not answer.
    Lost,
}

pub struct Life {
    pub process: ProcessSettings,
    pub settings: ExecutorSettings,
    pub vcores: usize,
    pub access: Access,
    pub class: DeviceClass,
    pub health: ExecutorHealth,
}

impl Life {
    /// Runs an executor with an id, a folder and threads of its own, so that nothing of it is left to the next.
    pub async fn run(self: &Arc<Self>, link: &Link, stop: &watch::Receiver<bool>) -> Result<End> {
        let answering = Threads::new("annota-executor", ANSWERING)?;
        let computing = Threads::new("annota-task", self.vcores)?;
        let ended = {
            let (life, link, stop) = (self.clone(), link.clone(), stop.clone());
            let threads = computing.handle();
            answering.handle().spawn(async move { life.live(&link, threads, stop).await }).await
        };
        // In this order, so that nobody is told of tasks that end with their threads.
        answering.end().await;
        computing.end().await;
        ended.map_err(|error| ClusterError::Ballista(error.to_string()))?
    }

    async fn live(&self, link: &Link, threads: Handle, mut stop: watch::Receiver<bool>) -> Result<End> {
        let folder = self.folder()?;
        // The scheduler calls back as soon as it knows the ports.
        let (grpc, flight) =
            (self.bind(self.settings.bind_grpc_port).await?, self.bind(self.settings.bind_port).await?);
        let registration = self.registration(grpc.address().port(), flight.address().port());
        let (id, host) = (registration.id.clone(), registration.host.as_ref().unwrap_or(&self.settings.bind_host));
        annota::name_process(format!("executor {id} on {host}:{}", registration.port));
        log::info!("executor {id} starts with {} vcores in {}", self.vcores, folder.path().display());
        let reports = Reports::new(link, &registration).await?;
        let node = Arc::new(self.node(registration, folder.path())?);
        let (unfinished, over) = (TaskTracker::new(), CancellationToken::new());
        let tasks =
            Tasks { node, reports: reports.clone(), threads, unfinished: unfinished.clone(), over: over.clone() };
        self.serve(grpc, flight, tasks, folder.path());
        reports.register().await?;
        log::info!("executor {id} is registered");
        let asked = stop.wait_for(|asked| *asked);
        tokio::select! {
            () = over.cancelled() => return Ok(End::Lost),
            () = self.beat(&reports, Status::Active) => return Ok(End::Lost),
            // Whoever would ask is gone as well.
            _ = asked => {}
        }
        // It gets no more tasks, and then the scheduler waits for those that it has.
        let told = reports.beat(Status::Terminating(String::new())).await;
        if let Err(error) = told.and(reports.leave("it was asked to end").await) {
            log::warn!("the executor leaves, and its scheduler does not know: {error}");
        }
        unfinished.close();
        let grace = self.settings.termination_grace_period;
        tokio::select! {
            () = unfinished.wait() => {}
            () = self.beat(&reports, Status::Terminating) => {}
            () = tokio::time::sleep(grace) => {
                log::warn!("the executor ends with {} tasks unfinished after {grace:?}", unfinished.len());
            }
        }
        Ok(End::Asked)
    }

    /// Ends when many heartbeats have not been answered one after another.
    async fn beat(&self, reports: &Reports, status: fn(String) -> Status) {
        let mut clock = tokio::time::interval(self.settings.heartbeat_interval.max(Duration::from_secs(1)));
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut unanswered = 0;
        while unanswered < UNANSWERED {
            clock.tick().await;
            match reports.beat(status(String::new())).await {
                Ok(()) => {
                    self.health.mark_heartbeat_ok();
                    unanswered = 0;
                }
                Err(error) => {
                    log::warn!("heartbeat: {error}");
                    self.health.mark_heartbeat_failed();
                    unanswered += 1;
                }
            }
        }
    }

    async fn bind(&self, port: u16) -> Result<SecureListener> {
        SecureListener::bind(&self.settings.bind_host, port, self.access.tls.as_ref()).await
    }

    /// The folder of this start, which goes with it.
    fn folder(&self) -> Result<TempDir> {
        let within = self.settings.work_dir.clone().unwrap_or_else(std::env::temp_dir);
        let made = std::fs::create_dir_all(&within)
            .and_then(|()| tempfile::Builder::new().prefix("annota-executor-").tempdir_in(&within));
        made.map_err(|error| ClusterError::File { path: within, reason: error.to_string() })
    }

    fn registration(&self, grpc_port: u16, port: u16) -> ExecutorRegistration {
        let config = ExecutorProcessConfig {
            executor_id: ExecutorId::new(self.class).to_string(),
            external_host: self.settings.external_host.clone(),
            port,
            grpc_port,
            ..ExecutorProcessConfig::default()
        };
        structure_executor_metadata(&Arc::new(config), self.vcores as u32)
    }

    fn node(&self, registration: ExecutorRegistration, folder: &Path) -> Result<Node> {
        let config: ConfigProducer = {
            let (process, access) = (self.process.clone(), self.access.clone());
            Arc::new(move || access.secured(cluster_config(&process)))
        };
        let state = session_state(&self.process, config())?;
        let memory = TaskMemory::new(state.runtime_env().clone(), &self.settings, self.vcores)?;
        let functions = BallistaFunctionRegistry::from(&state);
        Ok(Node::new(registration, &folder.to_string_lossy(), self.vcores, functions, config, memory))
    }

    /// Takes tasks of servers of the cluster, and gives what tasks have written to all who have a certificate; for as
    /// long as the threads are there.
    fn serve(&self, grpc: SecureListener, flight: SecureListener, tasks: Tasks, folder: &Path) {
        let limit = SchedulerConfig::default().grpc_client_max_message_size as usize;
        let results = FlightServiceServer::new(BallistaFlightService::new(folder.to_string_lossy().into_owned()));
        let results = results.max_decoding_message_size(limit).max_encoding_message_size(limit);
        let tasks = ExecutorGrpcServer::new(tasks);
        let tasks = tasks.max_decoding_message_size(limit).max_encoding_message_size(limit);
        let mut routes = [RoutesBuilder::default(), RoutesBuilder::default()];
        routes[0].add_service(tasks);
        routes[1].add_service(results);
        for (listener, routes) in [grpc, flight].into_iter().zip(routes) {
            let routes = Gate::new(None).before(routes.routes().into_axum_router());
            let server = axum::serve(listener, routes.into_make_service_with_connect_info::<Peer>());
            tokio::spawn(server.into_future());
        }
    }
}
