use std::path::PathBuf;
use std::sync::Arc;

use annota::text::Profile;
use annota::{ProcessSettings, Session};
use annota_cluster::job::{self, Cluster, Job, Level, Local, VectorType, Workers};
use annota_cluster::roles::{Signal, asked_to_stop};
use anyhow::Context;
use clap::Args;

use super::access::AccessArgs;
use super::reading::ReadArgs;
use crate::listed::{DEVICE_CLASSES, LEVELS, LONG, ON_ERROR, POOLINGS, PRECISIONS, VECTOR_TYPES, listed};
use crate::progress::JobBar;

/// Runs a batch job: files with texts in, a folder of Parquet with vectors out
#[derive(Args)]
pub struct RunArgs {
    /// A job.toml; flags stand above what it says
    job: Option<PathBuf>,
    /// A file, folder, glob or URL of CSV, JSON or Parquet, also compressed; may be repeated
    #[arg(long)]
    input: Vec<String>,
    /// The column of texts
    #[arg(long)]
    text_column: Option<String>,
    /// The part of a text that each row of the output holds
    #[arg(long, value_parser = listed::<Level>(LEVELS))]
    level: Option<Level>,
    /// The folder to write, or its URL in an object store
    #[arg(long)]
    output: Option<String>,
    /// How the states of a text become one vector; as the model says by default
    #[arg(long, value_parser = listed::<String>(POOLINGS))]
    pooling: Option<String>,
    /// What to do with a text that is longer than the model's maximum
    #[arg(long, value_parser = listed::<String>(LONG))]
    long: Option<String>,
    /// The numbers that the model multiplies: f32, bf16 or int8 on a CPU, f32 or f16 on a GPU
    #[arg(long, value_parser = listed::<String>(PRECISIONS), hide_possible_values = true)]
    precision: Option<String>,
    /// What to do with a text that cannot be embedded
    #[arg(long, value_parser = listed::<String>(ON_ERROR))]
    on_error: Option<String>,
    /// The type of the vectors' column: list opens everywhere, fixed is what LanceDB wants
    #[arg(long, value_parser = listed::<VectorType>(VECTOR_TYPES))]
    vector_type: Option<VectorType>,
    /// Prefix for the names of the columns that the job adds
    #[arg(long)]
    column_prefix: Option<String>,
    /// Replace an output that is there
    #[arg(long)]
    overwrite: bool,
    /// Add files to an output that is there, if the same model and settings made it
    #[arg(long, conflicts_with = "overwrite")]
    append: bool,
    /// The column that tells rows apart: compute only texts that are new or changed since the output was written
    #[arg(long, conflicts_with_all = ["overwrite", "append"])]
    key: Option<String>,
    /// Rows of a shard, the part of a job that is written as one file; by the size of the input by default
    #[arg(long)]
    shard_rows: Option<u64>,
    /// How often a shard is tried
    #[arg(long)]
    attempts: Option<u32>,
    /// Shards that may fail for good before the job gives up on the rest
    #[arg(long)]
    max_failures: Option<usize>,
    /// Seconds that a shard may take
    #[arg(long)]
    shard_seconds: Option<u64>,
    /// Run on the cluster of this scheduler: df://host:port
    #[arg(long, env = "ANNOTA_CLUSTER")]
    cluster: Option<String>,
    /// Run only on executors of this kind
    #[arg(long, env = "ANNOTA_DEVICE_CLASS", requires = "cluster", value_parser = listed::<String>(DEVICE_CLASSES))]
    device_class: Option<String>,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    access: AccessArgs,
    /// `--profile`, if it is given: a flag of all commands.
    #[arg(skip)]
    pub profile: Option<Profile>,
    /// No summary
    #[arg(short, long)]
    quiet: bool,
}

impl RunArgs {
    fn job(&self, settings: &ProcessSettings) -> anyhow::Result<Job> {
        let mut job = match &self.job {
            Some(path) => Job::load(path)?,
            None => {
                let output = self.output.clone().context("no output: expected --output FOLDER, or a job.toml")?;
                anyhow::ensure!(!self.input.is_empty(), "no input: expected --input FILE, or a job.toml");
                Job::new(self.input.clone(), output)
            }
        };
        fn set<T: Clone>(field: &mut T, flag: Option<&T>) {
            if let Some(value) = flag {
                field.clone_from(value);
            }
        }
        set(&mut job.input, Some(&self.input).filter(|input| !input.is_empty()));
        set(&mut job.output, self.output.as_ref());
        set(&mut job.text_column, self.text_column.as_ref());
        set(&mut job.level, self.level.as_ref());
        job.pooling = self.pooling.clone().or(job.pooling);
        job.long = self.long.clone().or(job.long);
        set(&mut job.precision, self.precision.as_ref());
        set(&mut job.on_error, self.on_error.as_ref());
        set(&mut job.vector_type, self.vector_type.as_ref());
        job.read.extend(self.read.values());
        set(&mut job.column_prefix, self.column_prefix.as_ref());
        job.model = settings.model.clone().or(job.model);
        job.profile = self.profile.map(|profile| profile.name().to_owned()).or(job.profile);
        job.key = self.key.clone().or(job.key);
        job.shard_rows = self.shard_rows.or(job.shard_rows);
        set(&mut job.attempts, self.attempts.as_ref());
        set(&mut job.max_failures, self.max_failures.as_ref());
        set(&mut job.shard_seconds, self.shard_seconds.as_ref());
        job.device_class = self.device_class.clone().or(job.device_class);
        job.overwrite |= self.overwrite;
        job.append |= self.append;
        Ok(job)
    }
}

/// A job that somebody has stopped.
#[derive(Debug, thiserror::Error)]
#[error("{0}: the same command goes on where the job was")]
pub struct Stopped(pub Signal);

pub async fn run(args: RunArgs, settings: &ProcessSettings) -> anyhow::Result<()> {
    let job = args.job(settings)?;
    let session = Session::with_settings(settings)?;
    let workers = workers(&args, &job, settings).await?;
    let bar = JobBar::new();
    let mut show = |progress| bar.show(progress);
    let work = job::run_by(&session, &job, workers, &mut show);
    let summary = tokio::select! {
        summary = work => summary.map_err(anyhow::Error::from),
        signal = asked_to_stop() => Err(Stopped(signal?).into()),
    };
    bar.finish();
    let summary = summary?;
    if !args.quiet {
        say!("{summary}")?;
    }
    Ok(())
}

async fn workers(args: &RunArgs, job: &Job, settings: &ProcessSettings) -> anyhow::Result<Arc<dyn Workers>> {
    let Some(cluster) = &args.cluster else { return Ok(Arc::new(Local::new(settings))) };
    let class = job.device_class.as_ref().map(|class| class.parse()).transpose().map_err(anyhow::Error::msg)?;
    Ok(Arc::new(Cluster::connect(cluster, settings, &args.access.open()?, class).await?))
}
