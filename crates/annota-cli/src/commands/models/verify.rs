use annota::ProcessSettings;
use annota::models::{Model, Precision, store, verify};

/// Prints expected, got and difference, and fails where a value does not hold.
pub fn run(name: &str, files: Option<&str>, settings: &ProcessSettings) -> anyhow::Result<()> {
    let name = store::find(name).map_or(name, |model| model.name);
    let facts = verify::published(name)?;
    let model = Model::open(&store::resolve(files.unwrap_or(name))?, settings.device, Precision::F32)?;
    let ignored = &model.report().ignored;
    say!("{} tensors read, {} ignored, on {}", model.report().applied.len(), ignored.len(), model.device())?;
    let checks = verify::checks(&model, &facts)?;
    for check in &checks {
        let holds = if check.holds() { "ok" } else { "DIFFERS" };
        say!("\n{holds}  `{}`: {} ({})", check.of, check.what, check.source)?;
        say!("    expected    {}", numbers(&check.expected))?;
        say!("    got         {}", numbers(&check.got))?;
        say!("    difference  {:.2e} (at most {:.0e})", check.difference(), check.tolerance)?;
    }
    let wrong = checks.iter().filter(|check| !check.holds()).count();
    anyhow::ensure!(wrong == 0, "model `{name}`: {wrong} of {} published values differ", checks.len());
    Ok(())
}

fn numbers(values: &[f32]) -> String {
    values.iter().map(|value| format!("{value:9.6}")).collect::<Vec<_>>().join(" ")
}
