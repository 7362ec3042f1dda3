//! What an output is before a job writes to it.

use std::collections::{BTreeMap, HashMap, HashSet};

use annota::{Error, Result};
use serde::{Deserialize, Serialize};

use super::Job;
use super::journal;
use super::output::{MEMORY, Output, OutputFile, SUCCESS};
use super::provenance::{Content, Fact, check};
use super::shard::Record;

/// What is kept of a job beside its shards.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {
    pub id: String,
    pub job: Job,
    pub facts: Vec<Fact>,
    #[serde(default)]
    pub inputs: Vec<Content>,
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
    /// Shards that jobs have done since, by the job.
    pub journals: BTreeMap<String, Vec<Record>>,
    pub is_whole: bool,
}

/// What a job has to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// None of the job's shards is done.
    Afresh,
    /// What the job has done before is not done again.
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
        let (mut plans, mut journals) = (Vec::new(), BTreeMap::new());
        for file in files.iter().filter(|file| file.name.ends_with("/job.json")) {
            let text = output.read(&file.name).await?.unwrap_or_default();
            plans.extend(serde_json::from_slice::<Plan>(&text).ok());
        }
        for Plan { id, .. } in &plans {
            let records: Vec<Record> = journal::read(output, id, &files).await?.into_values().collect();
            if !records.is_empty() {
                journals.insert(id.clone(), records);
            }
        }
        let is_whole = files.iter().any(|file| file.name == SUCCESS);
        Ok(Standing { manifest: journal::manifest(output).await?, files, plans, journals, is_whole })
    }

    /// # Errors
    /// An output of other jobs that this one may neither replace nor add to.
    pub fn start(&self, output: &Output, job: &Job, id: &str, facts: &[Fact]) -> Result<Start> {
        let has_begun = self.journals.contains_key(id);
        if job.overwrite {
            return Ok(if has_begun { Start::Further } else { Start::Afresh });
        }
        let is_listed = self.plans.iter().any(|plan| plan.id == id) && (job.key.is_none() || self.is_in_manifest(id));
        if self.is_whole && is_listed && !has_begun {
            return Ok(Start::Done);
        }
        let is_unfinished = !self.is_whole && (!self.manifest.is_empty() || !self.journals.is_empty());
        if self.is_whole && !job.append && job.key.is_none() {
            return Err(Error::Pipeline(format!(
                "output `{output}` holds another job: pass --overwrite to replace it, --append to add to it, or choose an empty folder"
            )));
        }
        if self.is_whole || is_unfinished {
            self.plans.iter().try_for_each(|plan| check(&output.to_string(), &plan.facts, facts))?;
            return Ok(Start::Further);
        }
        Ok(Start::Afresh)
    }

    fn is_in_manifest(&self, id: &str) -> bool {
        self.manifest.iter().any(|record| record.job == id)
    }

    /// The files of the output that other jobs have written.
    pub fn of_others(&self, id: &str) -> Vec<Record> {
        self.manifest.iter().filter(|record| record.job != id).cloned().collect()
    }

    /// The bytes of a file of a record, where it stands or where it waits for the end of its job.
    pub fn size(&self, record: &Record) -> Option<u64> {
        let name = record.output.as_ref()?;
        let waiting = journal::waiting(&record.job, name);
        let of = |name: &str| self.files.iter().find(|file| file.name == name).map(|file| file.bytes);
        of(&waiting).or_else(|| of(name))
    }

    /// Whether the file of a record is there as it was written. The size says so.
    pub fn is_there(&self, record: &Record) -> bool {
        record.output.is_none() || self.size(record) == Some(record.bytes)
    }

    /// # Errors
    /// A file that other jobs have written, and that is not there as it was.
    pub fn check_kept(&self, output: &Output, kept: &[Record]) -> Result<()> {
        match kept.iter().find(|record| !self.is_there(record)) {
            Some(Record { output: name, job, .. }) => {
                let name = name.as_deref().unwrap_or_default();
                Err(Error::Pipeline(format!(
                    "output `{output}` lacks `{name}` as job {job} wrote it: run that job again, or pass --overwrite"
                )))
            }
            None => Ok(()),
        }
    }

    /// What is known of the content of a file of an input, if it has not changed since.
    pub fn content(&self, file: &annota::files::InputFile) -> Option<&Content> {
        self.plans.iter().flat_map(|plan| &plan.inputs).find(|content| content.is_of(file))
    }

    /// Shards that unfinished jobs of the same settings have done, whatever input they had.
    pub fn done_by_others<'a>(&'a self, id: &'a str, facts: &'a [Fact]) -> impl Iterator<Item = &'a Record> {
        let is_same = move |plan: &&Plan| plan.id != id && check("", &plan.facts, facts).is_ok();
        let plans = self.plans.iter().filter(is_same);
        let records = plans.flat_map(|plan| self.journals.get(&plan.id).into_iter().flatten());
        records.filter(|record| !record.content.is_empty() && self.is_there(record))
    }

    /// Removes all that is there but the lease.
    ///
    /// # Errors
    /// A store that does not remove a file.
    pub async fn clear(&self, output: &Output) -> Result<()> {
        let is_lease = |name: &str| name.starts_with(&format!("{MEMORY}/driver.json"));
        let names = self.files.iter().map(|file| file.name.clone()).filter(|name| !is_lease(name));
        output.remove(&names.collect::<Vec<_>>()).await
    }
}

