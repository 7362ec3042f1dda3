//! Batch jobs on a cluster whose processes die, hang, and lack room: every row once, the bytes of an undisturbed run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use super::services::{Cluster, Service, annota, soon};

/// Rows of the job, and of a shard.
const ROWS: usize = 400;
const SHARD: usize = 16;

/// A scheduler that misses executors within seconds.
const QUICK: [&str; 4] = ["--executor-timeout-seconds", "6", "--executor-termination-grace-period", "1"];

/// A job and a cluster.
struct Stage {
    folder: tempfile::TempDir,
    cluster: Cluster,
}

impl Stage {
    fn new(executors: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let cluster = Cluster::start(executors, folder.path(), &QUICK, &[]);
        let stage = Stage { folder, cluster };
        stage.write_texts();
        stage
    }

    fn write_texts(&self) {
        let lines = (0..ROWS).map(|id| format!("{id},\"{}\"\n", text(id)));
        fs::write(self.path("texts.csv"), format!("id,text\n{}", lines.collect::<String>())).expect("written");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn job(&self, output: &str, more: &[&str]) -> Command {
        let input = self.path("texts.csv").to_string_lossy().into_owned();
        let output = self.path(output).to_string_lossy().into_owned();
        let shard = SHARD.to_string();
        let given = ["run", "--input", &input, "--output", &output, "--shard-rows", &shard, "--level", "document"];
        let mut command = annota(&[&given[..], more].concat());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Starts the job on the cluster, and waits until some of its shards are there.
    fn begin(&self, output: &str) -> Child {
        self.begin_at(output, &format!("df://localhost:{}", self.cluster.port))
    }

    fn begin_at(&self, output: &str, url: &str) -> Child {
        let child = self.job(output, &["--cluster", url]).spawn().expect("it starts");
        assert!(soon(|| parts(&self.path(output)).len() >= 3), "no shard: {}", self.cluster.scheduler.log());
        child
    }

    fn finish(&self, child: Child) -> String {
        let done = child.wait_with_output().expect("it ends");
        assert!(done.status.success(), "{}\n{}", said(&done), self.cluster.scheduler.log());
        said(&done)
    }

    /// Compares with the same job in one undisturbed process.
    fn check(&self, output: &str) {
        if !self.path("alone").exists() {
            let done = self.job("alone", &[]).output().expect("it runs");
            assert!(done.status.success(), "{}", said(&done));
        }
        let (found, expected) = (parts(&self.path(output)), parts(&self.path("alone")));
        assert_eq!(expected.len(), ROWS.div_ceil(SHARD));
        assert!(found == expected, "{:?} instead of {:?}", found.keys(), expected.keys());
        assert!(self.path(output).join("_SUCCESS").exists());
        let manifest = fs::read_to_string(self.path(output).join("_annota/manifest.jsonl")).expect("a manifest");
        let records: Vec<serde_json::Value> =
            manifest.lines().map(|line| serde_json::from_str(line).expect("a record")).collect();
        assert_eq!(records.iter().map(|record| record["rows"].as_u64().expect("rows")).sum::<u64>(), ROWS as u64);
    }
}

/// About sixty tokens, another for each row.
fn text(id: usize) -> String {
    (0..12).map(|part| format!("Row {id} has a part {part} of {}. ", (id * 31 + part * 7) % 1009)).collect()
}

/// Names and contents of the parts of an output. The names are the job's, whatever the output.
fn parts(output: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(output).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let parts = entries.filter(|path| path.extension().is_some_and(|end| end == "parquet"));
    parts
        .map(|path| {
            (path.file_name().expect("a name").to_string_lossy().into_owned(), fs::read(&path).unwrap_or_default())
        })
        .collect()
}

fn said(done: &Output) -> String {
    String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr)
}

fn signal(process: u32, name: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), &process.to_string()]).status();
    assert!(status.expect("kill").success());
}

#[test]
fn executors_die_and_others_do_their_shards() {
    let mut stage = Stage::new(2);
    let child = stage.begin("out");
    signal(stage.cluster.executors[0].id(), "KILL");
    std::thread::sleep(Duration::from_millis(300));
    let folder = stage.folder.path().to_owned();
    stage.cluster.add_executor(&folder);
    signal(stage.cluster.executors[1].id(), "KILL");
    stage.finish(child);
    stage.check("out");
}

#[test]
fn a_cluster_without_executors_is_waited_for() {
    let mut stage = Stage::new(1);
    let child = stage.begin("out");
    signal(stage.cluster.executors[0].id(), "KILL");
    std::thread::sleep(Duration::from_secs(2));
    let folder = stage.folder.path().to_owned();
    stage.cluster.add_executor(&folder);
    stage.finish(child);
    stage.check("out");
}

