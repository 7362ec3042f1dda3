use annota::ProcessSettings;
use annota::models::store::{self, ModelFiles};
use annota::models::{DeviceInfo, DeviceSpec, Hardware, Model, Precision, Verdict, devices};
use clap::{Args, ValueEnum};
use serde::Serialize;

/// Lists the CPU and the GPUs that this build reaches: driver, kernels, numbers, and whether they agree with the CPU
#[derive(Args)]
pub struct DevicesArgs {
    /// Compare with the CPU now: the device of --device, or every GPU where that is auto
    #[arg(long)]
    check: bool,
    /// The numbers in which a GPU and the CPU are compared: f32 or f16
    #[arg(long, default_value = "f32")]
    precision: Precision,
    /// How the list is printed
    #[arg(long, value_enum, default_value = "table")]
    format: ListFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ListFormat {
    Table,
    Json,
}

/// A device of the list, as JSON has it.
#[derive(Debug, Serialize)]
struct Row {
    device: String,
    name: String,
    kind: String,
    api: Option<&'static str>,
    driver: Option<String>,
    kernels: String,
    f16: bool,
    bf16: bool,
    cooperative_matrices: bool,
    memory_bytes: Option<u64>,
    /// `passed`, `failed` or `not run`; none for the CPU, which GPUs are compared with.
    self_check: Option<&'static str>,
    /// In what a failed self-check differed, or why the device cannot be opened.
    reason: Option<String>,
    /// Whether `auto` is this device.
    auto: bool,
}

pub fn run(args: &DevicesArgs, settings: &ProcessSettings) -> anyhow::Result<()> {
    let name = settings.model.as_deref().unwrap_or(annota::functions::DEFAULT_MODEL);
    let files = store::resolve(name)?;
    // Before the list, so that a device that is not there is refused.
    let asked = if args.check { Some(settings.device.open()?.spec) } else { None };
    let is_checked = |device: &DeviceInfo| {
        asked.is_some_and(|asked| settings.device == DeviceSpec::Auto || asked == device.spec)
            && device.hardware != Hardware::Cpu
    };
    let rows: Vec<Row> =
        devices().into_iter().map(|device| row(&files, args.precision, is_checked(&device), device)).collect();
    match args.format {
        ListFormat::Table => print(&rows, name)?,
        ListFormat::Json => say!("{}", serde_json::to_string_pretty(&rows)?)?,
    }
    Ok(())
}

fn row(files: &ModelFiles, precision: Precision, is_checked: bool, device: DeviceInfo) -> Row {
    let (self_check, reason) = match &device.error {
        _ if device.hardware == Hardware::Cpu => (None, None),
        Some(reason) => (None, Some(reason.clone())),
        None => verdict(files, device.spec, precision, is_checked),
    };
    Row {
        device: device.spec.to_string(),
        name: device.name,
        kind: device.hardware.to_string(),
        api: device.api,
        driver: device.driver,
        kernels: device.kernels,
        f16: device.f16,
        bf16: device.bf16,
        cooperative_matrices: device.cooperative_matrices,
        memory_bytes: device.memory,
        self_check,
        reason,
        auto: device.is_auto,
    }
}

/// The verdict and the reason of a bad one. A model or precision that the device cannot compute is one.
fn verdict(
    files: &ModelFiles,
    device: DeviceSpec,
    precision: Precision,
    is_checked: bool,
) -> (Option<&'static str>, Option<String>) {
    let found = if is_checked {
        Model::self_check(files, device, precision)
    } else {
        Model::kept_verdict(files, device, precision)
    };
    match found {
        Ok(Verdict::Passed) => (Some("passed"), None),
        Ok(Verdict::NotRun) => (Some("not run"), None),
        Ok(Verdict::Failed(reason)) => (Some("failed"), Some(reason)),
        Err(error) => (Some("failed"), Some(error.to_string())),
    }
}

fn print(rows: &[Row], model: &str) -> std::io::Result<()> {
    let table: Vec<[String; 9]> = std::iter::once(HEADER.map(str::to_owned)).chain(rows.iter().map(cells)).collect();
    let width = |column: usize| table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 9] = std::array::from_fn(width);
    for row in &table {
        let line: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        say!("{}", line.join("  ").trim_end())?;
    }
    say!()?;
    for row in rows {
        if let Some(reason) = &row.reason {
            say!("{}: {reason}", row.device)?;
        }
        if row.auto {
            say!("`auto` takes {}.", row.device)?;
        }
    }
    if rows.iter().any(|row| row.self_check == Some("not run")) {
        say!("A self-check is run when model `{model}` is first loaded on a device, or now by --check.")?;
    }
    Ok(())
}

const HEADER: [&str; 9] =
    ["device", "kind", "kernels", "f16", "bf16", "matrices", "memory", "self-check", "name and driver"];

fn cells(row: &Row) -> [String; 9] {
    let yes_or_no = |is: bool| if is { "yes" } else { "no" }.to_owned();
    let driver = row.api.into_iter().chain(row.driver.as_deref()).collect::<Vec<_>>().join(", ");
    let driver = if driver.is_empty() { driver } else { format!(" ({driver})") };
    [
        row.device.clone(),
        row.kind.clone(),
        if row.kernels.is_empty() { "-".to_owned() } else { row.kernels.clone() },
        yes_or_no(row.f16),
        yes_or_no(row.bf16),
        yes_or_no(row.cooperative_matrices),
        row.memory_bytes.map_or_else(|| "-".to_owned(), |bytes| bytesize::ByteSize(bytes).to_string()),
        row.self_check.unwrap_or("-").to_owned(),
        format!("{}{driver}", row.name),
    ]
}
