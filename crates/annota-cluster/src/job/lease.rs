//! One driver an output: it leaves a sign of life there, which others look for.

use std::time::Duration;

use annota::{Error, Result};
use serde::{Deserialize, Serialize};

use super::journal;
use super::output::Output;

/// How often a driver gives a sign.
pub const BEAT: Duration = Duration::from_secs(2);
/// How long others wait for the next.
const PATIENCE: Duration = Duration::from_secs(12);

/// A sign of life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sign {
    pub host: String,
    pub process: u32,
    pub beat: u64,
}

/// Held while a driver works on an output.
pub struct Lease<'a> {
    output: &'a Output,
    name: String,
    sign: Sign,
}

impl<'a> Lease<'a> {
    /// Waits until whoever holds the output is known to be gone.
    ///
    /// # Errors
    /// Another driver that lives.
    pub async fn take(output: &'a Output, job: &str) -> Result<Self> {
        let name = name_of(job);
        let lease = Lease { output, name, sign: Sign { host: host(), process: std::process::id(), beat: 0 } };
        if output.create(&lease.name, lease.text()?).await? {
            return Ok(lease);
        }
        if let Some(other) = read(output, job).await?
            && lives(output, job, &other).await?
        {
            return Err(taken(output, &other));
        }
        output.write(&lease.name, lease.text()?).await?;
        Ok(lease)
    }

    /// Gives a sign.
    ///
    /// # Errors
    /// Another driver has taken over, or somebody has cancelled the job.
    pub async fn beat(&mut self) -> Result<()> {
        let found: Option<Sign> = parse(self.output.read(&self.name).await?.as_deref())?;
        if let Some(other) = found.filter(|found| (&found.host, found.process) != (&self.sign.host, self.sign.process))
        {
            let (process, host) = (other.process, other.host);
            return Err(Error::Pipeline(format!("process {process} on {host} has taken over the output")));
        }
        if self.output.read(&cancelled(&self.name)).await?.is_some() {
            self.output.remove(&[cancelled(&self.name)]).await?;
            return Err(Error::Pipeline("the job was cancelled".to_owned()));
        }
        self.sign.beat += 1;
        self.output.write(&self.name, self.text()?).await
    }

    /// Lets the output go.
    pub async fn release(self) -> Result<()> {
        self.output.remove(&[self.name]).await
    }

    fn text(&self) -> Result<String> {
        serde_json::to_string(&self.sign).map_err(|error| Error::Pipeline(error.to_string()))
    }
}

/// The error of whom another driver is in the way.
pub fn taken(output: &Output, other: &Sign) -> Error {
    let Sign { host, process, .. } = other;
    Error::Pipeline(format!(
        "output `{output}` is being written by process {process} on {host}: expected to be the only one; `annota jobs cancel` stops it"
    ))
}

/// Who works on a job, if anybody does.
pub async fn read(output: &Output, job: &str) -> Result<Option<Sign>> {
    parse(output.read(&name_of(job)).await?.as_deref())
}

/// Asks the driver of a job to stop.
pub async fn cancel(output: &Output, job: &str) -> Result<()> {
    output.write(&cancelled(&name_of(job)), "").await
}

/// Whether a driver gives signs still.
pub async fn lives(output: &Output, job: &str, sign: &Sign) -> Result<bool> {
    if sign.host == host() && cfg!(target_os = "linux") {
        return Ok(
            sign.process != std::process::id() && std::path::Path::new(&format!("/proc/{}", sign.process)).exists()
        );
    }
    let mut waited = Duration::ZERO;
    while waited < PATIENCE {
        tokio::time::sleep(BEAT).await;
        waited += BEAT;
        if read(output, job).await?.is_some_and(|found| found != *sign) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn name_of(job: &str) -> String {
    format!("{}/driver.json", journal::folder(job))
}

fn cancelled(name: &str) -> String {
    format!("{name}.cancel")
}

fn parse(text: Option<&[u8]>) -> Result<Option<Sign>> {
    // A sign that is half written is none.
    Ok(text.and_then(|text| serde_json::from_slice(text).ok()))
}

/// The name of this machine; containers have one each.
fn host() -> String {
    let from_system = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = from_system.or_else(|| std::env::var("HOSTNAME").ok()).unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "this machine".to_owned() } else { name.to_owned() }
}
