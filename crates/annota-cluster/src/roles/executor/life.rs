//! One executor from its start to its end.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use annota::ProcessSettings;
use annota::functions::DeviceClass;
use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_executor::executor_server::TERMINATING;
use ballista_executor::health::ExecutorHealth;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{oneshot, watch};

use super::{ExecutorSettings, address_of, free_port, front};
use crate::error::{ClusterError, Result};
use crate::secure::Access;
use crate::version::ExecutorId;
use crate::{cluster_config, session_state};

/// Connections that are still open when an executor has ended are cut after this.
const PARTING: Duration = Duration::from_secs(1);
/// Where Ballista's own server listens under TLS: what comes from outside comes through [`front`].
const INSIDE: &str = "127.0.0.1";

/// Why an executor has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The process was asked to stop, and the tasks are done.
    Asked,
    /// The scheduler ended it, or does not answer.
    Lost,
}

pub struct Life<'a> {
    pub process: &'a ProcessSettings,
    pub settings: &'a ExecutorSettings,
    pub access: &'a Access,
    pub class: DeviceClass,
    pub health: ExecutorHealth,
}

impl Life<'_> {
    /// Runs an executor with an id and a folder of its own. It has a runtime of its own too: with that go its sockets,
    /// some of which Ballista leaves open, so that the next can bind the same ports.
    pub async fn run(&self, stop: &watch::Receiver<bool>) -> Result<End> {
        let id = ExecutorId::new(self.class, self.settings.bind_grpc_port);
        let folder = self.folder()?;
        let config = Arc::new(self.config(&id, folder.path())?);
        let host = config.external_host.as_deref().unwrap_or(&self.settings.bind_host);
        annota::name_process(format!("executor {id} on {host}:{}", config.port));
        log::info!("executor {id} starts with {} vcores in {}", config.vcores, folder.path().display());
        TERMINATING.store(false, Ordering::Release);
        let runtime = Builder::new_multi_thread().enable_all().thread_name("annota-executor").build();
        let runtime = runtime.map_err(|error| ClusterError::Ballista(error.to_string()))?;
        let front = self.access.tls.clone().map(|tls| {
            let (host, port) = (self.settings.bind_host.clone(), self.settings.bind_grpc_port);
            front::Front { host, port, inside: (INSIDE, config.grpc_port), tls }
        });
        let (sender, ended) = oneshot::channel();
        // A thread that nobody waits for: tasks that do not end hold up neither this nor the process' end.
        let thread = std::thread::Builder::new().name("annota-life".to_owned());
        let thread = thread.spawn(move || sender.send(run_on(runtime, config, front)));
        thread.map_err(|error| ClusterError::Ballista(error.to_string()))?;
        tokio::select! {
            ended = ended => ended.map_err(|_| ClusterError::Ballista("the executor's thread has ended".to_owned()))??,
            () = self.patience_ends(stop.clone()) => {
                log::warn!("executor ends with tasks unfinished after {:?}", self.settings.termination_grace_period);
            }
        }
        Ok(if *stop.borrow() { End::Asked } else { End::Lost })
    }

    /// Ends when tasks have had their time after the process was asked to stop.
    async fn patience_ends(&self, mut stop: watch::Receiver<bool>) {
        if stop.wait_for(|asked| *asked).await.is_err() {
            return std::future::pending().await;
        }
        tokio::time::sleep(self.settings.termination_grace_period).await;
    }

    /// The folder of this start, which goes with it.
    fn folder(&self) -> Result<TempDir> {
        let within = self.settings.work_dir.clone().unwrap_or_else(std::env::temp_dir);
        let made = std::fs::create_dir_all(&within)
            .and_then(|()| tempfile::Builder::new().prefix("annota-executor-").tempdir_in(&within));
        made.map_err(|error| ClusterError::File { path: within, reason: error.to_string() })
    }

    fn config(&self, id: &ExecutorId, folder: &Path) -> Result<ExecutorProcessConfig> {
        let (process, settings, access) = (self.process, self.settings, self.access);
        let producer = {
            let (process, access) = (process.clone(), access.clone());
            Arc::new(move || access.secured(cluster_config(&process)))
        };
        let state = session_state(process, producer())?;
        let runtime = state.runtime_env().clone();
        let (bind_host, grpc_port) = match access.tls {
            Some(_) => (INSIDE.to_owned(), free_port(INSIDE, 0)?),
            None => (address_of(&settings.bind_host)?, settings.bind_grpc_port),
        };
        Ok(ExecutorProcessConfig {
            executor_id: id.to_string(),
            bind_host,
            external_host: settings.external_host.clone(),
            port: settings.bind_port,
            grpc_port,
            scheduler_host: settings.scheduler_host.clone(),
            scheduler_port: settings.scheduler_port,
            vcores: settings.vcores.unwrap_or(1),
            task_scheduling_policy: TaskSchedulingPolicy::PushStaged,
            work_dir: Some(folder.to_string_lossy().into_owned()),
            executor_heartbeat_interval_seconds: settings.heartbeat_interval.as_secs().max(1),
            memory_pool_size: settings.memory_pool_size,
            memory_pool_fraction: settings.memory_pool_fraction,
            override_config_producer: Some(producer),
            override_runtime_producer: Some(Arc::new(move |_| Ok(runtime.clone()))),
            override_function_registry: Some(Arc::new(BallistaFunctionRegistry::from(&state))),
            override_arrow_flight_service: access.tls.clone().map(|tls| front::flight(&settings.bind_host, tls)),
            override_create_grpc_client_endpoint: access.endpoint_override(),
            health: self.health.clone(),
            ..ExecutorProcessConfig::default()
        })
    }
}

fn run_on(runtime: Runtime, config: Arc<ExecutorProcessConfig>, front: Option<front::Front>) -> Result<()> {
    let ended = runtime.block_on(async {
        if let Some(front) = front {
            front.open().await?;
        }
        Ok(start_executor_process(config).await?)
    });
    runtime.shutdown_timeout(PARTING);
    ended
}
