//! `patrolmap nearest`.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use geo::Coord;
use serde_json::Value as Json;

use crate::app::nearest::{By, COLUMNS, Measure, NearestQuestion, Prepared};
use crate::cli::travel::place;
use crate::cli::{Failure, Global};
use crate::domain::draft::Given;
use crate::domain::feature::Feature;
use crate::domain::layer::Layer;
use crate::domain::moment::read_instant;
use crate::formats::Format;
use crate::formats::open::{OpenOptions, open};
use crate::formats::writer::Writer;
use crate::spatial::crs::Crs;
use crate::spatial::gate::admit;
use crate::spatial::network::Profile;
use crate::spatial::shape::GeometryKind;
use crate::store::Mode;

/// Farther from any street nobody starts, metres.
const FARTHEST_SNAP_M: f64 = 50_000.0;

#[derive(Args)]
#[command(group(clap::ArgGroup::new("origin").required(true).args(["at", "from"])))]
pub(super) struct NearestArguments {
    #[arg(value_parser = super::layer)]
    layer: Layer,
    /// Where from
    #[arg(long, value_name = "LON,LAT", allow_hyphen_values = true)]
    at: Option<String>,
    /// A file of points to ask from, each one
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// How many answers a point (1-100)
    #[arg(short, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=100))]
    k: u64,
    /// By which way
    #[arg(long, value_enum, default_value_t = Way::Walk)]
    by: Way,
    /// Nothing farther than this many metres
    #[arg(long, value_name = "M")]
    max_m: Option<f64>,
    /// Only features with this property value, e.g. kind=bicycle; repeat it for any of several
    #[arg(long = "where", value_name = "NAME=VALUE")]
    conditions: Vec<String>,
    /// Not farther than this many metres from a street (50000 at most)
    #[arg(long, value_name = "M")]
    max_snap_m: Option<f64>,
    /// Not closed at this time (a time, or a local one)
    #[arg(long, value_name = "TIME")]
    open_at: Option<String>,
    /// With the line of the way
    #[arg(long)]
    route: bool,
    /// Only features with at least this many free places
    #[arg(long, value_name = "N")]
    min_room: Option<i64>,
    /// What of an area counts
    #[arg(long, value_enum, default_value_t = MeasureName::Entrance)]
    measure: MeasureName,
    /// Coordinate system of --at, --from and the answer
    #[arg(long, value_name = "C", default_value = "wgs84", value_parser = super::crs)]
    crs: Crs,
    /// geojson, geojsonl or csv
    #[arg(long, short, value_name = "F", default_value = "geojson", value_parser = super::format)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Way {
    Line,
    Walk,
    Bicycle,
    Drive,
}

