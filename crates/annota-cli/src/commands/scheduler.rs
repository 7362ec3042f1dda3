use std::time::Duration;

use annota::ProcessSettings;
use annota_cluster::roles::{SchedulerSettings, run_scheduler};
use clap::Args;
use clap::builder::BoolishValueParser;

use super::access::AccessArgs;

/// Runs the scheduler of a cluster
#[derive(Args)]
pub struct SchedulerArgs {
    /// The address to listen on; others than loopback need TLS or --insecure
    #[arg(long, env = "ANNOTA_BIND_HOST", default_value = "127.0.0.1")]
    bind_host: String,
    /// The port of gRPC, REST (/api), health and metrics; 0 for any
    #[arg(long, env = "ANNOTA_BIND_PORT", default_value_t = 50050)]
    bind_port: u16,
    /// The host by which executors reach this scheduler
    #[arg(long, env = "ANNOTA_EXTERNAL_HOST", default_value = "localhost")]
    external_host: String,
    /// Seconds after which an executor that was not heard of is lost
    #[arg(long, env = "ANNOTA_EXECUTOR_TIMEOUT_SECONDS", default_value_t = 30)]
    executor_timeout_seconds: u64,
    /// Seconds that executors which end, and queries when the scheduler ends, have to finish
    #[arg(long, env = "ANNOTA_EXECUTOR_TERMINATION_GRACE_PERIOD", default_value_t = 30)]
    executor_termination_grace_period: u64,
    /// Serve Arrow Flight SQL too, for ADBC, JDBC and ODBC
    #[arg(long, env = "ANNOTA_FLIGHT_SQL", value_parser = BoolishValueParser::new())]
    flight_sql: bool,
    /// Listen in plaintext where others can reach the port
    #[arg(long, env = "ANNOTA_INSECURE", value_parser = BoolishValueParser::new())]
    insecure: bool,
    #[command(flatten)]
    access: AccessArgs,
}

pub async fn run(args: SchedulerArgs, process: &ProcessSettings) -> anyhow::Result<()> {
    let access = args.access.open()?;
    let settings = SchedulerSettings {
        bind_host: args.bind_host,
        bind_port: args.bind_port,
        external_host: args.external_host,
        executor_timeout: Duration::from_secs(args.executor_timeout_seconds),
        termination_grace_period: Duration::from_secs(args.executor_termination_grace_period),
        flight_sql: args.flight_sql,
        insecure: args.insecure,
    };
    Ok(run_scheduler(process, &settings, &access).await?)
}
