//! What an output is before a job writes to it.

use std::collections::{HashMap, HashSet};

use annota::{Error, Result};
use serde::{Deserialize, Serialize};

use super::Job;
use super::journal::{self, MANIFEST, folder};
use super::lease;
use super::output::{MEMORY, Output, OutputFile, SUCCESS};
use super::provenance::{Fact, check};
use super::shard::Record;

/// What is remembered of a job beside its shards.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {
    pub id: String,
    pub job: Job,
    pub facts: Vec<Fact>,
    pub shards: u64,
    pub rows: u64,
}

/// An output as it is found.
#[derive(Debug)]
pub struct Standing {
    files: Vec<OutputFile>,
    /// The files that make it up.
    pub manifest: Vec<Record>,
    /// The jobs that wrote it, or began to.
    pub plans: Vec<Plan>,
    pub is_whole: bool,
}

/// What a job has to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Nothing that is there is kept.
    Afresh,
    /// What is there is kept, and the job's own shards among it are not done again.
    Further,
    /// The job is done.
    Done,
}

impl Standing {
    /// # Errors
    /// An output that holds what no job has written.
    pub async fn of(output: &Output) -> Result<Self> {
        let files = output.files().await?;
        if let Some(foreign) = files.iter().find(|file| !is_output(&file.name)) {
            let foreign = &foreign.name;
            return Err(Error::Pipeline(format!(
                "output `{output}` holds `{foreign}`, which no job has written: expected another folder"
            )));
        }
        let mut plans = Vec::new();
        for file in files.iter().filter(|file| file.name.ends_with("/job.json")) {
            let text = output.read(&file.name).await?.unwrap_or_default();
            plans.extend(serde_json::from_slice::<Plan>(&text).ok());
        }
        let is_whole = files.iter().any(|file| file.name == SUCCESS);
        Ok(Standing { manifest: journal::manifest(output).await?, files, plans, is_whole })
    }

    /// # Errors
    /// An output of other jobs that this one may neither replace nor add to.
    pub fn start(&self, output: &Output, job: &Job, id: &str, facts: &[Fact]) -> Result<Start> {
        let is_known = self.plans.iter().any(|plan| plan.id == id);
        if self.files.is_empty() || self.is_whole && job.overwrite {
            return Ok(Start::Afresh);
        }
        if is_known {
            return Ok(if self.is_whole { Start::Done } else { Start::Further });
        }
        if job.overwrite {
            return Ok(Start::Afresh);
        }
        if job.append || job.key.is_some() {
            self.plans.iter().try_for_each(|plan| check(&output.to_string(), &plan.facts, facts))?;
            return Ok(Start::Further);
        }
        let what = if self.is_whole {
            "is not empty"
        } else {
            "holds an unfinished job of other input or settings, so it is not empty"
        };
        Err(Error::Pipeline(format!(
            "output `{output}` {what}: expected an empty folder, or leave to overwrite or to append"
        )))
    }

    /// The files of the output that other jobs have written.
    pub fn of_others(&self, id: &str) -> Vec<Record> {
        self.manifest.iter().filter(|record| record.job != id).cloned().collect()
    }

    /// # Errors
    /// A driver that works on the output.
    pub async fn check_free(&self, output: &Output) -> Result<()> {
        for plan in &self.plans {
            if let Some(sign) = lease::read(output, &plan.id).await?
                && lease::lives(output, &plan.id, &sign).await?
            {
                return Err(lease::taken(output, &sign));
            }
        }
        Ok(())
    }

    /// Removes all that is there.
    pub async fn clear(&self, output: &Output) -> Result<()> {
        let names: Vec<String> = self.files.iter().map(|file| file.name.clone()).collect();
        output.remove(&names).await
    }
}

/// Makes an output whole: it is of the files of `manifest`, and of no others.
///
/// # Errors
/// A file that is missing, or not of the size that it was written with.
pub async fn complete(output: &Output, id: &str, manifest: &[Record]) -> Result<()> {
    output.sweep()?;
    let files = output.files().await?;
    let sizes: HashMap<&str, u64> = files.iter().map(|file| (file.name.as_str(), file.bytes)).collect();
    let mut parts = HashSet::new();
    for record in manifest {
        let Some(name) = &record.output else { continue };
        if sizes.get(name.as_str()) != Some(&record.bytes) {
            return Err(Error::Pipeline(format!(
                "output `{output}` lacks `{name}` as it was written: run the job again"
            )));
        }
        parts.insert(name.as_str());
    }
    output.write(MANIFEST, journal::lines(manifest)?).await?;
    let journal = format!("{}/journal-", folder(id));
    let is_left_over = |name: &str| name.starts_with("part-") && !parts.contains(name) || name.starts_with(&journal);
    let left_over: Vec<String> = files.iter().map(|file| file.name.clone()).filter(|name| is_left_over(name)).collect();
    output.remove(&left_over).await?;
    output.write(SUCCESS, "").await
}

fn is_output(name: &str) -> bool {
    name == SUCCESS || name.starts_with(&format!("{MEMORY}/")) || name.starts_with("part-")
}
