//! The `annota` command.

#[macro_use]
mod say;
mod commands;
mod listed;
mod logs;
mod message;
mod output;
mod progress;
mod variables;
mod version;

use std::process::ExitCode;

use annota::ProcessSettings;
use annota::models::DeviceSpec;
use annota::text::Profile;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use listed::{DEVICES, LOG_LEVELS, PROFILES, listed};

/// Columns are many allocations of all sizes, and the system's allocator takes a tenth of the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Annotates text columns: sentences, tokens and ALBERT vectors, by SQL, by one command, or as batch jobs.
#[derive(Parser)]
#[command(name = "annota", version = version::SHORT, long_version = version::long(), propagate_version = true)]
struct Cli {
    #[command(flatten)]
    process: ProcessArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args)]
struct ProcessArgs {
    /// Where models run: auto, cpu, cpu:avx2 (or another instruction set), cpu:reference, wgpu, wgpu:N, vulkan, metal,
    /// cuda:N; `annota devices` lists those of this machine
    #[arg(long, global = true, env = "ANNOTA_DEVICE", default_value = "auto")]
    #[arg(value_parser = listed::<DeviceSpec>(DEVICES), hide_possible_values = true)]
    device: DeviceSpec,
    /// The model that serves where none is named: a name, org/name, or a folder
    #[arg(long, global = true, env = "ANNOTA_MODEL")]
    model: Option<String>,
    /// The rules that find sentences and tokens [default: annota]
    #[arg(long, global = true, env = "ANNOTA_PROFILE")]
    #[arg(value_parser = listed::<Profile>(PROFILES))]
    profile: Option<Profile>,
    /// Threads that compute; as many as the machine has by default
    #[arg(long, global = true, env = "ANNOTA_THREADS")]
    threads: Option<std::num::NonZeroUsize>,
    /// What is told on the error output: error, warn, info, debug, trace, or target=level,…
    #[arg(long, global = true, env = "ANNOTA_LOG")]
    #[arg(value_parser = listed::<String>(LOG_LEVELS), hide_possible_values = true)]
    log_level: Option<String>,
}

#[derive(Subcommand)]
enum Command {
    Sql(commands::sql::SqlArgs),
    Predict(commands::predict::PredictArgs),
    Run(Box<commands::run::RunArgs>),
    Jobs(commands::jobs::JobsArgs),
    Models(commands::models::ModelsArgs),
    Functions(commands::functions::FunctionsArgs),
    Devices(commands::devices::DevicesArgs),
    Bench(commands::bench::BenchArgs),
    Scheduler(commands::scheduler::SchedulerArgs),
    Executor(commands::executor::ExecutorArgs),
    Tls(commands::tls::TlsArgs),
    Doctor(commands::doctor::DoctorArgs),
    Completions(commands::completions::CompletionsArgs),
    Man(commands::man::ManArgs),
}

/// Planning goes as deep as queries are nested, and a scheduler plans for everyone.
const SCHEDULER_STACK: usize = 32 << 20;

fn main() -> ExitCode {
    quiet_graphics_layers();
    match start(parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if message::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", message::one_line(&error));
            match error.downcast_ref::<commands::run::Stopped>() {
                Some(commands::run::Stopped(signal)) => ExitCode::from(signal.exit_code()),
                None => ExitCode::FAILURE,
            }
        }
    }
}

/// Parses the arguments as [`Parser::parse`] does, but empty variables count as unset.
fn parse() -> Cli {
    let matches = variables::without_empty(Cli::command()).get_matches();
    Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.format(&mut Cli::command()).exit())
}

/// Vulkan's layers look for a display and print an error where `XDG_RUNTIME_DIR` is unset, as in containers.
fn quiet_graphics_layers() {
    let is_set = std::env::var_os("XDG_RUNTIME_DIR").is_some_and(|folder| !folder.is_empty());
    if cfg!(target_os = "linux") && !is_set {
        // SAFETY: this is the first statement of main: no other thread is there to read the environment.
        unsafe { std::env::set_var("XDG_RUNTIME_DIR", std::env::temp_dir()) };
    }
}

fn start(cli: Cli) -> anyhow::Result<()> {
    let is_service = matches!(cli.command, Command::Scheduler(_) | Command::Executor(_));
    logs::start(cli.process.log_level.as_deref(), is_service)?;
    let threads = cli.process.threads.map_or(0, std::num::NonZeroUsize::get);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if threads > 0 {
        runtime.worker_threads(threads);
    }
    if matches!(cli.command, Command::Scheduler(_)) {
        runtime.thread_stack_size(SCHEDULER_STACK);
    }
    commands::models::show_downloads();
    annota::reach_object_stores();
    let mut command = cli.command;
    if let Command::Run(args) = &mut command {
        args.profile = cli.process.profile;
    }
    let settings = ProcessSettings {
        device: cli.process.device,
        model: cli.process.model,
        profile: cli.process.profile.unwrap_or_default(),
        threads: cli.process.threads,
    };
    runtime.enable_all().build()?.block_on(dispatch(command, &settings))
}

async fn dispatch(command: Command, settings: &ProcessSettings) -> anyhow::Result<()> {
    match command {
        Command::Sql(args) => commands::sql::run(args, settings).await,
        Command::Predict(args) => commands::predict::run(args, settings).await,
        Command::Run(args) => commands::run::run(*args, settings).await,
        Command::Jobs(args) => commands::jobs::run(args, settings).await,
        Command::Models(args) => commands::models::run(args, settings),
        Command::Devices(args) => commands::devices::run(&args, settings),
        Command::Functions(args) => commands::functions::run(args, settings).await,
        Command::Bench(args) => commands::bench::run(args, settings).await,
        Command::Scheduler(args) => commands::scheduler::run(args, settings).await,
        Command::Executor(args) => commands::executor::run(args, settings).await,
        Command::Tls(args) => commands::tls::run(args),
        Command::Doctor(args) => commands::doctor::run(args, settings),
        Command::Completions(args) => commands::completions::run(args),
        Command::Man(args) => commands::man::run(args),
    }
}
