use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use annota::files::{Listing, listing};
use annota::{Error, Result, Session};
use futures::future::LocalBoxFuture;

use super::driver::{Driver, Failed, State};
use super::journal::{self, Journal};
use super::lease::Lease;
use super::output::{Output, SUCCESS};
use super::report::{Pieces, engines};
use super::shard::{Record, Shard, Task, columns};
use super::standing::{Plan, Standing, Start, complete};
use super::workers::{Local, Workers};
use super::{Job, Progress, Summary, incremental, plan, provenance, query};

/// Runs a job in this process and tells `progress` now and then how far it is.
///
/// # Errors
/// Whatever stops it. Then the output has no `_SUCCESS`, and the same job run again does what is left.
pub fn run<'a>(session: &'a Session, job: &'a Job, progress: OnProgress<'a>) -> LocalBoxFuture<'a, Result<Summary>> {
    run_by(session, job, Arc::new(Local::new(session.settings())), progress)
}

/// Receives the progress of a job, several times a second.
pub type OnProgress<'a> = &'a mut (dyn FnMut(Progress) + Send);

/// The same by others; `session` is of this process, and plans.
///
/// # Errors
/// As [`run`].
pub fn run_by<'a>(
    session: &'a Session,
    job: &'a Job,
    workers: Arc<dyn Workers>,
    progress: OnProgress<'a>,
) -> LocalBoxFuture<'a, Result<Summary>> {
    Box::pin(drive(session, job, workers, progress))
}

async fn drive(session: &Session, job: &Job, workers: Arc<dyn Workers>, progress: OnProgress<'_>) -> Result<Summary> {
    let mut work = Work::plan(session, job).await?;
    let output = work.output.clone();
    if work.start == Start::Done {
        work.kept.clone_from(&work.standing.manifest);
        return Ok(work.summary(&[], 0, &State::default()));
    }
    if work.start == Start::Afresh {
        work.standing.check_free(&output).await?;
        work.standing.clear(&output).await?;
    }
    work.remember().await?;
    let lease = Lease::take(&output, &work.id).await?;
    let done = work.done_before().await?;
    let journal = Journal::new(&output, &work.id);
    output.remove(&[SUCCESS.to_owned()]).await?;
    let tasks = work.tasks(&done);
    let mut teller = Teller::new(&work, &done, progress);
    let mut driver = Driver { workers, job: &work.job, journal, lease };
    let (records, failed) = driver.drive(tasks, &mut |state, record| teller.tell(state, record)).await?;
    let state = teller.state;
    if let Some(first) = failed.first() {
        driver.lease.release().await?;
        return Err(not_done(&output, first, failed.len()));
    }
    let earlier = done.len();
    let records: Vec<Record> = done.into_iter().chain(records).collect();
    work.kept.extend(records.iter().cloned());
    work.kept.sort_by(|a, b| (&a.job, a.shard).cmp(&(&b.job, b.shard)));
    complete(&output, &work.id, &work.kept).await?;
    driver.lease.release().await?;
    Ok(work.summary(&records, earlier, &state))
}

fn not_done(output: &Output, first: &Failed, count: usize) -> Error {
    let Failed { task, reason } = first;
    let Shard { number, source, part, .. } = &task.shard;
    Error::Pipeline(format!(
        "{count} shards could not be done, so output `{output}` is not whole; the first is {number} ({source}, {part}): {reason}"
    ))
}

/// A job, planned.
struct Work {
    /// With all settings that a session may give.
    job: Job,
    id: String,
    facts: Vec<provenance::Fact>,
    columns: String,
    shards: Vec<Shard>,
    /// Rows of the input, those that stay as they are included.
    rows: u64,
    /// Files of the output that stay.
    kept: Vec<Record>,
    output: Output,
    standing: Standing,
    start: Start,
    begin: Instant,
    before: annota::models::engine::Snapshot,
}

impl Work {
    async fn plan(session: &Session, job: &Job) -> Result<Self> {
        let (begin, before) = (Instant::now(), engines());
        let job = settled(session, job)?;
        let state = session.context().state();
        let input: Listing = listing(&state, &job.input).await?;
        query::check(session, &job, &input.schema).await?;
        let facts = provenance::facts(session, &job)?;
        let runtime = state.runtime_env();
        let output = Output::open(runtime, &job.output)?;
        let standing = Standing::of(&output).await?;
        let earlier = if job.key.is_some() && !job.overwrite { standing.manifest.as_slice() } else { &[] };
        let id = provenance::id(&job, &facts, &input, earlier);
        let start = standing.start(&output, &job, &id, &facts)?;
        // What is done need not be cut again; that would read all texts.
        let done = standing.plans.iter().find(|plan| start == Start::Done && plan.id == id);
        let (mut shards, rows) = match done {
            Some(plan) => (Vec::new(), plan.rows),
            None => {
                let shards = plan::shards(runtime, &input, job.shard_rows).await?;
                let rows = shards.iter().map(|shard| shard.rows).sum();
                (shards, rows)
            }
        };
        let mut kept = if start == Start::Afresh { Vec::new() } else { standing.of_others(&id) };
        if let Some(key) = job.key.as_ref().filter(|_| start != Start::Done) {
            let names = incremental::Names { key, text: &job.text_column };
            let changes = incremental::changes(runtime, &shards, &input.schema, names, &output, kept).await?;
            (shards, kept) = (changes.shards, changes.kept);
        }
        let columns = columns::write(&input.schema)?;
        Ok(Work { job, id, facts, columns, shards, rows, kept, output, standing, start, begin, before })
    }

