use std::path::PathBuf;
use std::time::Duration;

use annota::ProcessSettings;
use annota_cluster::roles::{ExecutorSettings, run_executor};
use bytesize::ByteSize;
use clap::Args;
use clap::builder::BoolishValueParser;

use super::access::AccessArgs;

/// Runs an executor of a cluster: one for each GPU, or one for a machine's CPU
#[derive(Args)]
pub struct ExecutorArgs {
    /// The scheduler's host
    #[arg(long, env = "ANNOTA_SCHEDULER_HOST", default_value = "localhost")]
    scheduler_host: String,
    /// The scheduler's port
    #[arg(long, env = "ANNOTA_SCHEDULER_PORT", default_value_t = 50050)]
    scheduler_port: u16,
    /// The address to listen on; others than loopback need TLS or --insecure
    #[arg(long, env = "ANNOTA_BIND_HOST", default_value = "127.0.0.1")]
    bind_host: String,
    /// The port where results are fetched; 0, as for the next two, for any
    #[arg(long, env = "ANNOTA_BIND_PORT", default_value_t = 50051)]
    bind_port: u16,
    /// The port where the scheduler sends tasks
    #[arg(long, env = "ANNOTA_BIND_GRPC_PORT", default_value_t = 50052)]
    bind_grpc_port: u16,
    /// The port of /healthz, /readyz and /metrics
    #[arg(long, env = "ANNOTA_BIND_HTTP_PORT", default_value_t = 50053)]
    bind_http_port: u16,
    /// The host by which the scheduler, clients and other executors reach this one; the address it calls from by default
    #[arg(long, env = "ANNOTA_EXTERNAL_HOST")]
    external_host: Option<String>,
    /// The folder for results between stages; every start has its own in it, which goes with it
    #[arg(long, env = "ANNOTA_WORK_DIR")]
    work_dir: Option<PathBuf>,
    /// Tasks at a time; 2 on a GPU and the number of cores on a CPU by default
    #[arg(long, env = "ANNOTA_VCORES")]
    vcores: Option<std::num::NonZeroUsize>,
    /// Memory for sorting and grouping, as 8GiB; 0 for no limit
    #[arg(long, env = "ANNOTA_MEMORY_POOL_SIZE")]
    memory_pool_size: Option<ByteSize>,
    /// The same as a share of the machine's or the container's memory
    #[arg(long, env = "ANNOTA_MEMORY_POOL_FRACTION", default_value_t = 0.5, value_parser = share)]
    memory_pool_fraction: f64,
    /// Seconds between two heartbeats
    #[arg(long, env = "ANNOTA_EXECUTOR_HEARTBEAT_INTERVAL_SECONDS", default_value_t = 5)]
    executor_heartbeat_interval_seconds: u64,
    /// Seconds that tasks have to finish when the executor ends
    #[arg(long, env = "ANNOTA_EXECUTOR_TERMINATION_GRACE_PERIOD", default_value_t = 30)]
    executor_termination_grace_period: u64,
    /// Listen in plaintext where others can reach the ports
    #[arg(long, env = "ANNOTA_INSECURE", value_parser = BoolishValueParser::new())]
    insecure: bool,
    #[command(flatten)]
    access: AccessArgs,
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if share > 0.0 && share <= 1.0 => Ok(share),
        _ => Err("expected a share above 0 and up to 1".to_owned()),
    }
}

pub async fn run(args: ExecutorArgs, process: &ProcessSettings) -> anyhow::Result<()> {
    let access = args.access.open()?;
    let settings = ExecutorSettings {
        scheduler_host: args.scheduler_host,
        scheduler_port: args.scheduler_port,
        bind_host: args.bind_host,
        bind_port: args.bind_port,
        bind_grpc_port: args.bind_grpc_port,
        bind_http_port: args.bind_http_port,
        external_host: args.external_host,
        work_dir: args.work_dir,
        vcores: args.vcores,
        memory_pool_size: args.memory_pool_size.map(|size| size.as_u64()),
        memory_pool_fraction: args.memory_pool_fraction,
        heartbeat_interval: Duration::from_secs(args.executor_heartbeat_interval_seconds),
        termination_grace_period: Duration::from_secs(args.executor_termination_grace_period),
        insecure: args.insecure,
    };
    Ok(run_executor(process, &settings, &access).await?)
}
