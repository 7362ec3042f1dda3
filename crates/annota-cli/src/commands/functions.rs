use annota::{ProcessSettings, Session};
use clap::Args;
use datafusion::logical_expr::registry::FunctionRegistry;

/// Documents Annota's SQL functions
#[derive(Args)]
pub struct FunctionsArgs {
    /// Only this function
    name: Option<String>,
}

pub async fn run(args: FunctionsArgs, settings: &ProcessSettings) -> anyhow::Result<()> {
    let session = Session::with_settings(settings)?;
    let mut names = session.function_names();
    if let Some(name) = args.name {
        anyhow::ensure!(names.contains(&name), "function `{name}` is not known: expected one of {}", names.join(", "));
        names = vec![name];
    }
    let state = session.context().state();
    for name in names {
        let function = state.udf(&name)?;
        let Some(documentation) = function.documentation() else { continue };
        say!("{}\n    {}", documentation.syntax_example, documentation.description)?;
        for (argument, about) in documentation.arguments.iter().flatten() {
            say!("    {argument:16} {about}")?;
        }
        say!()?;
    }
    Ok(())
}
