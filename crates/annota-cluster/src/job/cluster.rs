use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use annota::functions::DeviceClass;
use annota::quote::literal;
use annota::{Error, ProcessSettings, Result, Session};
use async_trait::async_trait;
use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use futures::FutureExt;
use futures::future::BoxFuture;

use super::function::{Answer, NAME};
use super::shard::{Failure, Record, Task};
use super::workers::Workers;
use crate::{Access, ClusterInfo, connect};

/// The executors of a cluster. Each shard is a query of one task, so that what a lost executor costs is its shards.
pub struct Cluster {
    url: String,
    access: Access,
    session: Session,
    class: Option<DeviceClass>,
    processes: AtomicUsize,
}

impl Cluster {
    /// The cluster of the scheduler at `df://host:port`; of its executors those of a class, if one is given.
    ///
    /// # Errors
    /// A scheduler that cannot be reached, or that does not want this process.
    pub fn connect<'a>(
        url: &'a str,
        settings: &'a ProcessSettings,
        access: &'a Access,
        class: Option<DeviceClass>,
    ) -> BoxFuture<'a, Result<Self>> {
        let external = |error: crate::ClusterError| Error::Pipeline(error.to_string());
        async move {
            let session = connect(url, settings, access).await.map_err(external)?;
            if let Some(class) = class {
                session.sql(&format!("SET annota.device_class = {}", literal(class.name()))).await?;
            }
            Ok(Cluster { url: url.to_owned(), access: access.clone(), session, class, processes: AtomicUsize::new(0) })
        }
        .boxed()
    }

    /// Tasks that executors take at a time; `None` if the scheduler cannot be reached, or takes no queries.
    async fn vcores(&self) -> Option<usize> {
        let info = ClusterInfo::of(&self.url, &self.access).await.ok().filter(|info| info.is_ready)?;
        let is_mine = |class: Option<DeviceClass>| self.class.is_none() || class == self.class;
        self.processes.store(info.executors.iter().filter(|executor| is_mine(executor.class)).count(), Relaxed);
        Some(info.vcores(self.class))
    }

    async fn ask(&self, task: &Task) -> Result<Answer> {
        let text = serde_json::to_string(task).map_err(|error| Error::Pipeline(error.to_string()))?;
        let rows = self.session.sql(&format!("SELECT {NAME}({})", literal(&text))).await?.collect().await?;
        // A result that came twice, or not at all, says nothing; the shard's file is the same however often it is written.
        let count: usize = rows.iter().map(|batch| batch.num_rows()).sum();
        let row = rows.iter().find(|batch| batch.num_rows() == 1).filter(|_| count == 1);
        let answer = row.ok_or_else(|| Error::Pipeline(format!("the cluster gave {count} answers: expected one")))?;
        let answer = cast(answer.column(0), &DataType::Utf8).map_err(datafusion::error::DataFusionError::from)?;
        let answer = answer.as_string::<i32>();
        let text = if answer.is_valid(0) { answer.value(0) } else { "" };
        serde_json::from_str(text).map_err(|error| Error::Pipeline(format!("the answer of an executor: {error}")))
    }
}

#[async_trait]
impl Workers for Cluster {
    async fn slots(&self) -> usize {
        // One more than there is room for: it waits at the scheduler, not here.
        self.vcores().await.filter(|vcores| *vcores > 0).map_or(0, |vcores| vcores + 1)
    }

    async fn processes(&self) -> usize {
        self.processes.load(Relaxed)
    }

    async fn are_reachable(&self) -> bool {
        self.vcores().await.is_some_and(|vcores| vcores > 0)
    }

    async fn work(&self, task: &Task) -> Result<Record, Failure> {
        match self.ask(task).await {
            Ok(Answer::Done(record)) => Ok(*record),
            Ok(Answer::Failed(failure)) => Err(failure),
            Err(error) => Err(Failure::passing(error)),
        }
    }

    fn rows_under_way(&self) -> u64 {
        0
    }
}