impl Way {
    pub(super) fn by(self) -> By {
        match self {
            Self::Line => By::Line,
            Self::Walk => By::Streets(Profile::Walk),
            Self::Bicycle => By::Streets(Profile::Bicycle),
            Self::Drive => By::Streets(Profile::Drive),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MeasureName {
    Entrance,
    Centroid,
}

pub(super) async fn nearest(global: &Global, arguments: NearestArguments) -> Result<(), Failure> {
    for (name, metres, most) in
        [("max-m", arguments.max_m, f64::MAX), ("max-snap-m", arguments.max_snap_m, FARTHEST_SNAP_M)]
    {
        if metres.is_some_and(|metres| !(0.0..=most).contains(&metres)) {
            return Err(Failure::Usage(format!(
                "--{name} must be a number of metres, 0 or more (--max-snap-m: 50000 at most)"
            )));
        }
    }
    let origins = origins(&arguments)?;
    let app = global.open(Mode::Existing, &[arguments.layer, Layer::RoadSections]).await?;
    let snapshot = app.snapshot();
    let open_at = arguments.open_at.as_deref().map(|text| read_instant(text, app.zone())).transpose();
    let open_at = open_at.map_err(|error| Failure::Usage(format!("--open-at: {error}")))?;
    let mut question = NearestQuestion {
        layer: arguments.layer,
        k: arguments.k as usize,
        by: arguments.by.by(),
        max_m: arguments.max_m,
        max_snap_m: arguments.max_snap_m,
        open_at: open_at.map(|moment| app.open_at(moment.at)),
        route: arguments.route,
        conditions: Vec::new(),
        min_room: arguments.min_room,
        measure: if arguments.measure == MeasureName::Centroid { Measure::Centroid } else { Measure::Entrance },
    };
    for (name, texts) in grouped(&arguments.conditions)? {
        let condition = app.condition(&snapshot, arguments.layer, &name, &texts).map_err(Failure::Usage)?;
        let unknown = || Failure::Usage(crate::app::question::unknown_name(&snapshot, arguments.layer, &name));
        question.conditions.push(condition.ok_or_else(unknown)?);
    }
    let many = arguments.from.is_some();
    let extras = csv_columns(arguments.format, &app.snapshot().layer(arguments.layer).extra_names(), many);
    let out = BufWriter::new(std::io::stdout().lock());
    let mut writer =
        Writer::new(out, arguments.format, arguments.layer, arguments.crs.clone(), extras).map_err(output)?;
    let prepared = Prepared::new(&app, snapshot, question, arguments.crs.clone());
    for (at, from) in origins.into_iter().enumerate() {
        let answers = prepared.answers(from);
        let answers = answers.map_err(|error| Failure::Failed(anyhow::anyhow!("place {at}: {error}")))?;
        for mut feature in answers.features {
            if many {
                name_origin(&mut feature, at);
            }
            writer.write(&feature).map_err(output)?;
        }
    }
    writer.finish().map_err(output)?.flush()?;
    Ok(())
}

/// Place of the asking point in its file, from 0.
fn name_origin(feature: &mut Feature, at: usize) {
    feature.extras.insert("from".to_owned(), Json::from(at));
}

fn csv_columns(format: Format, extras: &std::collections::BTreeSet<String>, many: bool) -> Vec<String> {
    if format != Format::Csv {
        return Vec::new();
    }
    let figures = COLUMNS.iter().map(|name| (*name).to_owned());
    figures.chain(many.then(|| "from".to_owned())).chain(extras.iter().cloned()).collect()
}

fn output(error: crate::formats::writer::WriteError) -> Failure {
    Failure::Failed(error.into())
}

/// Conditions by name, in the order given.
pub(super) fn grouped(conditions: &[String]) -> Result<Vec<(String, Vec<String>)>, Failure> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for condition in conditions {
        let Some((name, value)) = condition.split_once('=') else {
            return Err(Failure::Usage(format!("--where: '{condition}' is not of the form NAME=VALUE")));
        };
        match groups.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) => values.push(value.to_owned()),
            None => groups.push((name.to_owned(), vec![value.to_owned()])),
        }
    }
    Ok(groups)
}

fn origins(arguments: &NearestArguments) -> Result<Vec<Coord>, Failure> {
    if let Some(text) = &arguments.at {
        return Ok(vec![place("--at", text, &arguments.crs)?]);
    }
    let Some(path) = &arguments.from else { return Ok(Vec::new()) };
    points_of(path, &arguments.crs)
}

/// The points of a file, in its order.
pub(super) fn points_of(path: &Path, crs: &Crs) -> Result<Vec<Coord>, Failure> {
    let source = open(path, &OpenOptions::default()).map_err(|error| Failure::Failed(error.into()))?;
    let mut origins = Vec::new();
    for feature in source.features {
        let feature =
            feature.map_err(|error| Failure::Failed(anyhow::Error::from(error).context(path.display().to_string())))?;
        let failed =
            |reason: String| Failure::Failed(anyhow::anyhow!("{}, {}: {reason}", path.display(), feature.place));
        let Given::Value(raw) = &feature.raw.geometry else { return Err(failed("has no geometry".to_owned())) };
        let kinds = [GeometryKind::Point];
        let admitted = admit(raw, crs, &kinds).map_err(|error| failed(error.reason))?;
        origins.push(admitted.shape.anchor().0);
    }
    Ok(origins)
}