#[test]
fn a_scheduler_dies_and_comes_back() {
    let mut stage = Stage::new(1);
    let child = stage.begin("out");
    stage.cluster.restart_scheduler(&QUICK);
    stage.finish(child);
    stage.check("out");
}

#[test]
fn a_driver_dies_and_another_does_the_rest() {
    let stage = Stage::new(1);
    let mut child = stage.begin("out");
    std::thread::sleep(Duration::from_secs(3));
    signal(child.id(), "KILL");
    child.wait().expect("it is gone");
    assert!(!stage.path("out").join("_SUCCESS").exists());
    let url = format!("df://localhost:{}", stage.cluster.port);
    let again = stage.job("out", &["--cluster", &url]).output().expect("it runs");
    assert!(again.status.success(), "{}", said(&again));
    assert!(said(&again).contains("done before"), "{}", said(&again));
    stage.check("out");
    let third = stage.job("out", &["--cluster", &url]).output().expect("it runs");
    assert!(third.status.success() && said(&third).contains("nothing to do"), "{}", said(&third));
}

#[test]
fn an_executor_hangs_and_comes_back_late() {
    let stage = Stage::new(2);
    let child = stage.begin("out");
    signal(stage.cluster.executors[0].id(), "STOP");
    stage.finish(child);
    stage.check("out");
    signal(stage.cluster.executors[0].id(), "CONT");
    std::thread::sleep(Duration::from_secs(2));
    stage.check("out");
}

#[test]
fn two_drivers_do_not_share_an_output() {
    let stage = Stage::new(1);
    let child = stage.begin("out");
    let url = format!("df://localhost:{}", stage.cluster.port);
    let other = stage.job("out", &["--cluster", &url]).output().expect("it runs");
    assert_eq!(other.status.code(), Some(1));
    assert!(said(&other).contains("is being written by process"), "{}", said(&other));
    let replacing = stage.job("out", &["--overwrite", "--pooling", "cls"]).output().expect("it runs");
    assert!(said(&replacing).contains("is being written by process"), "{}", said(&replacing));
    stage.finish(child);
    stage.check("out");
}

#[test]
fn an_interrupted_job_leaves_the_executors() {
    let stage = Stage::new(1);
    let child = stage.begin("out");
    signal(child.id(), "INT");
    let done = child.wait_with_output().expect("it ends");
    assert!(said(&done).contains("the same command goes on where the job was"), "{}", said(&done));
    assert_eq!(done.status.code(), Some(130));
    assert!(soon(|| stage.cluster.running_jobs() == 0), "{}", stage.cluster.scheduler.log());
    let url = format!("df://localhost:{}", stage.cluster.port);
    stage.finish(stage.job("out", &["--cluster", &url]).spawn().expect("it starts"));
    stage.check("out");
}

#[test]
fn a_job_is_cancelled_from_elsewhere() {
    let stage = Stage::new(1);
    let child = stage.begin("out");
    let output = stage.path("out").to_string_lossy().into_owned();
    let jobs = |what: &str| said(&annota(&["jobs", what, &output]).output().expect("it runs"));
    assert!(jobs("status").contains(&format!("driven by process {}", child.id())), "{}", jobs("status"));
    assert!(jobs("cancel").contains("asked 1 to stop"));
    let done = child.wait_with_output().expect("it ends");
    assert!(!done.status.success() && said(&done).contains("cancelled"), "{}", said(&done));
    assert!(jobs("cancel").contains("nobody works on"));
}

#[test]
fn an_executor_without_room_leaves_shards_to_others() {
    let mut stage = Stage::new(1);
    let folder = stage.folder.path().to_owned();
    // No file of more than 8 blocks of 512 or 1024 bytes; what is larger is an error, not a signal.
    stage.cluster.add_executor_within(&folder, "trap '' XFSZ; ulimit -f 8");
    let child = stage.begin("out");
    let summary = stage.finish(child);
    assert!(summary.contains("tries again"), "{summary}");
    stage.check("out");
}

#[test]
fn an_executor_out_of_memory_leaves_shards_to_others() {
    let stage = Stage::new(2);
    let process = stage.cluster.executors[0].id().to_string();
    // From now on it gets no memory at all: none for threads either, which its first task wants.
    let limited = Command::new("prlimit").args(["--pid", &process, "--as=4096"]).status();
    assert!(limited.expect("prlimit").success());
    let child = stage.begin("out");
    let summary = stage.finish(child);
    assert!(summary.contains("tries again"), "{summary}");
    stage.check("out");
}

