//! Where is the nearest feature of a layer: along the streets, or by the straight line.

mod along;
mod line;

use std::sync::Arc;

use geo::Coord;
use jiff::civil::DateTime;
use serde_json::{Map, Value as Json, json};

use crate::app::App;
use crate::app::streets::{SharedNetwork, SharedPoints};
use crate::domain::feature::{Feature, FeatureId};
use crate::domain::layer::Layer;
use crate::domain::opening_hours::{Calendar, Openness, Told, told};
use crate::spatial::crs::{Crs, CrsError};
use crate::spatial::network::Profile;
use crate::spatial::shape::{GRID, Shape};
use crate::world::{Condition, Row, Snapshot};

/// What stands for an area when its distance is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Measure {
    /// Its mapped entrances, else its boundary; 0 inside.
    #[default]
    Entrance,
    /// The centroid of its area.
    Centroid,
}

/// By which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Line,
    Streets(Profile),
}

impl By {
    /// By its name in addresses and on the command line.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "line" => Some(Self::Line),
            name => Profile::ALL.into_iter().find(|profile| profile.name() == name).map(Self::Streets),
        }
    }
}

#[derive(Debug, Clone)]
pub struct NearestQuestion {
    pub layer: Layer,
    pub k: usize,
    pub by: By,
    /// Nothing farther is answered.
    pub max_m: Option<f64>,
    /// Who stands farther from any street does not start.
    pub max_snap_m: Option<f64>,
    pub conditions: Vec<Condition>,
    /// Free places wanted: capacity less occupied.
    pub min_room: Option<i64>,
    /// When it must not be closed.
    pub open_at: Option<OpenAt>,
    pub measure: Measure,
    /// Whether the line of the way is wanted.
    pub route: bool,
}

/// A local time, and which days are holidays.
#[derive(Debug, Clone)]
pub struct OpenAt {
    pub at: DateTime,
    pub calendar: Arc<Calendar>,
}

impl OpenAt {
    /// What opening hours say of it.
    pub fn told(&self, hours: &str) -> Told {
        told(hours, self.at, &self.calendar)
    }
}

/// The question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum NearestError {
    #[error(
        "the place is more than 50 km from any street: is it in another coordinate system, or are the streets of another town?"
    )]
    FarFromStreets,
    #[error("{0}")]
    Crs(#[from] CrsError),
}

/// What an answer says beside the feature's own properties.
pub const FIGURES: [&str; 6] = ["rank", "distance_m", "access_m", "network_m", "line_m", "duration_s"];
/// All that a table of answers has columns for.
pub const COLUMNS: [&str; 11] = [
    "rank",
    "distance_m",
    "access_m",
    "network_m",
    "line_m",
    "duration_s",
    "reason",
    "open",
    "open_on_public_holiday",
    "open_on_school_holiday",
    "on_island",
];

/// The answers to one place.
#[derive(Debug, Default)]
pub struct Answers {
    /// Nearest first, with [`FIGURES`] among their properties.
    pub features: Vec<Feature>,
    /// Where the place met the streets.
    pub origin: Option<Map<String, Json>>,
}

/// A question with all that it needs at hand, to be asked from many places: all answers are of one snapshot.
pub struct Prepared {
    snapshot: Arc<Snapshot>,
    question: NearestQuestion,
    crs: Crs,
    streets: Option<(Profile, SharedNetwork, SharedPoints)>,
}

impl Prepared {
    /// Slow at the first question after a change of streets or of the layer's features; [`is_quick`] tells.
    pub fn new(app: &App, snapshot: Arc<Snapshot>, question: NearestQuestion, crs: Crs) -> Self {
        let streets = match question.by {
            By::Line => None,
            By::Streets(profile) => {
                let network = app.network(&snapshot);
                let points = network
                    .get()
                    .map(|network| app.points(&snapshot, network, question.layer, profile, question.measure));
                points.map(|points| (profile, network, points))
            }
        };
        Self { snapshot, question, crs, streets }
    }

    /// The answers from one place, in degrees of WGS 84; positions in them are in the coordinate system asked for.
    pub fn answers(&self, from: Coord) -> Result<Answers, NearestError> {
        let streets = self.streets.as_ref();
        let made = streets.and_then(|(profile, network, points)| Some((*profile, network.get()?, points.get()?)));
        match made {
            None => Ok(Answers { features: self.by_line(from), origin: None }),
            Some((profile, network, points)) => along::answers(self, profile, network, points, from),
        }
    }

