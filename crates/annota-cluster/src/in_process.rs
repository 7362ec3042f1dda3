use std::sync::Arc;
use std::time::Duration;

use annota::{ProcessSettings, Session};
use ballista::prelude::SessionContextExt;
use ballista_core::ConfigProducer;
use ballista_core::RuntimeProducer;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
use ballista_executor::new_standalone_executor_from_builder;
use ballista_scheduler::standalone::new_standalone_scheduler_with_builder;
use datafusion::error::DataFusionError;
use datafusion::execution::SessionState;
use datafusion::execution::context::SessionContext;
use datafusion::prelude::SessionConfig;
use futures::future::BoxFuture;

use crate::codec::codec;
use crate::job::shard_function;
use crate::{cluster_config, session_state};

/// A whole cluster within this process: a scheduler and some executors of `vcores` each on loopback, and a
/// session whose queries run on them.
pub fn in_process(
    settings: &ProcessSettings,
    executors: usize,
    vcores: usize,
) -> BoxFuture<'_, annota::Result<Session>> {
    Box::pin(start(settings, executors, vcores))
}

async fn start(settings: &ProcessSettings, executors: usize, vcores: usize) -> annota::Result<Session> {
    let config: ConfigProducer = {
        let settings = settings.clone();
        Arc::new(move || cluster_config(&settings))
    };
    let builder = {
        let settings = settings.clone();
        Arc::new(move |config: SessionConfig| session_state(&settings, config))
    };
    let scheduler = new_standalone_scheduler_with_builder(builder, config.clone(), codec());
    let address = scheduler.await.map_err(external)?;
    let state = session_state(settings, config())?;
    for _ in 0..executors {
        start_executor(address.port(), vcores, &config, &state).await?;
    }
    let url = format!("df://localhost:{}", address.port());
    // Going remote replaces the state's functions, so Annota's are registered after it.
    let context = SessionContext::remote_with_state(&url, state).await?;
    let session = Session::over(context, settings)?;
    session.context().register_udf(shard_function(settings).as_ref().clone());
    Ok(session)
}

async fn start_executor(
    scheduler_port: u16,
    vcores: usize,
    config: &ConfigProducer,
    state: &SessionState,
) -> annota::Result<()> {
    let url = format!("http://localhost:{scheduler_port}");
    let mut tries = 0;
    let scheduler = loop {
        match SchedulerGrpcClient::connect(url.clone()).await {
            Ok(scheduler) => break scheduler,
            Err(error) if tries == 50 => return Err(external(error).into()),
            Err(_) => tries += 1,
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let runtime: RuntimeProducer = {
        let runtime = state.runtime_env().clone();
        Arc::new(move |_| Ok(runtime.clone()))
    };
    let registry = BallistaFunctionRegistry::from(state);
    new_standalone_executor_from_builder(scheduler, vcores, config.clone(), runtime, codec(), registry)
        .await
        .map_err(external)?;
    Ok(())
}

fn external(error: impl std::error::Error + Send + Sync + 'static) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