#[test]
fn a_poisoned_row_costs_itself_alone() {
    let stage = Stage::new(2);
    let texts = fs::read_to_string(stage.path("texts.csv")).expect("texts");
    let poisoned = texts.replace(&text(37), &text(37).repeat(20));
    fs::write(stage.path("texts.csv"), poisoned).expect("written");
    let url = format!("df://localhost:{}", stage.cluster.port);
    let run = |output: &str, more: &[&str]| {
        stage.job(output, &[&["--long", "fail"], more].concat()).output().expect("it runs")
    };
    let loud = run("loud", &["--cluster", &url, "--max-failures", "0"]);
    assert!(loud.status.code() == Some(1) && said(&loud).contains("pieces, and the model sees"), "{}", said(&loud));
    assert!(!stage.path("loud").join("_SUCCESS").exists());
    let (told, alone) =
        (run("told", &["--cluster", &url, "--on-error", "null"]), run("alone", &["--on-error", "null"]));
    assert!(told.status.success() && alone.status.success(), "{}\n{}", said(&told), said(&alone));
    stage.check("told");
    let rejects = fs::read_dir(stage.path("told").join("_annota")).expect("a folder").flatten();
    let rejects: Vec<PathBuf> =
        rejects.flat_map(|it| fs::read_dir(it.path()).into_iter().flatten().flatten()).map(|it| it.path()).collect();
    let rejects = rejects.iter().find(|it| it.to_string_lossy().contains("reject")).expect("rejects");
    let rejects = fs::read_to_string(rejects).expect("a line");
    assert!(rejects.lines().count() == 1 && rejects.contains("Row 37 "), "{rejects}");
}

/// Two network namespaces on a bridge, where this process may make them.
#[cfg(target_os = "linux")]
struct Network;

#[cfg(target_os = "linux")]
impl Network {
    const CALLS: [&str; 8] = [
        "ip link add annota-t type bridge",
        "ip addr add 10.77.61.1/24 dev annota-t",
        "ip link set annota-t up",
        "ip netns add annota-t2",
        "ip link add annota-v2 type veth peer name eth0 netns annota-t2",
        "ip link set annota-v2 master annota-t up",
        "ip -n annota-t2 addr add 10.77.61.2/24 dev eth0",
        "ip -n annota-t2 link set eth0 up",
    ];

    fn call(line: &str) -> bool {
        let mut words = line.split(' ');
        let done = Command::new(words.next().unwrap_or_default()).args(words).stderr(Stdio::null()).status();
        done.is_ok_and(|status| status.success())
    }

    fn new() -> Option<Self> {
        let network = Network;
        Self::CALLS.iter().all(|line| Self::call(line)).then_some(network)
    }
}

#[cfg(target_os = "linux")]
impl Drop for Network {
    fn drop(&mut self) {
        Self::call("ip netns del annota-t2");
        Self::call("ip link del annota-t");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_network_is_cut_and_heals() {
    let Some(_network) = Network::new() else {
        eprintln!("skipped: a cut network, for want of the right to make network namespaces");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let open = ["--insecure", "--bind-host"];
    let scheduler =
        [&["scheduler", "--bind-port", "0", "--external-host", "10.77.61.1"], &open[..], &["10.77.61.1"], &QUICK];
    let mut scheduler = Service::start(&scheduler.concat());
    let port = scheduler.told("listens on ").rsplit(':').next().unwrap_or_default().to_owned();
    let executor = |host: &str, shell: &str| {
        let given = ["executor", "--scheduler-host", "10.77.61.1", "--scheduler-port", &port, "--bind-port", "0"];
        let more = ["--bind-grpc-port", "0", "--bind-http-port", "0", "--vcores", "2", "--external-host", host];
        let mut executor = Service::start_within(shell, &[&given[..], &more[..], &open[..], &[host][..]].concat());
        executor.told(" is registered");
        executor
    };
    let _near = executor("10.77.61.1", "true");
    let _far = executor("10.77.61.2", "exec ip netns exec annota-t2 \"$0\" \"$@\"");
    let stage = Stage { cluster: Cluster::of(scheduler, &port), folder };
    stage.write_texts();
    let child = stage.begin_at("out", &format!("df://10.77.61.1:{port}"));
    assert!(Network::call("ip link set annota-v2 down"));
    std::thread::sleep(Duration::from_secs(8));
    assert!(Network::call("ip link set annota-v2 up"));
    stage.finish(child);
    stage.check("out");
}
