//! An executor: runs tasks, and supervises itself. It ends when a scheduler that had lost it finds it again, and when
//! heartbeats fail; then another starts, with a new id, while models stay loaded.
//!
//! Ballista's `Executor` and its engine do the work. Around them Ballista has a process of its own, of which the port
//! for tasks is in plaintext always; [`life`] and [`tasks`] stand in its place.

mod clients;
mod life;
mod memory;
mod node;
mod reports;
mod tasks;
mod threads;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use annota::ProcessSettings;
use annota::functions::DeviceClass;
use annota::models::{DeviceKind, DeviceSpec};
use ballista_executor::health::ExecutorHealth;
use futures::future::BoxFuture;
use tokio::sync::watch;

use self::life::{End, Life};
use super::{health, signal};
use crate::client::Link;
use crate::error::{ClusterError, Result};
use crate::secure::{Access, Gate, Peer, SecureListener};

/// The first pause before another start, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// Whoever has lived so long was well, so the pauses begin anew.
const WELL: Duration = Duration::from_secs(60);
/// A GPU computes one batch while the texts of the next are cut.
const VCORES_OF_GPU: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);

/// Where an executor listens, and what it may use.
#[derive(Debug, Clone, PartialEq)]
pub struct ExecutorSettings {
    pub scheduler_host: String,
    pub scheduler_port: u16,
    pub bind_host: String,
    /// Where results are fetched (Arrow Flight); 0, as of the ports below, for any that is free.
    pub bind_port: u16,
    /// Where the scheduler sends tasks.
    pub bind_grpc_port: u16,
    /// Where health and metrics are asked.
    pub bind_http_port: u16,
    /// The host by which others reach it; `None` for the address from which it calls.
    pub external_host: Option<String>,
    /// The folder in which each start has a folder of its own; `None` for the system's temporary one.
    pub work_dir: Option<PathBuf>,
    /// Tasks at a time; `None` for two on a GPU, and as many as there are cores on a CPU.
    pub vcores: Option<NonZeroUsize>,
    /// Bytes that sorting and grouping may use; `None` for `memory_pool_fraction`, 0 for no limit.
    pub memory_pool_size: Option<u64>,
    /// The share of the machine's, or the container's, memory. What models use is not in it.
    pub memory_pool_fraction: f64,
    pub heartbeat_interval: Duration,
    /// How long tasks have to finish when the process is asked to stop.
    pub termination_grace_period: Duration,
    /// Plaintext on addresses that others reach.
    pub insecure: bool,
}

impl Default for ExecutorSettings {
    fn default() -> Self {
        ExecutorSettings {
            scheduler_host: "localhost".to_owned(),
            scheduler_port: 50050,
            bind_host: "127.0.0.1".to_owned(),
            bind_port: 50051,
            bind_grpc_port: 50052,
            bind_http_port: 50053,
            external_host: None,
            work_dir: None,
            vcores: None,
            memory_pool_size: None,
            memory_pool_fraction: 0.5,
            heartbeat_interval: Duration::from_secs(5),
            termination_grace_period: Duration::from_secs(30),
            insecure: false,
        }
    }
}

/// Runs executors one after another until the process is asked to stop; then the last finishes its tasks.
///
/// # Errors
/// A scheduler of another version, a device that is not there, addresses that cannot be bound or that others reach
/// while there is no TLS. A scheduler that does not answer is waited for.
pub fn run_executor<'a>(
    process: &'a ProcessSettings,
    settings: &'a ExecutorSettings,
    access: &'a Access,
) -> BoxFuture<'a, Result<()>> {
    Box::pin(supervise(process, settings, access))
}

