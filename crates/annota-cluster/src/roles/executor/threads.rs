use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::{ClusterError, Result};

/// What still runs when an executor ends is let go after this.
const PARTING: Duration = Duration::from_secs(1);

/// Threads of one executor. With them go its sockets and whatever its tasks have begun.
pub struct Threads {
    handle: Handle,
    /// `None` once they end.
    runtime: Option<Runtime>,
}

impl Threads {
    pub fn new(name: &str, count: usize) -> Result<Self> {
        let runtime = Builder::new_multi_thread().enable_all().thread_name(name).worker_threads(count).build();
        let runtime = runtime.map_err(|error| ClusterError::Ballista(error.to_string()))?;
        Ok(Threads { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }

    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Waits until they are gone; tasks that do not end hold it up only for a moment.
    pub async fn end(mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        if let Err(error) = tokio::task::spawn_blocking(move || runtime.shutdown_timeout(PARTING)).await {
            log::warn!("the executor's threads have not ended: {error}");
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
