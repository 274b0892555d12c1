//! `patrolmap reach`, `route`, `parking-gaps` and `siting`.

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use geo::Coord;
use serde_json::Value as Json;

use crate::app::App;
use crate::app::question::time_window;
use crate::app::streets::SharedNetwork;
use crate::app::travel::{
    FARTHEST_SNAP_M, GapQuestion, Limits, Serve, SiteQuestion, TravelError, parking_gaps, reach_from, route, siting,
};
use crate::cli::nearest::{grouped, points_of};
use crate::cli::{Failure, Global};
use crate::domain::layer::Layer;
use crate::formats::Format;
use crate::spatial::crs::Crs;
use crate::spatial::network::{Network, Profile};
use crate::store::Mode;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Traveller {
    Walk,
    Bicycle,
    Drive,
}

impl Traveller {
    fn profile(self) -> Profile {
        match self {
            Self::Walk => Profile::Walk,
            Self::Bicycle => Profile::Bicycle,
            Self::Drive => Profile::Drive,
        }
    }
}

#[derive(Args)]
#[command(group(clap::ArgGroup::new("limits").required(true).args(["metres", "minutes"])))]
pub(super) struct ReachArguments {
    /// Where from
    #[arg(long, value_name = "LON,LAT", allow_hyphen_values = true)]
    at: String,
    /// How far, with commas between
    #[arg(long, value_name = "M,...", value_delimiter = ',')]
    metres: Vec<f64>,
    /// How long, with commas between
    #[arg(long, value_name = "MIN,...", value_delimiter = ',')]
    minutes: Vec<f64>,
    #[arg(long, value_enum, default_value_t = Traveller::Walk)]
    by: Traveller,
    #[command(flatten)]
    answer: AnswerArguments,
}

#[derive(Args)]
pub(super) struct RouteArguments {
    #[arg(long, value_name = "LON,LAT", allow_hyphen_values = true)]
    from: String,
    #[arg(long, value_name = "LON,LAT", allow_hyphen_values = true)]
    to: String,
    /// Places on the way, in their order
    #[arg(long, value_name = "LON,LAT", allow_hyphen_values = true)]
    via: Vec<String>,
    #[arg(long, value_enum, default_value_t = Traveller::Walk)]
    by: Traveller,
    #[command(flatten)]
    answer: AnswerArguments,
}

#[derive(Args)]
pub(super) struct GapArguments {
    #[command(flatten)]
    gaps: GapTerms,
    /// How many sections at most
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    limit: usize,
    #[command(flatten)]
    answer: AnswerArguments,
}

#[derive(Args)]
pub(super) struct SitingArguments {
    /// How many points to set up (1-100)
    #[arg(short, value_parser = clap::value_parser!(u64).range(1..=100))]
    p: u64,
    /// What they are to serve
    #[arg(long, value_enum, default_value_t = ServeName::Violations)]
    serve: ServeName,
    /// A file of points where they could be; junctions and middles of long sections when not given
    #[arg(long, value_name = "FILE")]
    candidates: Option<PathBuf>,
    #[command(flatten)]
    gaps: GapTerms,
    #[command(flatten)]
    answer: AnswerArguments,
}

#[derive(Args)]
struct GapTerms {
    /// Farther on foot than this is too far
    #[arg(long, value_name = "M", default_value_t = 300.0)]
    max_m: f64,
    /// Violations that count; repeat it for more
    #[arg(long, value_name = "C", default_values = ["bicycle-parking", "motor-parking"])]
    category: Vec<String>,
    /// When they occurred: an instant, or from/to
    #[arg(long, value_name = "TIMES")]
    datetime: Option<String>,
    /// Only parking points with this property value; repeat it for any of several
    #[arg(long = "where", value_name = "NAME=VALUE")]
    conditions: Vec<String>,
    /// Only parking points with at least this many free places
    #[arg(long, value_name = "N")]
    min_room: Option<i64>,
}

#[derive(Args)]
struct AnswerArguments {
    /// Coordinate system of places and of the answer
    #[arg(long, value_name = "C", default_value = "wgs84", value_parser = super::crs)]
    crs: Crs,
    /// geojson, geojsonl or csv
    #[arg(long, short, value_name = "F", default_value = "geojson", value_parser = super::format)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ServeName {
    Violations,
    Streets,
}

impl From<TravelError> for Failure {
    fn from(error: TravelError) -> Self {
        Self::Failed(error.into())
    }
}

pub(super) async fn reach(global: &Global, arguments: ReachArguments) -> Result<(), Failure> {
    let limits = [&arguments.metres, &arguments.minutes].into_iter().flatten();
    if limits.into_iter().any(|limit| !(limit.is_finite() && *limit > 0.0 && *limit <= 200_000.0)) {
        return Err(Failure::Usage("--metres and --minutes must be above 0 and 200000 at most".to_owned()));
    }
    let limits =
        if arguments.metres.is_empty() { Limits::Minutes(arguments.minutes) } else { Limits::Metres(arguments.metres) };
    let crs = &arguments.answer.crs;
    let from = place("--at", &arguments.at, crs)?;
    let app = global.open(Mode::Existing, &[Layer::RoadSections]).await?;
    let network = app.network(&app.snapshot());
    let answer = reach_from(made(&network), arguments.by.profile(), from, &limits, FARTHEST_SNAP_M, crs)?;
    print(&answer, arguments.answer.format)
}

