//! What the process tells beside its results, on the error output.

use std::fmt;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Warnings of Annota's own crates.
const QUIET: &str = "off,annota=warn";
/// What those who look after a scheduler or an executor want to read: all but the plan of every query.
const TALKATIVE: &str = "info,ballista_scheduler::state::task_manager=warn";

/// Logs from now on: `level` if there is one (`debug`, or `info,annota_models=debug`), else what suits the command. The
/// records of the `log` crate are among them.
pub fn start(level: Option<&str>, is_service: bool) -> anyhow::Result<()> {
    let directives = level.unwrap_or(if is_service { TALKATIVE } else { QUIET });
    let filter = EnvFilter::builder().parse(directives).map_err(|error| {
        anyhow::anyhow!(
            "--log-level `{directives}`: {error}: expected error, warn, info, debug, trace or target=level,…"
        )
    })?;
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    let started = match level.is_some() || is_service {
        true => logs.try_init(),
        false => logs.event_format(Plain).try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("logs cannot be started: {error}"))
}

/// As a command speaks to its user: `warning: …`.
struct Plain;

impl<S, N> FormatEvent<S, N> for Plain
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        out.write_str(if *event.metadata().level() == Level::ERROR { "error: " } else { "warning: " })?;
        context.field_format().format_fields(out.by_ref(), event)?;
        writeln!(out)
    }
}