/// Makes an output whole: it is of the files of `manifest`, and of no others. What is done half is done to its end by
/// [`resume`].
///
/// # Errors
/// A file that is missing, or not of the size that it was written with.
pub async fn complete(output: &Output, manifest: &[Record]) -> Result<()> {
    output.sweep()?;
    let standing = Standing::of(output).await?;
    if let Some(Record { output: name, .. }) = manifest.iter().find(|record| !standing.is_there(record)) {
        let name = name.as_deref().unwrap_or_default();
        return Err(Error::Pipeline(format!("output `{output}` lacks `{name}` as it was written: run the job again")));
    }
    output.write(journal::COMMIT, journal::lines(manifest)?).await?;
    commit(output, manifest, &standing.files).await
}

/// Ends what [`complete`] has begun before its process died.
///
/// # Errors
/// As [`complete`].
pub async fn resume(output: &Output) -> Result<()> {
    if let Some(text) = output.read(journal::COMMIT).await? {
        let manifest = journal::parse(journal::COMMIT, &text)?;
        commit(output, &manifest, &output.files().await?).await?;
    }
    Ok(())
}

async fn commit(output: &Output, manifest: &[Record], files: &[OutputFile]) -> Result<()> {
    let names: HashSet<&str> = files.iter().map(|file| file.name.as_str()).collect();
    output.remove(&[SUCCESS.to_owned()]).await?;
    let mut parts = HashMap::new();
    for Record { output: name, job, .. } in manifest {
        let Some(name) = name else { continue };
        let waiting = journal::waiting(job, name);
        if names.contains(waiting.as_str()) {
            output.rename(&waiting, name).await?;
        }
        parts.insert(name.as_str(), job);
    }
    output.write(journal::MANIFEST, journal::lines(manifest)?).await?;
    let jobs: HashSet<&str> = manifest.iter().map(|record| record.job.as_str()).collect();
    let is_left_over = |name: &&str| {
        let Some(rest) = name.strip_prefix(MEMORY).and_then(|rest| rest.strip_prefix('/')) else {
            return name.starts_with("part-") && !parts.contains_key(name);
        };
        let Some((job, file)) = rest.split_once('/') else { return false };
        !jobs.contains(job) && !jobs.is_empty() || file.starts_with("journal-") || file.starts_with("part-")
    };
    let left_over = names.into_iter().filter(is_left_over).map(str::to_owned).collect::<Vec<_>>();
    output.remove(&left_over).await?;
    output.write(SUCCESS, "").await?;
    output.remove(&[journal::COMMIT.to_owned()]).await?;
    output.tidy();
    Ok(())
}

fn is_output(name: &str) -> bool {
    name == SUCCESS || name.starts_with(&format!("{MEMORY}/")) || name.starts_with("part-")
}
