mod download;
mod verify;

use std::path::PathBuf;

use annota::ProcessSettings;
use annota::models::import;
use annota::models::store::{self, ModelFiles};
use clap::{Args, Subcommand};

pub use download::show_downloads;

/// Lists, downloads, checks and imports models
#[derive(Args)]
pub struct ModelsArgs {
    #[command(subcommand)]
    command: ModelsCommand,
}

#[derive(Subcommand)]
enum ModelsCommand {
    /// The models that have a short name, and those in the cache, with where their files are
    List,
    /// Downloads the newest files of a model
    Pull {
        /// A name, org/name, org/name@revision, or the URL of a folder
        name: String,
    },
    /// The card of a model
    Show {
        /// A name, org/name, folder or URL
        name: String,
    },
    /// Compares a model's vectors with those that others have published
    Verify {
        /// The name of a model
        name: String,
        /// Take the files of this model instead: org/name, folder or URL
        #[arg(long)]
        files: Option<String>,
    },
    /// Makes a folder that Annota reads out of a model of Spark NLP's, TensorFlow's or ONNX'
    Import {
        /// A folder, or the prefix of a checkpoint
        from: PathBuf,
        /// The folder to write
        to: PathBuf,
    },
    /// Removes a model that was downloaded
    Rm {
        /// A name, org/name or URL
        name: String,
    },
}

pub fn run(args: ModelsArgs, settings: &ProcessSettings) -> anyhow::Result<()> {
    match args.command {
        ModelsCommand::List => list()?,
        ModelsCommand::Pull { name } => say!("{name}: {}", store::pull(&name)?.place())?,
        ModelsCommand::Show { name } => show(&name)?,
        ModelsCommand::Verify { name, files } => verify::run(&name, files.as_deref(), settings)?,
        ModelsCommand::Import { from, to } => import(&from, &to)?,
        ModelsCommand::Rm { name } => say!("{name}: {:.1} MB freed", store::remove(&name)? as f64 / 1e6)?,
    }
    Ok(())
}

fn list() -> anyhow::Result<()> {
    for model in store::MODELS {
        let place = store::local(model.name).map_or_else(|| "not here".to_owned(), |files| files.place());
        let repository = model.repository.unwrap_or("-");
        say!("{:26} {:3} {:48} {:68} {place}", model.name, model.language, repository, model.about)?;
    }
    let named = |name: &str| store::MODELS.iter().any(|model| model.repository == Some(name));
    for (name, bytes) in store::cached()?.into_iter().filter(|(name, _)| !named(name)) {
        say!("{name:26} {:.1} MB in the cache", bytes as f64 / 1e6)?;
    }
    Ok(())
}

fn show(name: &str) -> anyhow::Result<()> {
    let files = store::resolve(name)?;
    match files.card() {
        Some(card) => say!("{}", card.trim_end())?,
        None => say!("{name}: no card (README.md) in {}", files.place())?,
    }
    say!("\nfiles        {}\nfingerprint  {}", files.place(), files.fingerprint()?)?;
    Ok(())
}

fn import(from: &std::path::Path, to: &std::path::Path) -> anyhow::Result<()> {
    let imported = import::import(from, to)?;
    ModelFiles::in_folder(&to.to_string_lossy(), to)?;
    let tensors = imported.tensors.map_or_else(String::new, |tensors| format!("{tensors} tensors, "));
    say!("{}: {}, {tensors}from {}", to.display(), imported.family, imported.weights)?;
    for guess in &imported.guessed {
        say!("guessed: {guess}")?;
    }
    Ok(())
}
