use std::path::Path;

use annota_cluster::cgroup;
use serde::Serialize;
use sysinfo::{MemoryRefreshKind, System};

/// Memory, in bytes.
#[derive(Debug, Clone, Serialize)]
pub struct Memory {
    /// Memory of the machine.
    pub total: u64,
    /// Memory that programs can still allocate.
    pub available: u64,
    pub cgroup_v1_limit: Option<u64>,
    pub cgroup_v2_limit: Option<u64>,
    /// The lowest of the machine's memory and the limits.
    pub usable: u64,
    pub usable_by: MemoryLimit,
}

/// The limit that decides how much memory this process may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MemoryLimit {
    Machine,
    CgroupV1,
    CgroupV2,
}

impl Memory {
    pub fn look() -> Self {
        let mut system = System::new();
        system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
        let limits = cgroup::limits(Path::new("/")).map(|limits| limits.memory);
        Memory::new(system.total_memory(), system.available_memory(), limits)
    }

    fn new(total: u64, available: u64, [first, second]: [Option<u64>; 2]) -> Self {
        let limits =
            [(Some(total), MemoryLimit::Machine), (first, MemoryLimit::CgroupV1), (second, MemoryLimit::CgroupV2)];
        let known = limits.into_iter().filter_map(|(limit, by)| Some((limit?, by)));
        let (usable, usable_by) = known.min_by_key(|(limit, _)| *limit).unwrap_or((total, MemoryLimit::Machine));
        Memory { total, available, cgroup_v1_limit: first, cgroup_v2_limit: second, usable, usable_by }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_limit_applies() {
        let usable = |limits| {
            let memory = Memory::new(8, 4, limits);
            (memory.usable, memory.usable_by)
        };
        assert_eq!(usable([None, None]), (8, MemoryLimit::Machine));
        assert_eq!(usable([Some(9), Some(8)]), (8, MemoryLimit::Machine));
        assert_eq!(usable([Some(3), Some(5)]), (3, MemoryLimit::CgroupV1));
        assert_eq!(usable([None, Some(5)]), (5, MemoryLimit::CgroupV2));
    }

    #[test]
    fn this_machine_has_memory() {
        let memory = Memory::look();
        assert!(0 < memory.available && memory.available <= memory.total && memory.usable <= memory.total);
    }
}
