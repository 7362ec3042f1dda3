use std::path::Path;
use std::sync::Arc;

use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use sysinfo::{MemoryRefreshKind, System};

use super::ExecutorSettings;
use crate::cgroup;
use crate::error::{ClusterError, Result};

/// What the tasks of an executor may use for sorting and grouping: each has its own share, and spills beyond it.
pub struct TaskMemory {
    base: Arc<RuntimeEnv>,
    /// Bytes for each vcore; `None` for no limit.
    share: Option<usize>,
}

impl TaskMemory {
    /// # Errors
    /// Less than a byte for each vcore.
    pub fn new(base: Arc<RuntimeEnv>, settings: &ExecutorSettings, vcores: usize) -> Result<Self> {
        let pool = match settings.memory_pool_size {
            Some(bytes) => bytes,
            None => (machine_memory() as f64 * settings.memory_pool_fraction) as u64,
        };
        if pool == 0 {
            log::info!("tasks sort and group without a limit of memory");
            return Ok(TaskMemory { base, share: None });
        }
        let share = usize::try_from(pool / vcores as u64).unwrap_or(usize::MAX);
        if share == 0 {
            let expected = format!("a byte for each of {vcores} vcores, or 0 for no limit");
            return Err(ClusterError::Setting { setting: "--memory-pool-size", value: pool.to_string(), expected });
        }
        log::info!("tasks sort and group within {pool} bytes, {share} for each of {vcores} vcores");
        Ok(TaskMemory { base, share: Some(share) })
    }

    /// What all tasks have in common: stores and what is known of files.
    pub fn base(&self) -> &Arc<RuntimeEnv> {
        &self.base
    }

    /// What a task of so many vcores runs in.
    pub fn of_task(&self, vcores: u32) -> datafusion::error::Result<Arc<RuntimeEnv>> {
        let Some(share) = self.share else { return Ok(self.base.clone()) };
        let pool = FairSpillPool::new(share.saturating_mul(vcores.max(1) as usize));
        RuntimeEnvBuilder::from_runtime_env(&self.base).with_memory_pool(Arc::new(pool)).build_arc()
    }
}

/// The bytes of the machine's memory or of the lowest cgroup limit of this process; 0 if neither is known.
fn machine_memory() -> u64 {
    let mut system = System::new();
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    let limits = cgroup::limits(Path::new("/")).into_iter().filter_map(|limits| limits.memory);
    limits.fold(system.total_memory(), u64::min)
}

#[cfg(test)]
mod tests {
    use datafusion::execution::memory_pool::MemoryLimit;

    use super::*;

    fn limit(size: Option<u64>, fraction: f64, task: u32) -> Option<usize> {
        let settings =
            ExecutorSettings { memory_pool_size: size, memory_pool_fraction: fraction, ..ExecutorSettings::default() };
        let memory = TaskMemory::new(Arc::default(), &settings, 4).expect("a share");
        match memory.of_task(task).expect("a runtime").memory_pool.memory_limit() {
            MemoryLimit::Finite(bytes) => Some(bytes),
            _ => None,
        }
    }

    #[test]
    fn tasks_share_by_vcores() {
        assert_eq!(limit(Some(4000), 0.5, 1), Some(1000));
        assert_eq!(limit(Some(4000), 0.5, 3), Some(3000));
        assert_eq!(limit(Some(0), 0.5, 1), None);
        let (half, whole) = (limit(None, 0.5, 4).expect("a limit"), limit(None, 1.0, 4).expect("a limit"));
        assert!(whole as u64 <= machine_memory() && (whole / 2).abs_diff(half) <= 8, "{half} of {whole}");
    }

    #[test]
    fn less_than_a_byte_is_refused() {
        let settings = ExecutorSettings { memory_pool_size: Some(3), ..ExecutorSettings::default() };
        let error = TaskMemory::new(Arc::default(), &settings, 4).err().expect("a refusal").to_string();
        assert_eq!(error, "--memory-pool-size `3`: expected a byte for each of 4 vcores, or 0 for no limit");
    }
}
