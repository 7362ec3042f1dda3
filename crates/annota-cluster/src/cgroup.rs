//! Limits that control groups of Linux set, of both versions of cgroup.

use std::fs;
use std::path::{Path, PathBuf};

/// The limits of one version of cgroup for this process: the lowest of its group and of all groups above it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Limits {
    /// Bytes.
    pub memory: Option<u64>,
    /// CPUs, as a time share: 1.5 is a CPU and half of another.
    pub cpus: Option<f64>,
}

/// The limits of cgroup v1 and of cgroup v2. `root` is `/` except in tests.
pub fn limits(root: &Path) -> [Limits; 2] {
    let groups = Groups::read(root);
    let first = Limits {
        memory: lowest(groups.folders("cgroup", "memory"), |folder| number(folder, "memory.limit_in_bytes")),
        cpus: lowest(groups.folders("cgroup", "cpu"), quota),
    };
    let second = Limits {
        memory: lowest(groups.folders("cgroup2", ""), |folder| number(folder, "memory.max")),
        cpus: lowest(groups.folders("cgroup2", ""), maximum),
    };
    [first, second]
}

fn lowest<T: PartialOrd>(folders: Vec<PathBuf>, limit: impl Fn(&Path) -> Option<T>) -> Option<T> {
    folders.iter().filter_map(|folder| limit(folder)).reduce(|a, b| if b < a { b } else { a })
}

/// Version 1 writes a number close to 2^63 where there is no limit, version 2 the word `max`.
fn number(folder: &Path, file: &str) -> Option<u64> {
    let number = fs::read_to_string(folder.join(file)).ok()?.trim().parse().ok()?;
    (number < 1 << 60).then_some(number)
}

/// Version 1: microseconds of each period; -1 for no limit.
fn quota(folder: &Path) -> Option<f64> {
    let (quota, period) = (number(folder, "cpu.cfs_quota_us")?, number(folder, "cpu.cfs_period_us")?);
    Some(quota as f64 / period as f64)
}

/// Version 2: microseconds, or `max` for no limit, and the period.
fn maximum(folder: &Path) -> Option<f64> {
    let text = fs::read_to_string(folder.join("cpu.max")).ok()?;
    let (maximum, period) = text.trim().split_once(' ')?;
    Some(maximum.parse::<f64>().ok()? / period.parse::<f64>().ok()?)
}

/// The groups of this process, and where their files are.
struct Groups {
    root: PathBuf,
    /// `/proc/self/cgroup`: lines of `id:controllers:path`.
    groups: String,
    /// `/proc/self/mountinfo`.
    mounts: String,
}

impl Groups {
    fn read(root: &Path) -> Self {
        let read = |name: &str| fs::read_to_string(root.join("proc/self").join(name)).unwrap_or_default();
        Groups { root: root.to_owned(), groups: read("cgroup"), mounts: read("mountinfo") }
    }

    /// The folder of the group that has this controller and the folders above it.
    fn folders(&self, kind: &str, controller: &str) -> Vec<PathBuf> {
        let Some((group, (mounted, place))) = self.group(controller).zip(self.mount(kind, controller)) else {
            return Vec::new();
        };
        // In a container the group may be named as seen from outside, and its folder is the place itself.
        let below = Path::new(group).strip_prefix(mounted).unwrap_or(Path::new(""));
        let top = self.root.join(place.trim_start_matches('/'));
        below.ancestors().map(|below| top.join(below)).collect()
    }

    /// The path of this process in the hierarchy of a controller; the name of version 2's is empty.
    fn group(&self, controller: &str) -> Option<&str> {
        self.groups.lines().find_map(|line| {
            let (controllers, group) = line.split_once(':')?.1.split_once(':')?;
            controllers.split(',').any(|name| name == controller).then_some(group)
        })
    }

    /// The part of a hierarchy that is mounted, and the folder where it is.
    fn mount(&self, kind: &str, controller: &str) -> Option<(&str, &str)> {
        self.mounts.lines().find_map(|line| {
            let (place, file_system) = line.split_once(" - ")?;
            let mut file_system = file_system.split(' ');
            let is_kind = file_system.next() == Some(kind);
            let mut options = file_system.nth(1).unwrap_or_default().split(',');
            let is_it = is_kind && (controller.is_empty() || options.any(|option| option == controller));
            let mut place = place.split(' ').skip(3);
            is_it.then_some((place.next()?, place.next()?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file system with these files.
    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let file = root.path().join(name);
            fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
            fs::write(file, text).expect("written");
        }
        root
    }

    #[test]
    fn version_1_has_a_hierarchy_for_each_controller() {
        let root = tree(&[
            ("proc/self/cgroup", "4:memory:/docker/a\n1:cpu,cpuacct:/docker/a\n0::/\n"),
            (
                "proc/self/mountinfo",
                "32 31 0:30 /docker/a /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu,cpuacct\n\
                 35 31 0:32 /docker/a /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
            ),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "2147483648\n"),
            ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "150000\n"),
            ("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"),
        ]);
        let expected = Limits { memory: Some(2 << 30), cpus: Some(1.5) };
        assert_eq!(limits(root.path()), [expected, Limits::default()]);
    }

    #[test]
    fn version_2_has_the_lowest_limit_of_all_groups_above() {
        let mounts = "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
        let root = tree(&[
            ("proc/self/cgroup", "0::/user.slice/session.scope\n"),
            ("proc/self/mountinfo", mounts),
            ("sys/fs/cgroup/user.slice/memory.max", "1073741824\n"),
            ("sys/fs/cgroup/user.slice/cpu.max", "max 100000\n"),
            ("sys/fs/cgroup/user.slice/session.scope/memory.max", "max\n"),
            ("sys/fs/cgroup/user.slice/session.scope/cpu.max", "50000 100000\n"),
        ]);
        let expected = Limits { memory: Some(1 << 30), cpus: Some(0.5) };
        assert_eq!(limits(root.path()), [Limits::default(), expected]);
        // A container names its group as seen from outside.
        let root = tree(&[
            ("proc/self/cgroup", "0::/kubepods/pod1\n"),
            ("proc/self/mountinfo", &mounts.replace(" / /sys", " /../other /sys")),
            ("sys/fs/cgroup/memory.max", "4096"),
        ]);
        assert_eq!(limits(root.path())[1].memory, Some(4096));
    }

    #[test]
    fn no_limit_is_none() {
        let root = tree(&[
            ("proc/self/cgroup", "2:memory:/\n1:cpu:/\n"),
            (
                "proc/self/mountinfo",
                "32 31 0:30 / /cpu rw - cgroup cgroup rw,cpu\n35 31 0:32 / /memory rw - cgroup cgroup rw,memory\n",
            ),
            ("memory/memory.limit_in_bytes", "9223372036854771712\n"),
            ("cpu/cpu.cfs_quota_us", "-1\n"),
            ("cpu/cpu.cfs_period_us", "100000\n"),
        ]);
        assert_eq!(limits(root.path()), [Limits::default(); 2]);
        assert_eq!(limits(Path::new("/no/such/folder")), [Limits::default(); 2]);
    }
}
