//! What runs tasks: Ballista's executor and its engine, with Annota's session.

use std::sync::Arc;
use std::time::Instant;

use ballista_core::error::BallistaError;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_core::serde::BallistaCodec;
use ballista_core::serde::protobuf::task_status::Status;
use ballista_core::serde::protobuf::{
    ExecutorRegistration, FailedTask, MultiTaskDefinition, OperatorMetricsSet, SuccessfulTask, TaskStatus,
};
use ballista_core::serde::scheduler::from_proto::get_task_definition_vec;
use ballista_core::serde::scheduler::{TaskDefinition, TaskKey};
use ballista_core::{ConfigProducer, RuntimeProducer};
use ballista_executor::execution_engine::{DefaultExecutionEngine, ExecutionEngine};
use ballista_executor::executor::Executor;
use ballista_executor::metrics::LoggingMetricsCollector;
use ballista_scheduler::scheduler_server::timestamp_millis;
use datafusion::execution::TaskContext;

use super::clients::Clients;
use super::memory::TaskMemory;
use crate::codec::codec;

pub struct Node {
    executor: Executor,
    engine: Arc<DefaultExecutionEngine>,
    memory: TaskMemory,
    runtime: RuntimeProducer,
    codec: BallistaCodec,
}

impl Node {
    pub fn new(
        registration: ExecutorRegistration,
        work_dir: &str,
        vcores: usize,
        functions: BallistaFunctionRegistry,
        config: ConfigProducer,
        memory: TaskMemory,
    ) -> Self {
        let runtime: RuntimeProducer = {
            let base = memory.base().clone();
            Arc::new(move |_| Ok(base.clone()))
        };
        let engine = Arc::new(DefaultExecutionEngine::with_client_pool(Arc::new(Clients::default())));
        let executor = Executor::new(
            registration,
            work_dir,
            runtime.clone(),
            config,
            Arc::new(functions),
            Arc::new(LoggingMetricsCollector::default()),
            vcores,
            engine.clone(),
        );
        Node { executor, engine, memory, runtime, codec: codec() }
    }

    pub fn registration(&self) -> &ExecutorRegistration {
        &self.executor.metadata
    }

    pub fn work_dir(&self) -> &str {
        self.executor.work_dir()
    }

    /// Reads tasks of one stage.
    pub fn read(&self, tasks: MultiTaskDefinition) -> Result<Vec<TaskDefinition>, BallistaError> {
        let functions = &self.executor.function_registry;
        get_task_definition_vec(
            tasks,
            self.runtime.clone(),
            self.executor.produce_config(),
            functions.scalar_functions.clone(),
            functions.aggregate_functions.clone(),
            functions.window_functions.clone(),
            functions.higher_order_functions.clone(),
            self.codec.clone(),
        )
    }

    /// Runs a task, and says what has become of it.
    pub async fn run(&self, task: TaskDefinition) -> TaskStatus {
        let key = TaskKey { job_id: task.job_id.clone(), stage_id: task.stage_id, task_id: task.task_id };
        let name = format!(
            "TID {}/{}.{}/{}.{}",
            task.job_id, task.stage_id, task.stage_attempt_num, task.task_id, task.task_attempt_num
        );
        let unfinished = TaskStatus {
            task_id: task.task_id as u32,
            job_id: task.job_id.clone().into(),
            stage_id: task.stage_id as u32,
            stage_attempt_num: task.stage_attempt_num as u32,
            launch_time: task.launch_time,
            start_exec_time: timestamp_millis(),
            ..TaskStatus::default()
        };
        log::info!("Execute task  : [{name}]");
        let start = Instant::now();
        let (status, metrics) = match self.execute(&name, key, task).await {
            Ok((success, metrics)) => (Status::Successful(success), metrics),
            Err(error) => {
                log::info!("task [{name}] failed: {error}");
                (Status::Failed(FailedTask::from(error)), Vec::new())
            }
        };
        log::info!("Finished task : [{name}] in {:?}", start.elapsed());
        TaskStatus { end_exec_time: timestamp_millis(), metrics, status: Some(status), ..unfinished }
    }

    async fn execute(
        &self,
        name: &str,
        key: TaskKey,
        task: TaskDefinition,
    ) -> Result<(SuccessfulTask, Vec<OperatorMetricsSet>), BallistaError> {
        let plan = annota::planning::awaiting_in_task(task.plan, task.session_config.options())?;
        let stage = self.engine.create_query_stage_exec(
            task.job_id,
            task.stage_id,
            task.task_id,
            task.global_output_partition_ids,
            plan,
            self.work_dir(),
            &task.session_config,
        )?;
        let functions = task.function_registry;
        let context = TaskContext::new(
            Some(name.to_owned()),
            task.session_id,
            task.session_config,
            functions.scalar_functions.clone(),
            functions.higher_order_functions.clone(),
            functions.aggregate_functions.clone(),
            functions.window_functions.clone(),
            self.memory.of_task(task.vcores_consumed)?,
        );
        let partitions = self.executor.execute_query_stage(key, stage.clone(), Arc::new(context)).await?;
        let metrics = stage.collect_plan_metrics().into_iter().map(TryInto::try_into);
        let success = SuccessfulTask {
            executor_id: self.registration().id.clone(),
            partitions,
            runtime_stats: stage.collect_runtime_stats_reports(),
            window_state: stage.collect_window_state_reports()?,
            task_column_stats: stage.collect_column_stats(),
        };
        // A query is right without the figures of its operators.
        Ok((success, metrics.collect::<Result<_, BallistaError>>().unwrap_or_default()))
    }

    /// Ends a task if it runs.
    pub async fn cancel(&self, task: TaskKey) -> Result<bool, BallistaError> {
        self.executor.cancel_task(task.job_id, task.stage_id, task.task_id).await
    }
}
