//! One driver for each output, whatever its job is: it holds a lease file there, and renews it while it works.

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use annota::{Error, Result};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::output::{MEMORY, Output};

/// How often a driver renews its lease.
pub const BEAT: Duration = Duration::from_secs(2);
/// How long others wait for a renewal before they take the lease.
const PATIENCE: Duration = Duration::from_secs(12);
/// How long a driver that took a lease from another waits for a third that did so at the same moment.
const SETTLING: Duration = Duration::from_millis(300);
/// How long the store may refuse renewals.
const FAILURES: u32 = 5;

/// The holder of a lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    pub host: String,
    pub process: u32,
    /// Tells this holder from all others, also from one with its host's name and process number.
    pub token: String,
    /// The process by what no other has: the machine's start, its namespace of process numbers, and its own start. `None` where
    /// the system does not say.
    #[serde(default)]
    pub identity: Option<String>,
    pub beat: u64,
}

/// Held while a driver works on an output.
pub struct Lease {
    output: Output,
    token: String,
    state: watch::Receiver<State>,
    renewal: JoinHandle<()>,
}

#[derive(Debug, Clone, PartialEq)]
enum State {
    Held,
    Lost(String),
}

impl Lease {
    /// Takes the lease of an output. If another driver holds it, waits until that one is known to be gone.
    ///
    /// # Errors
    /// Another driver that works on the output.
    pub async fn take(output: &Output) -> Result<Self> {
        let holder = Holder::new();
        if !output.create(&name(), text(&holder)?).await? {
            replace(output, &holder).await?;
        }
        // A cancellation of an earlier holder is not meant for this one.
        output.remove(&[cancellation()]).await?;
        let (sender, state) = watch::channel(State::Held);
        let renewal = tokio::spawn(renew(output.clone(), holder.clone(), sender));
        Ok(Lease { output: output.clone(), token: holder.token, state, renewal })
    }

    /// # Errors
    /// The lease is lost: another driver has taken it, the job was cancelled, or the store does not take renewals.
    pub fn check(&self) -> Result<()> {
        match &*self.state.borrow() {
            State::Held => Ok(()),
            State::Lost(reason) => Err(Error::Pipeline(reason.clone())),
        }
    }

    /// The same by what the store says now. To be called before what cannot be undone.
    ///
    /// # Errors
    /// As [`Lease::check`].
    pub async fn confirm(&self) -> Result<()> {
        self.check()?;
        match read(&self.output).await? {
            Some(holder) if holder.token == self.token => Ok(()),
            other => Err(Error::Pipeline(taken_over(&self.output, other.as_ref()))),
        }
    }

