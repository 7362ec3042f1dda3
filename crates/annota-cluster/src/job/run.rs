use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use annota::files::{Listing, ReadOptions, absolute, listing};
use annota::{Error, Result, Session};
use futures::future::LocalBoxFuture;

use super::driver::{Driver, Failed, State};
use super::journal::{self, Journal};
use super::lease::Lease;
use super::output::Output;
use super::provenance::Content;
use super::read::Columns;
use super::report::{Pieces, engines};
use super::shard::{Record, Shard, Task};
use super::standing::{self, Plan, Standing, Start};
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
    let input = Input::look(session, job).await?;
    let lease = Lease::take(&input.output).await?;
    let driven = drive_alone(session, input, workers, progress, &lease).await;
    match driven {
        Ok(summary) => lease.release().await.map(|()| summary),
        // The first error says more than one of giving back.
        Err(error) => {
            let _ = lease.release().await;
            Err(error)
        }
    }
}

async fn drive_alone(
    session: &Session,
    input: Input,
    workers: Arc<dyn Workers>,
    progress: OnProgress<'_>,
    lease: &Lease,
) -> Result<Summary> {
    standing::resume(&input.output).await?;
    let mut work = Work::plan(session, input).await?;
    lease.confirm().await?;
    let output = work.output.clone();
    if work.start == Start::Done {
        return Ok(work.summary(&[], 0, &State::default()));
    }
    if work.start == Start::Afresh && !work.waits {
        work.standing.clear(&output).await?;
    }
    work.write_plan().await?;
    let done: Vec<Record> = work.done.values().cloned().collect();
    let journal = Journal::new(&output, &work.id);
    let tasks = work.tasks()?;
    let mut teller = Teller::new(&work, &tasks, progress);
    let mut driver = Driver { workers, job: &work.job, journal, lease };
    let driven = driver.drive(tasks, &mut |state, record| teller.tell(state, record)).await;
    // What is done is written down however the driver ended.
    driver.journal.flush().await?;
    let (records, failed) = driven?;
    let state = teller.state;
    if let Some(first) = failed.first() {
        return Err(not_done(&output, first, failed.len()));
    }
    let earlier = done.len();
    let records: Vec<Record> = done.into_iter().chain(records).collect();
    work.kept.extend(records.iter().cloned());
    work.kept.sort_by(|a, b| (&a.job, a.shard).cmp(&(&b.job, b.shard)));
    lease.confirm().await?;
    standing::complete(&output, &work.kept).await?;
    Ok(work.summary(&records, earlier, &state))
}

fn not_done(output: &Output, first: &Failed, count: usize) -> Error {
    let Failed { task, reason } = first;
    let (number, shards) = (task.shard.number, if count == 1 { "1 shard" } else { &format!("{count} shards") });
    // Reasons of reading name the file themselves.
    let place = if reason.starts_with("input `") {
        String::new()
    } else {
        format!(" ({}, {})", task.shard.input(), task.shard.part())
    };
    Error::Pipeline(format!(
        "{shards} of output `{output}` failed, so it is not complete (the same command does the rest and repeats nothing); shard {number}{place}: {reason}"
    ))
}

/// What is known of a job before it has the lease of its output.
struct Input {
    /// With all settings that a session may give.
    job: Job,
    listing: Listing,
    facts: Vec<provenance::Fact>,
    output: Output,
    begin: Instant,
    before: annota::models::engine::Snapshot,
}

impl Input {
    async fn look(session: &Session, job: &Job) -> Result<Self> {
        let (begin, before) = (Instant::now(), engines());
        let job = settled(session, job)?;
        let state = session.context().state();
        let mut options = job.read_options(&ReadOptions::of(state.config_options()))?;
        options.text_columns.push(job.text_column.clone());
        let listing = listing(&state, &job.input, &options).await?;
        query::check(session, &job, &listing).await?;
        let facts = provenance::facts(session, &job)?;
        let output = Output::open(state.runtime_env(), &job.output)?;
        Ok(Input { job, listing, facts, output, begin, before })
    }
}

/// A job, planned.
struct Work {
    job: Job,
    id: String,
    facts: Vec<provenance::Fact>,
    columns: Columns,
    inputs: Vec<Content>,
    left_out: Vec<String>,
    shards: Vec<Shard>,
    /// Rows of the input, those that stay as they are included.
    rows: u64,
    /// Files of the output that stay.
    kept: Vec<Record>,
    /// Shards that are done, by their numbers in this job.
    done: BTreeMap<u64, Record>,
    output: Output,
    standing: Standing,
    start: Start,
    /// Whether the job's files wait for its end, since the output is whole without them.
    waits: bool,
    begin: Instant,
    before: annota::models::engine::Snapshot,
}