async fn supervise(process: &ProcessSettings, settings: &ExecutorSettings, access: &Access) -> Result<()> {
    access.check_bind(&settings.bind_host, settings.insecure)?;
    let class = device_class(process.device).await?;
    let health = ExecutorHealth::new();
    let _http = serve_health(settings, access, health.clone()).await?;
    let life = Arc::new(Life {
        process: process.clone(),
        settings: settings.clone(),
        vcores: settings.vcores.unwrap_or_else(|| default_vcores(class, process)).get(),
        access: access.clone(),
        class,
        health: health.clone(),
    });
    let stop = stop_signal()?;
    let link = Link::new(&settings.scheduler_host, settings.scheduler_port, access);
    let (mut pause, mut has_lived) = (PAUSES.0, false);
    loop {
        let start = Instant::now();
        match one(&link, &life, &stop).await {
            Ok(End::Asked) => return Ok(()),
            Ok(End::Lost) => {
                log::warn!("executor was lost or its scheduler was; another starts in {pause:?}");
                has_lived = true;
            }
            Err(error) if may_pass(&error, has_lived) => log::warn!("{error}; trying again in {pause:?}"),
            Err(error) => return Err(error),
        }
        health.mark_heartbeat_failed();
        if start.elapsed() > WELL {
            pause = PAUSES.0;
        }
        let mut asked = stop.clone();
        if tokio::time::timeout(pause, asked.wait_for(|asked| *asked)).await.is_ok() {
            return Ok(());
        }
        pause = (2 * pause).min(PAUSES.1);
    }
}

/// Whether an error may be gone the next time. A port that was free before will be free again.
fn may_pass(error: &ClusterError, has_lived: bool) -> bool {
    match error {
        ClusterError::Unreachable { .. } | ClusterError::Ballista(_) => true,
        ClusterError::Bind { .. } => has_lived,
        _ => false,
    }
}

/// Greets the scheduler, and runs one executor to its end.
async fn one(link: &Link, life: &Arc<Life>, stop: &watch::Receiver<bool>) -> Result<End> {
    let mut asked = stop.clone();
    tokio::select! {
        greeting = link.greet_as_executor() => greeting?,
        _ = asked.wait_for(|asked| *asked) => return Ok(End::Asked),
    }
    life.run(link, stop).await
}

/// True once the process has been asked to stop.
fn stop_signal() -> Result<watch::Receiver<bool>> {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        if let Err(error) = signal::asked_to_stop().await {
            log::warn!("signals cannot be heard: {error}");
        }
        let _ = sender.send(true);
    });
    Ok(receiver)
}

/// Opens the device, but no model.
async fn device_class(device: DeviceSpec) -> Result<DeviceClass> {
    let opened = tokio::task::spawn_blocking(move || device.open()).await;
    let opened = opened.map_err(|error| ClusterError::Ballista(error.to_string()))?.map_err(annota::Error::from)?;
    log::info!("models run on {}", opened.name);
    // A CPU that plays a GPU is opened only if one names it.
    Ok(if opened.kind == DeviceKind::Gpu { DeviceClass::Gpu } else { DeviceClass::Cpu })
}

fn default_vcores(class: DeviceClass, process: &ProcessSettings) -> NonZeroUsize {
    match class {
        DeviceClass::Gpu => VCORES_OF_GPU,
        DeviceClass::Cpu => {
            process.threads.or_else(|| std::thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN)
        }
    }
}

async fn serve_health(
    settings: &ExecutorSettings,
    access: &Access,
    health: ExecutorHealth,
) -> Result<tokio::task::JoinHandle<std::io::Result<()>>> {
    let listener = SecureListener::bind(&settings.bind_host, settings.bind_http_port, access.tls.as_ref()).await?;
    log::info!("health and metrics on {}", listener.address());
    let ready = move || match health.is_ready() {
        true => Ok("ready".to_owned()),
        false => Err("not ready: the scheduler has not answered a heartbeat".to_owned()),
    };
    let routes = Gate::new(access.token.clone()).before(health::routes(ready));
    let server = axum::serve(listener, routes.into_make_service_with_connect_info::<Peer>());
    Ok(tokio::spawn(server.into_future()))
}
