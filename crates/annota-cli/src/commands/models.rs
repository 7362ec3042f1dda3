use annota::models::store;
use clap::{Args, Subcommand};

/// Lists models and shows their cards
#[derive(Args)]
pub struct ModelsArgs {
    #[command(subcommand)]
    command: ModelsCommand,
}

#[derive(Subcommand)]
enum ModelsCommand {
    /// The models that have a short name, and where their files are
    List,
    /// The card of a model
    Show {
        /// A name, org/name, or a folder
        name: String,
    },
}

pub fn run(args: ModelsArgs) -> anyhow::Result<()> {
    match args.command {
        ModelsCommand::List => list(),
        ModelsCommand::Show { name } => show(&name)?,
    }
    Ok(())
}

fn list() {
    for model in store::MODELS {
        let place = store::local(model.name).map_or_else(|| "not here".to_owned(), |files| files.place());
        let repository = model.repository.unwrap_or("-");
        println!("{:24} {:3} {:24} {:52} {place}", model.name, model.language, repository, model.about);
    }
}

fn show(name: &str) -> anyhow::Result<()> {
    let files = store::resolve(name)?;
    match files.card() {
        Some(card) => println!("{}", card.trim_end()),
        None => println!("{name}: no card (README.md) in {}", files.place()),
    }
    Ok(())
}