    /// Gives the lease back.
    ///
    /// # Errors
    /// A store that does not remove it.
    pub async fn release(self) -> Result<()> {
        self.renewal.abort();
        if read(&self.output).await?.is_some_and(|holder| holder.token == self.token) {
            self.output.remove(&[name(), cancellation()]).await?;
        }
        self.output.tidy();
        Ok(())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

/// Renews a lease until it is lost.
async fn renew(output: Output, mut holder: Holder, state: watch::Sender<State>) {
    let mut failures = 0;
    loop {
        tokio::time::sleep(BEAT).await;
        holder.beat += 1;
        let reason = match renewed(&output, &holder).await {
            Ok(None) => {
                failures = 0;
                continue;
            }
            Ok(Some(reason)) => reason,
            // A store may be away for a moment.
            Err(_) if failures < FAILURES => {
                failures += 1;
                continue;
            }
            Err(error) => format!("the lease of output `{output}` cannot be renewed: {error}"),
        };
        // Nobody listens any more where the driver has ended.
        let _ = state.send(State::Lost(reason));
        return;
    }
}

/// Renews once; why it must not be, if so.
async fn renewed(output: &Output, holder: &Holder) -> Result<Option<String>> {
    let found = read(output).await?;
    if found.as_ref().is_none_or(|found| found.token != holder.token) {
        return Ok(Some(taken_over(output, found.as_ref())));
    }
    if output.read(&cancellation()).await?.is_some_and(|token| token == holder.token.as_bytes()) {
        output.remove(&[cancellation()]).await?;
        return Ok(Some("the job was cancelled".to_owned()));
    }
    output.write(&name(), text(holder)?).await?;
    Ok(None)
}

fn taken_over(output: &Output, other: Option<&Holder>) -> String {
    match other {
        Some(other) => format!("{other} has taken over output `{output}`"),
        None => format!("the lease of output `{output}` is gone: somebody has removed its files"),
    }
}

/// Takes the lease of another driver, if that one does not work any more.
async fn replace(output: &Output, holder: &Holder) -> Result<()> {
    if let Some(other) = read(output).await?
        && is_working(output, &other).await?
    {
        return Err(taken(output, &other));
    }
    output.remove(&[name()]).await?;
    if output.create(&name(), text(holder)?).await? {
        tokio::time::sleep(SETTLING).await;
    }
    match read(output).await? {
        Some(found) if found.token == holder.token => Ok(()),
        Some(other) => Err(taken(output, &other)),
        None => Err(Error::Pipeline(format!("output `{output}`: its lease cannot be taken: run the command again"))),
    }
}

fn taken(output: &Output, other: &Holder) -> Error {
    Error::Pipeline(format!(
        "output `{output}` is being written by {other}: wait for it, or stop it by `annota jobs cancel {output}`"
    ))
}

/// The holder of an output's lease, if there is one.
///
/// # Errors
/// A store that cannot be read.
pub async fn read(output: &Output) -> Result<Option<Holder>> {
    // A lease that is half written is none.
    Ok(output.read(&name()).await?.and_then(|text| serde_json::from_slice(&text).ok()))
}

/// Asks a holder to stop. It does so with its next renewal.
///
/// # Errors
/// A store that cannot be written to.
pub async fn cancel(output: &Output, holder: &Holder) -> Result<()> {
    output.write(&cancellation(), holder.token.clone()).await
}

/// Whether a holder works still: by its process on this machine, elsewhere by its renewals.
///
/// # Errors
/// A store that cannot be read.
pub async fn is_working(output: &Output, holder: &Holder) -> Result<bool> {
    match is_running(holder) {
        Some(is_running) => Ok(is_running),
        None => is_renewing(output, holder, BEAT, PATIENCE).await,
    }
}

/// Whether a holder renews its lease within `patience`, looked at every `beat`.
async fn is_renewing(output: &Output, holder: &Holder, beat: Duration, patience: Duration) -> Result<bool> {
    let mut waited = Duration::ZERO;
    while waited < patience {
        tokio::time::sleep(beat).await;
        waited += beat;
        match read(output).await? {
            Some(found) if found == *holder => {}
            Some(_) => return Ok(true),
            None => return Ok(false),
        }
    }
    Ok(false)
}

/// Whether the process of a holder runs, if this process can see it.
fn is_running(holder: &Holder) -> Option<bool> {
    let (space, _) = holder.identity.as_deref()?.rsplit_once('/')?;
    let mine = identity(std::process::id())?;
    // A process of another container has other numbers.
    (mine.rsplit_once('/')?.0 == space).then(|| identity(holder.process) == holder.identity)
}

/// What no other process of any machine has: the machine's start, the namespace of process numbers, and the process's start.
fn identity(process: u32) -> Option<String> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let space = std::fs::read_link("/proc/self/ns/pid").ok()?;
    let stat = std::fs::read_to_string(Path::new("/proc").join(process.to_string()).join("stat")).ok()?;
    // The name of a program may have spaces and parentheses. Behind it is field 3, and the start is field 22.
    let start = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?;
    Some(format!("{}/{}/{start}", boot.trim(), space.display()))
}

/// Holders of one process, which may drive several outputs.
static HOLDERS: AtomicU64 = AtomicU64::new(0);

impl Holder {
    fn new() -> Self {
        let process = std::process::id();
        let number = HOLDERS.fetch_add(1, Relaxed);
        let token = format!("{}-{number}", Uuid::new_v4());
        Holder { host: host(), process, token, identity: identity(process), beat: 0 }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} on {}", self.process, self.host)
    }
}