pub(super) async fn way(global: &Global, arguments: RouteArguments) -> Result<(), Failure> {
    let crs = &arguments.answer.crs;
    let mut places = vec![place("--from", &arguments.from, crs)?];
    for via in &arguments.via {
        places.push(place("--via", via, crs)?);
    }
    places.push(place("--to", &arguments.to, crs)?);
    let app = global.open(Mode::Existing, &[Layer::RoadSections]).await?;
    let network = app.network(&app.snapshot());
    let answer = route(made(&network), arguments.by.profile(), &places, FARTHEST_SNAP_M, crs)?;
    print(&answer, arguments.answer.format)
}

pub(super) async fn gaps(global: &Global, arguments: GapArguments) -> Result<(), Failure> {
    let app = global.open(Mode::Existing, &LAYERS).await?;
    let question = question(&app, &arguments.gaps)?;
    let snapshot = app.snapshot();
    let network = app.network(&snapshot);
    let gaps = parking_gaps(&app, snapshot, made(&network), &question)?;
    let answer = gaps.features(made(&network), arguments.limit, &arguments.answer.crs)?;
    print(&answer, arguments.answer.format)
}

pub(super) async fn sites(global: &Global, arguments: SitingArguments) -> Result<(), Failure> {
    let crs = &arguments.answer.crs;
    let candidates = arguments.candidates.as_deref().map(|file| points_of(file, crs)).transpose()?;
    let app = global.open(Mode::Existing, &LAYERS).await?;
    let question = question(&app, &arguments.gaps)?;
    let snapshot = app.snapshot();
    let network = app.network(&snapshot);
    let gaps = parking_gaps(&app, snapshot, made(&network), &question)?;
    let serve = if arguments.serve == ServeName::Streets { Serve::Streets } else { Serve::Violations };
    let wanted = SiteQuestion { p: arguments.p as usize, serve, candidates };
    print(&siting(made(&network), &gaps, &wanted, crs)?, arguments.answer.format)
}

const LAYERS: [Layer; 3] = [Layer::RoadSections, Layer::ParkingPoints, Layer::Violations];

fn made(network: &SharedNetwork) -> &Network {
    network.get().expect("the network was just made")
}

fn question(app: &App, terms: &GapTerms) -> Result<GapQuestion, Failure> {
    if !(0.0..=20_000.0).contains(&terms.max_m) {
        return Err(Failure::Usage("--max-m must be 0 to 20000".to_owned()));
    }
    let snapshot = app.snapshot();
    let mut conditions = Vec::new();
    for (name, texts) in grouped(&terms.conditions)? {
        let condition = app.condition(&snapshot, Layer::ParkingPoints, &name, &texts).map_err(Failure::Usage)?;
        let unknown = || Failure::Usage(crate::app::question::unknown_name(&snapshot, Layer::ParkingPoints, &name));
        conditions.push(condition.ok_or_else(unknown)?);
    }
    let violations =
        app.condition(&snapshot, Layer::Violations, "category", &terms.category).map_err(Failure::Usage)?;
    let time = terms.datetime.as_deref().map(|text| time_window(text, app.zone())).transpose();
    Ok(GapQuestion {
        max_m: terms.max_m,
        conditions,
        min_room: terms.min_room,
        open_at: None,
        violations: violations.into_iter().collect(),
        time: time.map_err(|error| Failure::Usage(format!("--datetime: {error}")))?,
    })
}

/// A place as it is typed.
pub(super) fn place(name: &str, text: &str, crs: &Crs) -> Result<Coord, Failure> {
    let numbers: Option<Vec<f64>> = text.split(',').map(|part| part.trim().parse().ok()).collect();
    let Some([x, y]) = numbers.as_deref() else {
        return Err(Failure::Usage(format!("{name}: '{text}' is not of the form LON,LAT")));
    };
    let (x, y) = crs.to_wgs84(*x, *y).map_err(|error| Failure::Usage(format!("{name}: {error}")))?;
    if !((-180.0..=180.0).contains(&x) && (-90.0..=90.0).contains(&y)) {
        return Err(Failure::Usage(format!("{name}: the place leaves the globe: longitude comes first")));
    }
    Ok(Coord { x, y })
}

fn print(answer: &Json, format: Format) -> Result<(), Failure> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let features = match answer["features"].as_array() {
        Some(features) => features.clone(),
        None => vec![answer.clone()],
    };
    match format {
        Format::GeoJson => writeln!(out, "{answer}")?,
        Format::GeoJsonSeq => {
            for feature in &features {
                writeln!(out, "{feature}")?;
            }
        }
        Format::Csv => table(&features, &mut out)?,
    }
    Ok(out.flush()?)
}

/// Ids, properties and, for points, the position; other geometries do not fit a table.
fn table(features: &[Json], out: &mut impl Write) -> Result<(), Failure> {
    let failed = |error: csv::Error| Failure::Failed(error.into());
    let mut writer = csv::Writer::from_writer(out);
    let Some(first) = features.first().and_then(|feature| feature["properties"].as_object()) else { return Ok(()) };
    let names: Vec<&String> = first.keys().collect();
    writer
        .write_record(["id", "lon", "lat"].into_iter().chain(names.iter().map(|name| name.as_str())))
        .map_err(failed)?;
    let cell = |value: &Json| match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    for feature in features {
        let at = |place: usize| cell(&feature["geometry"]["coordinates"][place]);
        let is_point = feature["geometry"]["type"] == "Point";
        let position = if is_point { [at(0), at(1)] } else { [String::new(), String::new()] };
        let properties = names.iter().map(|name| cell(&feature["properties"][name.as_str()]));
        let record: Vec<String> = [cell(&feature["id"])].into_iter().chain(position).chain(properties).collect();
        writer.write_record(&record).map_err(failed)?;
    }
    Ok(writer.flush()?)
}
