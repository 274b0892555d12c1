//! The command line: data to stdout, messages to stderr, exit 0 done, 1 failed, 2 usage.

mod backup;
mod check;
mod demo;
mod doctor;
mod export;
mod import;
mod import_osm;
mod nearest;
mod travel;
mod serve;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::anyhow;
use clap::{Args, Parser, Subcommand};

use crate::app::{App, AppError, Opening};
use crate::config::Config;
use crate::domain::layer::Layer;
use crate::formats::{Format, FormatError};
use crate::spatial::crs::Crs;
use crate::store::Mode;

/// Which squad answers for which street, where the hotspots are, where to park: the map of a patrol bureau.
#[derive(Parser)]
#[command(name = "patrolmap", version, about, max_term_width = 100)]
struct Arguments {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args)]
struct Global {
    /// Directory of the store [default: ./patrolmap-data]
    #[arg(long, global = true, env = "PATROLMAP_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// Who acts: written down beside every change
    #[arg(long, global = true, env = "PATROLMAP_ACTOR", default_value = "local", value_name = "NAME")]
    actor: String,
    /// Configuration file [default: patrolmap.toml in the data directory, if there]
    #[arg(long, global = true, env = "PATROLMAP_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve a demonstration from ./patrolmap-demo
    Demo(serve::ServeArguments),
    /// Serve the map over HTTP
    Serve(serve::ServeArguments),
    /// Import files of GeoJSON, GeoJSONSeq or CSV (gzipped or not) into a layer
    Import(Box<import::ImportArguments>),
    /// Streets and parking from an extract of OpenStreetMap into road-sections and parking-points
    ImportOsm(import_osm::OsmArguments),
    /// Export a layer
    Export(export::ExportArguments),
    /// The nearest features of a layer
    Nearest(nearest::NearestArguments),
    /// The streets that can be reached within limits, and an area that holds them
    Reach(travel::ReachArguments),
    /// The shortest way from place to place
    Route(travel::RouteArguments),
    /// Streets from which no suitable parking lies near enough on foot, with the violations there
    ParkingGaps(travel::GapArguments),
    /// Where new parking would serve the most violations or streets in gaps
    Siting(travel::SitingArguments),
    /// Is the map sound? Doubled, dangling and nameless streets, islands; each with its place, as GeoJSON
    Check(check::CheckArguments),
    /// Does a rebuild from the database equal what is stored, and what a service holds?
    Doctor(doctor::DoctorArguments),
    /// Write a copy of the store, also while it is in use
    Backup { file: PathBuf },
    /// Make a store out of a backup
    Restore { file: PathBuf },
    /// Print the OpenAPI description of the service
    Openapi,
}

/// How a command ends when it does not end well.
enum Failure {
    /// What was asked for makes no sense; exit 2.
    Usage(String),
    /// It went wrong; exit 1.
    Failed(anyhow::Error),
    /// It went wrong and has been said; exit 1.
    Told,
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Configuration(sentence) | AppError::Format(FormatError::Usage(sentence)) => Self::Usage(sentence),
            AppError::Format(inner) => Self::Failed(inner.into()),
            AppError::Store(inner) => Self::Failed(inner.into()),
            other => Self::Failed(other.into()),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(anyhow::Error::from(error).context("cannot write the output"))
    }
}

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    start_log();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return end(&Failure::Failed(anyhow!(error).context("cannot start"))),
    };
    let outcome = runtime.block_on(dispatch(arguments));
    // Readers of files may still wait on their disk; nobody needs what they would find.
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => end(&failure),
    }
}

async fn dispatch(Arguments { global, command }: Arguments) -> Result<(), Failure> {
    match command {
        Command::Demo(arguments) => demo::demo(&global, arguments).await,
        Command::Serve(arguments) => serve::serve(&global, arguments).await,
        Command::Import(arguments) => import::import(&global, *arguments).await,
        Command::ImportOsm(arguments) => import_osm::import_osm(&global, arguments).await,
        Command::Export(arguments) => export::export(&global, arguments).await,
        Command::Nearest(arguments) => nearest::nearest(&global, arguments).await,
        Command::Reach(arguments) => travel::reach(&global, arguments).await,
        Command::Route(arguments) => travel::way(&global, arguments).await,
        Command::ParkingGaps(arguments) => travel::gaps(&global, arguments).await,
        Command::Siting(arguments) => travel::sites(&global, arguments).await,
        Command::Check(arguments) => check::check(&global, arguments).await,
        Command::Doctor(arguments) => doctor::doctor(&global, arguments).await,
        Command::Backup { file } => backup::backup(&global, &file).await,
        Command::Restore { file } => backup::restore(&global, &file).await,
        Command::Openapi => Ok(writeln!(std::io::stdout(), "{:#}", crate::api::openapi())?),
    }
}

fn end(failure: &Failure) -> ExitCode {
    match failure {
        Failure::Usage(sentence) => {
            eprintln!("patrolmap: {sentence}");
            ExitCode::from(2)
        }
        Failure::Failed(error) if is_broken_pipe(error) => ExitCode::FAILURE,
        Failure::Failed(error) => {
            eprintln!("patrolmap: {error:#}");
            ExitCode::FAILURE
        }
        Failure::Told => ExitCode::FAILURE,
    }
}

/// Whoever read our output has gone: nothing to say.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

/// Messages to stderr; `PATROLMAP_LOG` chooses which (`debug`, `patrolmap=trace`).
fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("PATROLMAP_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    let format = tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter).with_target(false);
    format.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).init();
}

impl Global {
    fn directory(&self) -> &Path {
        self.data.as_deref().unwrap_or(Path::new("patrolmap-data"))
    }

    fn config(&self) -> Result<Config, Failure> {
        let environment =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Config::read(self.config.as_deref(), self.directory(), environment)
            .map_err(|error| Failure::Usage(format!("{error:#}")))
    }

    /// Opens the store with these layers in memory.
    async fn open(&self, mode: Mode, layers: &[Layer]) -> Result<App, Failure> {
        let settings = self.config()?.settings();
        Ok(App::open(Opening { directory: self.directory(), mode, settings, actor: self.actor.clone(), layers })
            .await?)
    }
}

/// For clap: a layer by its name.
fn layer(name: &str) -> Result<Layer, String> {
    Layer::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = Layer::ALL.into_iter().map(Layer::name).collect();
        format!("there is no such layer; the layers are {}", names.join(", "))
    })
}

/// For clap: a coordinate system.
fn crs(name: &str) -> Result<Crs, String> {
    Crs::parse(name).map_err(|error| error.to_string())
}

/// For clap: a file format.
fn format(name: &str) -> Result<Format, String> {
    Format::from_name(name).ok_or_else(|| format!("the formats are {}", Format::NAMES))
}