fn text(holder: &Holder) -> Result<String> {
    serde_json::to_string(holder).map_err(|error| Error::Pipeline(error.to_string()))
}

fn name() -> String {
    format!("{MEMORY}/driver.json")
}

fn cancellation() -> String {
    format!("{MEMORY}/driver.json.cancel")
}

/// The name of this machine; containers have one each.
fn host() -> String {
    let from_system = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = from_system.or_else(|| std::env::var("HOSTNAME").ok()).unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "this machine".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(folder: &tempfile::TempDir) -> Output {
        let runtime = annota::files::runtime().expect("a runtime");
        Output::open(&runtime, &folder.path().to_string_lossy()).expect("an output")
    }

    async fn written(output: &Output, holder: &Holder) {
        output.write(&name(), text(holder).expect("text")).await.expect("written");
    }

    #[tokio::test]
    async fn one_driver_holds_an_output() {
        let folder = tempfile::tempdir().expect("a folder");
        let output = output(&folder);
        let lease = Lease::take(&output).await.expect("a lease");
        let error = Lease::take(&output).await.err().expect("refused").to_string();
        assert!(error.contains("is being written by process") && error.contains("jobs cancel"), "{error}");
        lease.confirm().await.expect("held");
        lease.release().await.expect("released");
        assert!(folder.path().read_dir().is_ok_and(|mut files| files.next().is_none()) || !folder.path().exists());
        Lease::take(&output).await.expect("free").release().await.expect("released");
    }

    #[tokio::test]
    async fn a_process_number_that_lives_again_holds_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let output = output(&folder);
        // This test's own process number, with another start.
        let mut gone = Holder::new();
        let Some(identity) = gone.identity.clone() else {
            eprintln!("skipped: a_process_number_that_lives_again_holds_nothing: no /proc");
            return;
        };
        let (space, start) = identity.rsplit_once('/').expect("parts");
        gone.identity = Some(format!("{space}/{}", start.parse::<u64>().expect("a number") - 1));
        written(&output, &gone).await;
        cancel(&output, &gone).await.expect("asked");
        let lease = Lease::take(&output).await.expect("a lease");
        tokio::time::sleep(BEAT + BEAT / 2).await;
        lease.check().expect("the cancellation was for another");
        lease.release().await.expect("released");
    }

    #[tokio::test]
    async fn holders_elsewhere_are_judged_by_their_renewals() {
        let folder = tempfile::tempdir().expect("a folder");
        let output = output(&folder);
        // A process of another container may have this host's name and this process's number.
        let other = Holder { identity: Some("boot/pid:[1]/7".to_owned()), ..Holder::new() };
        assert_eq!(is_running(&other), None);
        written(&output, &other).await;
        let [beat, patience] = [20, 400].map(Duration::from_millis);
        let renewed = async {
            tokio::time::sleep(beat * 3).await;
            written(&output, &Holder { beat: 1, ..other.clone() }).await;
        };
        let (is_working, ()) = tokio::join!(is_renewing(&output, &other, beat, patience), renewed);
        assert!(is_working.expect("judged"));
        let other = Holder { beat: 1, ..other };
        assert!(!is_renewing(&output, &other, beat, patience).await.expect("judged"));
    }

    #[tokio::test]
    async fn a_cancelled_or_lost_lease_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let output = output(&folder);
        let lease = Lease::take(&output).await.expect("a lease");
        let holder = read(&output).await.expect("read").expect("a holder");
        cancel(&output, &holder).await.expect("asked");
        tokio::time::sleep(BEAT + BEAT / 2).await;
        assert!(lease.check().expect_err("cancelled").to_string().contains("cancelled"));
        written(&output, &Holder::new()).await;
        assert!(lease.confirm().await.is_err());
    }
}
