use std::sync::Arc;

use annota::annotators::Embedder;
use annota::{ModelEmbedder, ProcessSettings, all_functions};
use ballista_core::extension::{
    SessionConfigExt, ballista_aggregate_functions, ballista_scalar_functions, ballista_window_functions,
};
use datafusion::error::Result;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::prelude::SessionConfig;

use crate::codec::{logical_codec, physical_codec};
use crate::job::shard_function;

/// The configuration that client, scheduler and executors start from: Ballista's, with Annota's options.
pub fn cluster_config(settings: &ProcessSettings) -> SessionConfig {
    // One partition a task: a slice of several would be retried as a whole, and run on one executor.
    let config = SessionConfig::new_with_ballista().set_str("ballista.scheduler.max_partitions_per_task", "1");
    let config = config
        .with_ballista_logical_extension_codec(logical_codec())
        .with_ballista_physical_extension_codec(physical_codec());
    annota::configured(config, settings)
}

/// The session of every process of a cluster. Opens no model.
pub fn session_state(settings: &ProcessSettings, config: SessionConfig) -> Result<SessionState> {
    let embedder: Arc<dyn Embedder> = Arc::new(ModelEmbedder::new(settings.device));
    let mut functions = ballista_scalar_functions();
    functions.extend(all_functions(&embedder));
    functions.push(shard_function(settings));
    let state = SessionStateBuilder::new()
        .with_default_features()
        .with_config(config)
        .with_runtime_env(annota::files::runtime()?)
        .with_query_planner(Arc::new(annota::planning::SavingPlanner))
        .with_optimizer_rules(ballista_core::optimizer::ballista_default_optimizer_rules())
        .with_scalar_functions(functions)
        .with_aggregate_functions(ballista_aggregate_functions())
        .with_window_functions(ballista_window_functions());
    Ok(annota::planning::saving(state).build())
}
