//! Processes of a cluster on loopback, on ports that are free.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The longest that anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub fn annota(arguments: &[&str]) -> Command {
    annota_on("cpu", arguments)
}

pub fn annota_on(device: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_annota"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ANNOTA_")) {
        command.env_remove(name);
    }
    command.args(["--device", device]).args(arguments).stdin(Stdio::null());
    command
}

/// A process that runs until it is told to end, or until the test does.
pub struct Service {
    child: Child,
    log: Arc<Mutex<String>>,
}

impl Service {
    pub fn start(arguments: &[&str]) -> Self {
        Self::spawn(annota(arguments))
    }

    /// The same behind commands of a shell, which can limit what it may use.
    pub fn start_within(shell: &str, arguments: &[&str]) -> Self {
        Self::start_on("cpu", shell, arguments)
    }

    fn start_on(device: &str, shell: &str, arguments: &[&str]) -> Self {
        let inner = annota_on(device, arguments);
        let mut command = Command::new("bash");
        command.args(["-c", &format!("{shell}; exec \"$0\" \"$@\"")]).arg(inner.get_program()).args(inner.get_args());
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
        let log = Arc::new(Mutex::new(String::new()));
        let errors = BufReader::new(child.stderr.take().expect("its log"));
        let written = log.clone();
        std::thread::spawn(move || {
            for line in errors.lines().map_while(Result::ok) {
                let mut log = written.lock().expect("the log");
                log.push_str(&line);
                log.push('\n');
            }
        });
        Service { child, log }
    }

    /// The number of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn log(&self) -> String {
        self.log.lock().expect("the log").clone()
    }

    /// What stands behind a text in the log, up to the next space, once it is there.
    pub fn told(&mut self, text: &str) -> String {
        let mut told = None;
        let found = soon(|| {
            let log = self.log();
            let line = log.lines().find(|line| line.contains(text));
            told = line.map(|line| line.split(text).nth(1).unwrap_or_default().to_owned());
            told.is_some() || self.child.try_wait().expect("a state").is_some()
        });
        assert!(found && told.is_some(), "no `{text}` in {}", self.log());
        told.unwrap_or_default().split_whitespace().next().unwrap_or_default().to_owned()
    }

    #[cfg(unix)]
    pub fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").arg(&id).status().expect("kill").success());
    }

    pub fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        assert!(
            soon(|| {
                status = self.child.try_wait().expect("a state");
                status.is_some()
            }),
            "it runs on: {}",
            self.log()
        );
        status.expect("a status")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn soon(mut is_so: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if is_so() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}

/// A scheduler and its executors.
pub struct Cluster {
    pub scheduler: Service,
    pub executors: Vec<Service>,
    /// The port of the scheduler.
    pub port: String,
    /// Ports of the executors' health.
    pub http: Vec<String>,
    /// What all its processes and clients are given.
    access: Vec<String>,
}

impl Cluster {
    pub fn start(executors: usize, folder: &Path, scheduler: &[&str], access: &[&str]) -> Self {
        let given = [&["scheduler", "--bind-port", "0"], scheduler, access].concat();
        let mut service = Service::start(&given);
        let address = service.told("listens on ");
        let port = address.rsplit(':').next().unwrap_or_default().to_owned();
        let access = access.iter().map(|&it| it.to_owned()).collect();
        let mut cluster = Cluster { scheduler: service, executors: Vec::new(), port, http: Vec::new(), access };
        for _ in 0..executors {
            cluster.add_executor(folder);
        }
        for port in cluster.http.clone().iter().filter(|_| cluster.access.is_empty()) {
            assert!(soon(|| get(port, "/readyz", "").0 == 200), "{}", cluster.executors[0].log());
        }
        cluster
    }

    /// One that is started already, with executors of its own.
    pub fn of(scheduler: Service, port: &str) -> Self {
        let (executors, http, access) = (Vec::new(), Vec::new(), Vec::new());
        Cluster { scheduler, executors, port: port.to_owned(), http, access }
    }

    pub fn add_executor(&mut self, folder: &Path) {
        self.add_executor_within(folder, "true");
    }

    pub fn add_executor_within(&mut self, folder: &Path, shell: &str) {
        self.add(folder, "cpu", shell);
    }

    pub fn add_executor_on(&mut self, folder: &Path, device: &str) {
        self.add(folder, device, "true");
    }

    fn add(&mut self, folder: &Path, device: &str, shell: &str) {
        let folder = folder.to_string_lossy().into_owned();
        let given = ["executor", "--scheduler-port", &self.port, "--bind-port", "0", "--bind-grpc-port", "0"];
        let more = ["--bind-http-port", "0", "--work-dir", &folder, "--vcores", "2"];
        let access: Vec<&str> = self.access.iter().map(String::as_str).collect();
        let mut executor = Service::start_on(device, shell, &[&given[..], &more[..], &access[..]].concat());
        let address = executor.told("health and metrics on ");
        self.http.push(address.rsplit(':').next().unwrap_or_default().to_owned());
        self.executors.push(executor);
    }

    /// Kills the scheduler, and starts another on its port.
    pub fn restart_scheduler(&mut self, more: &[&str]) {
        let access: Vec<&str> = self.access.iter().map(String::as_str).collect();
        let given = [&["scheduler", "--bind-port", &self.port], more, &access[..]].concat();
        let _ = self.scheduler.child.kill();
        let _ = self.scheduler.child.wait();
        self.scheduler = Service::start(&given);
        self.scheduler.told("listens on ");
    }

    /// Jobs that the scheduler runs now.
    pub fn running_jobs(&self) -> usize {
        get(&self.port, "/api/jobs", "").1.matches("Running").count()
    }

    /// Runs SQL on it, and what one gives the client.
    pub fn sql(&self, sql: &str, access: &[&str]) -> Output {
        let url = format!("df://localhost:{}", self.port);
        let given = ["sql", "-q", "--format", "csv", "--cluster", &url, "-c", sql];
        annota(&[&given[..], access].concat()).output().expect("it runs")
    }

    pub fn rows(&self, sql: &str, access: &[&str]) -> String {
        let done = self.sql(sql, access);
        assert!(done.status.success(), "{}\n{}", String::from_utf8_lossy(&done.stderr), self.scheduler.log());
        String::from_utf8(done.stdout).expect("UTF-8")
    }

    pub fn refusal(&self, sql: &str, access: &[&str]) -> String {
        let done = self.sql(sql, access);
        assert_eq!(done.status.code(), Some(1), "{}", String::from_utf8_lossy(&done.stdout));
        String::from_utf8(done.stderr).expect("UTF-8")
    }
}

/// The status and the body of an answer over plain HTTP.
pub fn get(port: &str, path: &str, header: &str) -> (u16, String) {
    let Ok(mut stream) = TcpStream::connect(format!("127.0.0.1:{port}")) else { return (0, String::new()) };
    let asked = write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{header}\r\n");
    let mut answer = String::new();
    if asked.and_then(|()| stream.read_to_string(&mut answer)).is_err() {
        return (0, answer);
    }
    let status = answer.split_whitespace().nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}