    /// Along the straight line there is no network, so what belongs to it is null.
    fn by_line(&self, from: Coord) -> Vec<Feature> {
        let found = line::nearest(&self.snapshot, &self.question, from, self.question.k, &|_| true);
        let features = found.into_iter().enumerate().filter_map(|(at, (line_m, id))| {
            let figures = [json!(at + 1), metres(line_m), Json::Null, Json::Null, metres(line_m), Json::Null];
            self.feature(id, figures)
        });
        features.collect()
    }

    fn feature(&self, id: FeatureId, figures: [Json; 6]) -> Option<Feature> {
        let mut feature = self.snapshot.layer(self.question.layer).get(id)?;
        feature.extras.extend(FIGURES.map(str::to_owned).into_iter().zip(figures));
        if let Some(open_at) = &self.question.open_at {
            let hours = feature.value(self.question.layer, "opening_hours").text().unwrap_or_default();
            let told = open_at.told(hours);
            // Null: nobody says, or not so that it is understood.
            let known = |openness: Openness| openness.known().map_or(Json::Null, Json::from);
            feature.extras.insert("open".to_owned(), known(told.open));
            let holidays = [
                ("open_on_public_holiday", told.on_public_holiday),
                ("open_on_school_holiday", told.on_school_holiday),
            ];
            for (name, openness) in holidays {
                feature.extras.extend(openness.map(|openness| (name.to_owned(), known(openness))));
            }
        }
        Some(feature)
    }

    /// A position in the coordinate system asked for.
    fn position(&self, at: Coord) -> Result<Json, CrsError> {
        position(&self.crs, at)
    }
}

/// A position in a coordinate system, with the digits that it deserves.
pub fn position(crs: &Crs, at: Coord) -> Result<Json, CrsError> {
    let (x, y) = crs.from_wgs84(at.x, at.y)?;
    let digits = 10_f64.powi(crs.decimals() as i32);
    Ok(json!([(x * digits).round() / digits, (y * digits).round() / digits]))
}

/// Whether the common question can be answered from tables that are there already.
pub fn is_quick(app: &App, snapshot: &Snapshot, question: &NearestQuestion) -> bool {
    let By::Streets(profile) = question.by else { return false };
    !question.route
        && question.k <= crate::app::streets::TABLE_K
        && along::kinds_asked(question).is_some()
        && app.has_points_ready(snapshot, question.layer, profile, question.measure)
}

/// Millimetres: more digits would pretend.
fn metres(metres: f64) -> Json {
    Json::from((metres * 1e3).round() / 1e3)
}

/// Whether a feature answers the question's conditions.
pub(super) fn accepts(question: &NearestQuestion, row: &Row<'_>) -> bool {
    question.conditions.iter().all(|condition| condition.holds(row))
        && has_room(row, question)
        && is_not_closed(row, question)
}

fn has_room(row: &Row<'_>, question: &NearestQuestion) -> bool {
    let Some(wanted) = question.min_room else { return true };
    let number = |name: &str| question.layer.declaration().position(name).and_then(|at| row.declared(at).integer());
    // A point whose capacity nobody knows may be full.
    number("capacity").is_some_and(|capacity| capacity - number("occupied").unwrap_or(0) >= wanted)
}

/// Most points do not say when they are open: only those that say that they are closed are left out.
fn is_not_closed(row: &Row<'_>, question: &NearestQuestion) -> bool {
    let Some(open_at) = &question.open_at else { return true };
    let hours = question.layer.declaration().position("opening_hours").and_then(|place| row.declared_text(place));
    open_at.told(hours.unwrap_or_default()).open != Openness::Closed
}

/// The centroid of the area in degrees, on the grid like every stored place; the place itself for a point, the middle for a
/// line.
pub fn centroid(shape: &Shape) -> Coord {
    use geo::Centroid;
    let found = match shape {
        Shape::Polygon(polygon) => polygon.centroid(),
        Shape::MultiPolygon(polygons) => polygons.centroid(),
        Shape::Point(_) | Shape::LineString(_) => None,
    };
    let at = found.unwrap_or_else(|| shape.anchor());
    Coord { x: (at.x() * GRID).round() / GRID, y: (at.y() * GRID).round() / GRID }
}
