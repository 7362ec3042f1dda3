use std::net::SocketAddr;
use std::sync::Arc;

use ballista_core::serde::protobuf::{ExecutorRegistration, UpdateTaskStatusParams};
use ballista_core::serde::scheduler::{ExecutorData, ExecutorMetadata};
use ballista_scheduler::cluster::ClusterState;
use tonic::{Request, Status};

use super::Service;
use super::classes::Classes;
use crate::client::Link;
use crate::secure::Access;

/// Takes executors among a cluster's. Ballista's own way connects to each first, in plaintext whatever the cluster speaks.
#[derive(Clone)]
pub struct Executors {
    pub service: Service,
    pub classes: Arc<Classes>,
    pub access: Access,
}

impl Executors {
    /// # Errors
    /// An executor that cannot be reached, or whose id another has.
    pub async fn register(&self, registration: ExecutorRegistration, caller: Option<SocketAddr>) -> Result<(), Status> {
        let ExecutorRegistration { id, host, port, grpc_port, specification, os_info, .. } = registration;
        let lacks = |what: &str| Status::invalid_argument(format!("executor {id} registers without {what}"));
        let metadata = ExecutorMetadata {
            host: host.or_else(|| Some(caller?.ip().to_string())).ok_or_else(|| lacks("a host"))?,
            port: port.try_into().map_err(|_| lacks("a port below 65536"))?,
            grpc_port: grpc_port.try_into().map_err(|_| lacks("a port for tasks below 65536"))?,
            specification: specification.ok_or_else(|| lacks("its vcores"))?.into(),
            os_info: os_info.ok_or_else(|| lacks("its system"))?.into(),
            id: id.clone(),
        };
        self.reach(&metadata).await?;
        let vcores = metadata.specification.vcores;
        log::info!("executor {id} of {vcores} vcores registers at {}:{}", metadata.host, metadata.grpc_port);
        let data = ExecutorData { executor_id: id.clone(), total_vcores: vcores, available_vcores: vcores };
        let registered = self.classes.register_executor(metadata, data).await;
        registered.map_err(|error| Status::already_exists(error.to_string()))?;
        // News of no task let the scheduler look whom it has.
        let nothing = UpdateTaskStatusParams { executor_id: id, task_status: Vec::new() };
        self.service.update_task_status(Request::new(nothing)).await.map(drop)
    }

    /// Whether an executor is registered, and not lost.
    pub async fn has(&self, id: &str) -> bool {
        self.classes.get_executor_metadata(id).await.is_ok()
    }

    async fn reach(&self, executor: &ExecutorMetadata) -> Result<(), Status> {
        let link = Link::to_executor(&executor.host, executor.grpc_port, &self.access);
        link.channel().await.map(drop).map_err(|error| {
            Status::unavailable(format!(
                "{error}: expected --external-host of the executor to lead the scheduler there"
            ))
        })
    }
}
