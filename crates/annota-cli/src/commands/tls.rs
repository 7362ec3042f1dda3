use std::path::PathBuf;

use annota_cluster::secure::{TlsFiles, make_certificates};
use clap::{Args, Subcommand};

/// Certificates between the processes of a cluster
#[derive(Args)]
pub struct TlsArgs {
    #[command(subcommand)]
    command: TlsCommand,
}

#[derive(Subcommand)]
enum TlsCommand {
    /// Makes a test authority, and certificates for servers and for clients that hold for a year
    Init {
        /// The folder to write
        #[arg(long, default_value = "tls")]
        dir: PathBuf,
        /// A host name or address of a scheduler or executor, beside localhost; may be repeated
        #[arg(long)]
        host: Vec<String>,
    },
}

pub fn run(args: TlsArgs) -> anyhow::Result<()> {
    let TlsCommand::Init { dir, host } = args.command;
    let made = make_certificates(&dir, &host)?;
    say!("schedulers and executors: {}", flags(&made.server))?;
    say!("clients:                  {}", flags(&made.client))?;
    Ok(())
}

fn flags(files: &TlsFiles) -> String {
    format!("--tls-ca {} --tls-cert {} --tls-key {}", files.ca.display(), files.cert.display(), files.key.display())
}
