use annota::{ProcessSettings, Session};
use annota_cluster::job;
use clap::{Args, Subcommand};

/// Looks after batch jobs, by their outputs
#[derive(Args)]
pub struct JobsArgs {
    #[command(subcommand)]
    command: JobsCommand,
}

#[derive(Subcommand)]
enum JobsCommand {
    /// How far the jobs of an output are, and who works on them
    Status {
        /// The output of `annota run`
        output: String,
    },
    /// Stops whoever works on an output; running the job again goes on from there
    Cancel {
        /// The output of `annota run`
        output: String,
    },
}

pub async fn run(args: JobsArgs, settings: &ProcessSettings) -> anyhow::Result<()> {
    let session = Session::with_settings(settings)?;
    match args.command {
        JobsCommand::Status { output } => {
            for status in job::status(&session, &output).await? {
                say!("{status}")?;
            }
        }
        JobsCommand::Cancel { output } => match job::cancel(&session, &output).await? {
            0 => say!("nobody works on `{output}`")?,
            drivers => say!("asked {drivers} to stop")?,
        },
    }
    Ok(())
}