impl Work {
    async fn plan(session: &Session, input: Input) -> Result<Self> {
        let Input { job, listing, facts, output, begin, before } = input;
        let runtime = session.context().runtime_env();
        let standing = Standing::of(&output).await?;
        let columns = Columns::of(&listing);
        let earlier = if job.key.is_some() && !job.overwrite { standing.manifest.as_slice() } else { &[] };
        // Files that have not changed since a job that is done need not be read to know that.
        let known: Option<Vec<Content>> = listing.files.iter().map(|file| standing.content(file).cloned()).collect();
        let mut cuts = None;
        let mut inputs = match known {
            Some(known) => known,
            None => contents(cuts.insert(plan::cuts(&runtime, &listing, job.shard_rows).await?)),
        };
        let mut id = provenance::id(&job, &facts, &inputs, earlier);
        let mut start = standing.start(&output, &job, &id, &facts)?;
        let mut kept = match () {
            () if start == Start::Done => standing.manifest.clone(),
            () if job.overwrite || start == Start::Afresh => Vec::new(),
            () if job.append || job.key.is_some() => standing.of_others(&id),
            () => Vec::new(),
        };
        if start == Start::Done && kept.iter().all(|record| standing.is_there(record)) {
            let rows = inputs.iter().map(|content| content.rows).sum();
            let (shards, done, left_out) = (Vec::new(), BTreeMap::new(), listing.left_out);
            return Ok(Work {
                job,
                id,
                facts,
                columns,
                inputs,
                left_out,
                shards,
                rows,
                kept,
                done,
                output,
                standing,
                start,
                waits: false,
                begin,
                before,
            });
        }
        if start == Start::Done {
            log::warn!("files of output `{output}` are missing or damaged: their shards are done again");
            (start, kept) = (Start::Further, standing.of_others(&id));
        }
        standing.check_kept(&output, &kept)?;
        let cuts = match cuts {
            Some(cuts) => cuts,
            None => plan::cuts(&runtime, &listing, job.shard_rows).await?,
        };
        inputs = contents(&cuts);
        id = provenance::id(&job, &facts, &inputs, earlier);
        let mut shards = plan::shards(&cuts, job.shard_rows);
        let rows = shards.iter().map(|shard| shard.rows).sum();
        if let Some(key) = &job.key {
            let names = incremental::Names { key, text: &job.text_column };
            let changes = incremental::changes(&runtime, &shards, &columns, names, &output, kept).await?;
            (shards, kept) = (changes.shards, changes.kept);
        }
        if shards.is_empty() && kept.is_empty() {
            // A file without rows, so that readers find the columns.
            shards.push(Shard::new(0));
        }
        let done = done_before(&standing, &id, &facts, &shards, job.key.is_some());
        let waits = standing.is_whole;
        let left_out = listing.left_out;
        Ok(Work {
            job,
            id,
            facts,
            columns,
            inputs,
            left_out,
            shards,
            rows,
            kept,
            done,
            output,
            standing,
            start,
            waits,
            begin,
            before,
        })
    }

    async fn write_plan(&self) -> Result<()> {
        let plan = Plan {
            id: self.id.clone(),
            job: self.job.clone(),
            facts: self.facts.clone(),
            inputs: self.inputs.clone(),
            shards: self.shards.len() as u64,
            rows: self.rows,
        };
        let text = serde_json::to_string_pretty(&plan).map_err(|error| Error::Pipeline(error.to_string()))?;
        self.output.write(&format!("{}/job.json", journal::folder(&self.id)), text).await
    }

    fn tasks(&self) -> Result<Vec<Task>> {
        let (columns, folder_columns) = (self.columns.files_text()?, self.columns.folders_text()?);
        let left = self.shards.iter().filter(|shard| !self.done.contains_key(&shard.number));
        let task = |shard: &Shard| Task {
            id: self.id.clone(),
            job: self.job.clone(),
            columns: columns.clone(),
            folder_columns: folder_columns.clone(),
            facts: self.facts.clone(),
            waits: self.waits,
            shard: shard.clone(),
        };
        Ok(left.map(task).collect())
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
            is_done_before: self.start == Start::Done,
            left_out: self.left_out.clone(),
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

fn contents(cuts: &[plan::Cut]) -> Vec<Content> {
    cuts.iter().map(Content::of).collect()
}

/// The records of shards that are done: by this job, or with the same rows by one over another state of the input.
fn done_before(
    standing: &Standing,
    id: &str,
    facts: &[provenance::Fact],
    shards: &[Shard],
    is_incremental: bool,
) -> BTreeMap<u64, Record> {
    let listed = standing.manifest.iter().filter(|record| record.job == id);
    let own = standing.journals.get(id).into_iter().flatten().chain(listed);
    let own: HashMap<u64, &Record> =
        own.filter(|record| standing.is_there(record)).map(|record| (record.shard, record)).collect();
    // Shards of incremental jobs also depend on what was there before.
    let others = standing.done_by_others(id, facts).filter(|_| !is_incremental);
    let mut by_content: HashMap<&str, Vec<&Record>> = HashMap::new();
    for record in others {
        by_content.entry(record.content.as_str()).or_default().push(record);
    }
    let done = |shard: &Shard| {
        let own = own.get(&shard.number).copied();
        // Equal rows may be there more than once: each record serves one shard.
        let found = own.or_else(|| by_content.get_mut(shard.content().as_str()).and_then(Vec::pop))?;
        Some((shard.number, found.clone()))
    };
    shards.iter().filter_map(done).collect()
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
        false => absolute(Path::new(&job.output))?.to_string_lossy().into_owned(),
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
    fn new(work: &Work, tasks: &[Task], progress: OnProgress<'a>) -> Self {
        let left: u64 = tasks.iter().map(|task| task.shard.rows).sum();
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