    async fn remember(&self) -> Result<()> {
        let plan = Plan {
            id: self.id.clone(),
            job: self.job.clone(),
            facts: self.facts.clone(),
            shards: self.shards.len() as u64,
            rows: self.rows,
        };
        let text = serde_json::to_string_pretty(&plan).map_err(|error| Error::Pipeline(error.to_string()))?;
        self.output.write(&format!("{}/job.json", journal::folder(&self.id)), text).await
    }

    /// Shards that an earlier run of the same job has done, and whose files are there.
    async fn done_before(&self) -> Result<Vec<Record>> {
        let files = self.output.files().await?;
        let sizes: HashMap<&str, u64> = files.iter().map(|file| (file.name.as_str(), file.bytes)).collect();
        let is_there = |record: &Record| match &record.output {
            Some(name) => sizes.get(name.as_str()) == Some(&record.bytes),
            None => true,
        };
        let mut records = journal::read(&self.output, &self.id).await?;
        // A driver may have died after it wrote the manifest.
        let listed =
            self.standing.manifest.iter().filter(|record| record.job == self.id && self.start == Start::Further);
        records.extend(listed.map(|record| (record.shard, record.clone())));
        Ok(records.into_values().filter(is_there).collect())
    }

    fn tasks(&self, done: &[Record]) -> Vec<Task> {
        let done: BTreeSet<u64> = done.iter().map(|record| record.shard).collect();
        let left = self.shards.iter().filter(|shard| !done.contains(&shard.number));
        left.map(|shard| Task {
            id: self.id.clone(),
            job: self.job.clone(),
            columns: self.columns.clone(),
            facts: self.facts.clone(),
            shard: shard.clone(),
        })
        .collect()
    }

    fn summary(&self, records: &[Record], earlier: usize, state: &State) -> Summary {
        let all = &self.kept;
        let mut pieces = Pieces::default();
        records[earlier..].iter().for_each(|record| pieces.add(record));
        let devices: BTreeSet<String> =
            records.iter().map(|record| record.device.clone()).filter(|device| !device.starts_with("none")).collect();
        Summary {
            input_rows: self.rows,
            output_rows: all.iter().map(|record| record.output_rows).sum(),
            files: all.iter().filter(|record| record.output.is_some()).count(),
            shards: records.len() - earlier,
            earlier_shards: earlier,
            retries: state.retries,
            rejected: all.iter().map(|record| record.rejected).sum(),
            tokens: pieces.total(),
            engine: engines().since(self.before),
            elapsed: self.begin.elapsed(),
            model: self.job.model.clone().unwrap_or_default(),
            devices: devices.into_iter().collect(),
        }
    }
}

/// What a session would give said by the job itself, and paths that mean the same everywhere on this machine.
fn settled(session: &Session, job: &Job) -> Result<Job> {
    if job.shard_rows == Some(0) {
        return Err(Error::Pipeline("shard_rows is `0`: expected a number above 0".to_owned()));
    }
    let options = session.options();
    let model = query::model(session, job);
    let is_folder = Path::new(&model).is_dir();
    let output = match job.output.contains("://") {
        true => job.output.clone(),
        false => std::path::absolute(&job.output)?.to_string_lossy().into_owned(),
    };
    Ok(Job {
        model: Some(if is_folder { std::path::absolute(&model)?.to_string_lossy().into_owned() } else { model }),
        profile: Some(job.profile.clone().unwrap_or_else(|| options.profile.name().to_owned())),
        offsets: Some(job.offsets.clone().unwrap_or_else(|| options.offsets.name().to_owned())),
        output,
        ..job.clone()
    })
}

/// Says how far a job is.
struct Teller<'a> {
    progress: OnProgress<'a>,
    total: u64,
    /// Rows that are done before the driver begins.
    earlier: u64,
    before: annota::models::engine::Snapshot,
    pieces: Pieces,
    begin: Instant,
    state: State,
}

impl<'a> Teller<'a> {
    fn new(work: &Work, done: &[Record], progress: OnProgress<'a>) -> Self {
        let left: u64 = work.tasks(done).iter().map(|task| task.shard.rows).sum();
        Teller {
            progress,
            total: work.rows,
            earlier: work.rows.saturating_sub(left),
            before: work.before,
            pieces: Pieces::default(),
            begin: work.begin,
            state: State::default(),
        }
    }

    fn tell(&mut self, state: State, record: Option<&Record>) {
        record.into_iter().for_each(|record| self.pieces.add(record));
        self.state = state;
        let here = engines().since(self.before).pieces;
        (self.progress)(Progress {
            rows: (self.earlier + state.rows + state.rows_under_way).min(self.total),
            total: self.total,
            tokens: here.max(self.pieces.total()),
            elapsed: self.begin.elapsed(),
            workers: state.processes,
            failed: state.failed,
        });
    }
}
