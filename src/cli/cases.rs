//! `patrolmap hotspots`, `recurrence`, `time-patterns`, `before-after`: questions about cases, answered to stdout.

use std::io::Write;
use std::time::Duration;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use crate::app::answers::Form;
use crate::app::before_after::{BeforeAfterQuestion, before_after};
use crate::app::hotspots::{HotspotsQuestion, hotspots};
use crate::app::jobs::{Done, Monitor};
use crate::app::patterns::{PatternsQuestion, time_patterns};
use crate::app::recurrence::{RecurrenceQuestion, recurrence};
use crate::app::texts::Texts;
use crate::app::{App, AppError, before_after as compared, hotspots as about, recurrence as again};
use crate::cli::{Failure, Global};
use crate::domain::layer::Layer;
use crate::spatial::crs::Crs;
use crate::store::Mode;
use crate::world::Condition;

/// A command may work this long.
const PATIENCE: Duration = Duration::from_hours(24);

/// Which cases.
#[derive(Args)]
pub(super) struct Selecting {
    /// Categories: slugs, codes or names, with commas between [default: all]
    #[arg(long, value_name = "C")]
    category: Vec<String>,
    /// Start of the period, inclusive
    #[arg(long, value_name = "T")]
    from: Option<String>,
    /// End of the period, exclusive
    #[arg(long, value_name = "T")]
    to: Option<String>,
    /// Hours of the day, both ends included, e.g. 17-21
    #[arg(long, value_name = "H")]
    hours: Option<String>,
    /// Days of the week, 1 for Monday, both ends included, e.g. 1-5
    #[arg(long, value_name = "D")]
    weekdays: Option<String>,
    /// Only cases with this property value, e.g. source=hotline; repeat it for any of several
    #[arg(long = "where", value_name = "NAME=VALUE")]
    conditions: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum FormName {
    Geojson,
    Csv,
}

/// How the answer is written.
#[derive(Args)]
pub(super) struct Writing {
    /// Coordinate system of the answer
    #[arg(long, value_name = "C", default_value = "wgs84", value_parser = super::crs)]
    crs: Crs,
    #[arg(long, short, value_enum, default_value_t = FormName::Geojson)]
    format: FormName,
}

impl Writing {
    fn form(&self) -> Form {
        match self.format {
            FormName::Geojson => Form::Json,
            FormName::Csv => Form::Csv,
        }
    }
}

#[derive(Args)]
pub(super) struct HotspotsArguments {
    #[command(flatten)]
    selecting: Selecting,
    /// ranking, gi-star, excess, moran, density, network-density, clusters, emerging, scan or near-repeat [default: ranking]
    #[arg(long, value_name = "M")]
    method: Option<String>,
    /// sections or grid [default: sections]
    #[arg(long, value_name = "U")]
    unit: Option<String>,
    /// Width of a cell of the grid, metres [default: 250]
    #[arg(long, value_name = "M")]
    cell_m: Option<String>,
    /// System of the grid, in metres [default: UTM zone of the jurisdiction]
    #[arg(long, value_name = "C")]
    grid_crs: Option<String>,
    /// Reach of kernels, neighbourhoods and scanned zones, metres [default: by method]
    #[arg(long, value_name = "M")]
    bandwidth_m: Option<String>,
    /// False-discovery rate [default: 0.05]
    #[arg(long, value_name = "A")]
    alpha: Option<String>,
    /// Of all chance: the same seed gives the same bytes [default: 1]
    #[arg(long, value_name = "N")]
    seed: Option<String>,
    /// Draws of chance [default: by method]
    #[arg(long, value_name = "N")]
    permutations: Option<String>,
    /// What gi-star and moran look at: count or rate [default: count]
    #[arg(long, value_name = "V")]
    value: Option<String>,
    /// What cases are weighed against: length or effort [default: effort where it covers most of the question]
    #[arg(long, value_name = "E")]
    exposure: Option<String>,
    /// Steps of time: week, month or quarter [default: by method]
    #[arg(long, value_name = "P")]
    period: Option<String>,
    /// How density passes a junction: simple, discontinuous or continuous [default: continuous]
    #[arg(long, value_name = "S")]
    split: Option<String>,
    /// How clusters are drawn: dbscan or st-dbscan [default: dbscan]
    #[arg(long, value_name = "A")]
    algorithm: Option<String>,
    #[arg(long, value_name = "M", help = "Cases so near are neighbours in a cluster, metres [default: 50]")]
    eps_m: Option<String>,
    #[arg(long, value_name = "D", help = "The same in time for st-dbscan, days [default: 28]")]
    eps_days: Option<String>,
    #[arg(long, value_name = "N", help = "Neighbours that make a core of a cluster, itself included [default: 10]")]
    min_points: Option<String>,
    #[arg(long, value_name = "M", help = "What a scan compares with: permutation or poisson [default: permutation]")]
    model: Option<String>,
    #[arg(long, value_name = "LIST", help = "Edges of the bands of near-repeat, metres [default: 50,100,200,400]")]
    distances: Option<String>,
    #[arg(long, value_name = "LIST", help = "Edges of the bands of near-repeat, days [default: 7,14,28,56]")]
    days: Option<String>,
    #[arg(long, value_name = "TRUTH", help = "Whether cells without cases stand in the answer [default: true]")]
    empty: Option<String>,
    /// The first so many rows only
    #[arg(long, value_name = "N")]
    limit: Option<String>,
    #[command(flatten)]
    writing: Writing,
}

#[derive(Args)]
pub(super) struct RecurrenceArguments {
    #[command(flatten)]
    selecting: Selecting,
    /// Cases so near are linked, metres [default: 50]
    #[arg(long, value_name = "M")]
    distance_m: Option<String>,
    /// Cases so near in time are linked, days [default: 30]
    #[arg(long, value_name = "D")]
    window_days: Option<String>,
    /// walk (along the streets) or line [default: walk where there are streets]
    #[arg(long, value_name = "BY")]
    by: Option<String>,
    /// How many places are told [default: 100]
    #[arg(long, value_name = "N")]
    limit: Option<String>,
    #[command(flatten)]
    writing: Writing,
}

#[derive(Args)]
pub(super) struct BeforeAfterArguments {
    #[command(flatten)]
    selecting: Selecting,
    /// When something was done; the period before is as long as the one after
    #[arg(long, value_name = "T")]
    split_date: Option<String>,
    /// The period before, instead of what --split-date makes
    #[arg(long, value_name = "FROM/TO")]
    before: Option<String>,
    /// The period after
    #[arg(long, value_name = "FROM/TO")]
    after: Option<String>,
    /// Where it was done: ids or external ids of road sections
    #[arg(long, value_name = "ID,ID")]
    sections: Option<String>,
    /// Where it was done: sections whose middle lies in this polygon
    #[arg(long, value_name = "WKT")]
    area: Option<String>,
    /// Sections to compare with [default: all beyond the rings]
    #[arg(long, value_name = "ID,ID")]
    control_sections: Option<String>,
    /// Sections whose middle lies in this polygon, to compare with
    #[arg(long, value_name = "WKT")]
    control_area: Option<String>,
    /// Outer edges of rings along the streets, metres [default: 150,300]
    #[arg(long, value_name = "LIST")]
    rings: Option<String>,
    #[command(flatten)]
    writing: Writing,
}

#[derive(Args)]
pub(super) struct PatternsArguments {
    #[command(flatten)]
    selecting: Selecting,
    #[arg(long, short, value_enum, default_value_t = FormName::Geojson)]
    format: FormName,
}

fn texts(selecting: &Selecting, others: &[(&str, &Option<String>)]) -> Texts {
    let mut texts = Texts::default();
    selecting.category.iter().for_each(|category| texts.add("category", category.as_str()));
    let selection = [
        ("from", &selecting.from),
        ("to", &selecting.to),
        ("hours", &selecting.hours),
        ("weekdays", &selecting.weekdays),
    ];
    for (name, text) in selection.iter().chain(others) {
        if let Some(text) = text {
            texts.add(name, text.as_str());
        }
    }
    texts
}

fn conditions(app: &App, selecting: &Selecting) -> Result<Vec<Condition>, Failure> {
    let snapshot = app.snapshot();
    let mut conditions = Vec::new();
    for (name, texts) in super::nearest::grouped(&selecting.conditions)? {
        let condition = app.condition(&snapshot, Layer::Violations, &name, &texts).map_err(Failure::Usage)?;
        let unknown = || Failure::Usage(crate::app::question::unknown_name(&snapshot, Layer::Violations, &name));
        conditions.push(condition.ok_or_else(unknown)?);
    }
    Ok(conditions)
}

/// What was asked in the wrong way is a matter of usage.
fn usage(error: AppError) -> Failure {
    match error {
        AppError::Question { name, detail } => {
            // What is name=value in an address is --name value here.
            let mut detail = detail;
            for name in about::PARAMETERS.iter().chain(&again::PARAMETERS).chain(&compared::PARAMETERS) {
                for before in [" ", "("] {
                    let option = format!("{before}--{} ", name.replace('_', "-"));
                    detail = detail.replace(&format!("{before}{name}="), &option);
                }
            }
            Failure::Usage(format!("--{}: {detail}", name.replace('_', "-")))
        }
        other => other.into(),
    }
}

/// Works with a progress bar, and writes what came out.
async fn work(work: impl FnOnce(&Monitor) -> Result<Done, AppError> + Send + 'static) -> Result<(), Failure> {
    let bar = ProgressBar::new(100);
    bar.set_style(
        ProgressStyle::with_template("{bar:30} {pos} % {msg}").unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let monitor = Monitor::new(PATIENCE);
    let watched = monitor.clone();
    let mut working = tokio::task::spawn_blocking(move || work(&watched));
    let done = loop {
        tokio::select! {
            done = &mut working => break done,
            () = tokio::time::sleep(Duration::from_millis(100)) => {
                bar.set_position((monitor.share() * 100.0) as u64);
                bar.set_message(monitor.stage_name());
            }
        }
    };
    bar.finish_and_clear();
    let done = done.map_err(|error| Failure::Failed(anyhow::Error::from(error).context("the work broke off")))?;
    let mut out = std::io::stdout().lock();
    let done = done.map_err(usage)?;
    out.write_all(&done.body)?;
    out.flush()?;
    if done.media_type.starts_with("text/csv") && done.body.iter().filter(|byte| **byte == b'\n').count() <= 1 {
        eprintln!("the table has no rows: --format geojson says why");
    }
    Ok(())
}

const LAYERS: [Layer; 3] = [Layer::Violations, Layer::RoadSections, Layer::Jurisdictions];

pub(super) async fn list_hotspots(global: &Global, arguments: HotspotsArguments) -> Result<(), Failure> {
    let mut texts = texts(
        &arguments.selecting,
        &[
            ("method", &arguments.method),
            ("unit", &arguments.unit),
            ("cell_m", &arguments.cell_m),
            ("grid_crs", &arguments.grid_crs),
            ("bandwidth_m", &arguments.bandwidth_m),
            ("alpha", &arguments.alpha),
            ("seed", &arguments.seed),
            ("permutations", &arguments.permutations),
            ("value", &arguments.value),
            ("exposure", &arguments.exposure),
            ("period", &arguments.period),
            ("split", &arguments.split),
            ("algorithm", &arguments.algorithm),
            ("eps_m", &arguments.eps_m),
            ("eps_days", &arguments.eps_days),
            ("min_points", &arguments.min_points),
            ("model", &arguments.model),
            ("distances", &arguments.distances),
            ("days", &arguments.days),
            ("empty", &arguments.empty),
            ("limit", &arguments.limit),
        ],
    );
    let app = global.open(Mode::Existing, &LAYERS).await?;
    let conditions = conditions(&app, &arguments.selecting)?;
    let (form, crs) = (arguments.writing.form(), &arguments.writing.crs);
    let question = HotspotsQuestion::read(&app, &mut texts, form, crs, conditions).map_err(usage)?;
    let efforts = app.efforts().await?;
    let snapshot = app.snapshot();
    work(move |monitor| hotspots(&app, &snapshot, &efforts, &question, monitor)).await
}

pub(super) async fn list_recurrences(global: &Global, arguments: RecurrenceArguments) -> Result<(), Failure> {
    let mut texts = texts(
        &arguments.selecting,
        &[
            ("distance_m", &arguments.distance_m),
            ("window_days", &arguments.window_days),
            ("by", &arguments.by),
            ("limit", &arguments.limit),
        ],
    );
    let app = global.open(Mode::Existing, &LAYERS).await?;
    let conditions = conditions(&app, &arguments.selecting)?;
    let (form, crs) = (arguments.writing.form(), &arguments.writing.crs);
    let question = RecurrenceQuestion::read(&app, &mut texts, form, crs, conditions).map_err(usage)?;
    let snapshot = app.snapshot();
    work(move |monitor| recurrence(&app, &snapshot, &question, monitor)).await
}

pub(super) async fn list_patterns(global: &Global, arguments: PatternsArguments) -> Result<(), Failure> {
    let mut texts = texts(&arguments.selecting, &[]);
    let app = global.open(Mode::Existing, &LAYERS).await?;
    let conditions = conditions(&app, &arguments.selecting)?;
    let form = if matches!(arguments.format, FormName::Csv) { Form::Csv } else { Form::Json };
    let question = PatternsQuestion::read(&app, &mut texts, form, conditions).map_err(usage)?;
    let snapshot = app.snapshot();
    work(move |monitor| time_patterns(&app, &snapshot, &question, monitor)).await
}

pub(super) async fn compare_before_after(global: &Global, arguments: BeforeAfterArguments) -> Result<(), Failure> {
    let mut texts = texts(
        &arguments.selecting,
        &[
            ("split_date", &arguments.split_date),
            ("before", &arguments.before),
            ("after", &arguments.after),
            ("sections", &arguments.sections),
            ("area", &arguments.area),
            ("control_sections", &arguments.control_sections),
            ("control_area", &arguments.control_area),
            ("rings", &arguments.rings),
        ],
    );
    let app = global.open(Mode::Existing, &LAYERS).await?;
    let conditions = conditions(&app, &arguments.selecting)?;
    let (form, crs) = (arguments.writing.form(), &arguments.writing.crs);
    let question = BeforeAfterQuestion::read(&app, &mut texts, form, crs, conditions).map_err(usage)?;
    let snapshot = app.snapshot();
    work(move |monitor| before_after(&app, &snapshot, &question, monitor)).await
}
