//! Where is the nearest feature of a layer, by the straight line, in true metres.

use geo::Coord;
use serde_json::Value as Json;

use crate::domain::feature::{Feature, FeatureId};
use crate::domain::layer::Layer;
use crate::domain::value::Value;
use crate::spatial::foot::distance_to_shape_m;
use crate::spatial::geodesic::distance_m;
use crate::spatial::shape::Shape;
use crate::world::{Condition, Query, Row, Snapshot};

/// What stands for an area when its distance is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Measure {
    /// Its mapped entrances, else its boundary; 0 inside.
    #[default]
    Entrance,
    /// The centroid of its area.
    Centroid,
}

#[derive(Debug, Clone)]
pub struct NearestQuestion {
    pub layer: Layer,
    pub from: Coord,
    pub k: usize,
    /// Nothing farther is answered.
    pub max_m: Option<f64>,
    pub conditions: Vec<Condition>,
    /// Free places wanted: capacity less occupied.
    pub min_room: Option<i64>,
    pub measure: Measure,
}

/// One answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    pub id: FeatureId,
    /// Geodesic metres.
    pub line_m: f64,
}

/// What an answer says beside the feature's own properties.
pub const FIGURES: [&str; 6] = ["rank", "distance_m", "access_m", "network_m", "line_m", "duration_s"];

/// The answers as features, nearest first, with [`FIGURES`] among their properties. Along the straight line there is no
/// network, so what belongs to it is null.
pub fn answers(snapshot: &Snapshot, question: &NearestQuestion) -> Vec<Feature> {
    let layer = snapshot.layer(question.layer);
    let found = nearest(snapshot, question);
    let features =
        found.into_iter().enumerate().filter_map(|(at, near)| Some((at + 1, near.line_m, layer.get(near.id)?)));
    features
        .map(|(rank, metres, mut feature)| {
            // Millimetres: more digits would pretend.
            let metres = Json::from((metres * 1e3).round() / 1e3);
            let figures = [Json::from(rank), metres.clone(), Json::Null, Json::Null, metres, Json::Null];
            feature.extras.extend(FIGURES.map(str::to_owned).into_iter().zip(figures));
            feature
        })
        .collect()
}

/// Nearest first, ties by id.
pub fn nearest(snapshot: &Snapshot, question: &NearestQuestion) -> Vec<Near> {
    let layer = snapshot.layer(question.layer);
    let filter_query = Query { conditions: question.conditions.clone(), ..Query::default() };
    let filter = |row: &Row<'_>| filter_query.accepts(row) && has_room(row, question);
    let from = question.from;
    let entrances = question.layer.declaration().position("entrances");
    let found = match (question.measure, entrances) {
        (Measure::Centroid, _) => layer.nearest(from, question.k, question.max_m, &filter, &|row| {
            row.with_shape(|shape| distance_m(from, centroid(shape)))
        }),
        (Measure::Entrance, at) => layer.nearest(from, question.k, question.max_m, &filter, &|row| {
            let to_entrances = at.and_then(|at| entrance_distance_m(row, at, from));
            to_entrances.or_else(|| row.with_shape(|shape| distance_to_shape_m(from, shape)))
        }),
    };
    found.into_iter().map(|(line_m, id)| Near { id, line_m }).collect()
}

fn has_room(row: &Row<'_>, question: &NearestQuestion) -> bool {
    let Some(wanted) = question.min_room else { return true };
    let number = |name: &str| question.layer.declaration().position(name).and_then(|at| row.declared(at).integer());
    // A point whose capacity nobody knows may be full.
    number("capacity").is_some_and(|capacity| capacity - number("occupied").unwrap_or(0) >= wanted)
}

/// Metres to the nearest mapped entrance that lies in or on the feature's envelope.
fn entrance_distance_m(row: &Row<'_>, property: usize, from: Coord) -> Option<f64> {
    let Value::Positions(entrances) = row.declared(property) else { return None };
    let envelope = row.with_shape(Shape::envelope)?;
    entrances
        .iter()
        .map(|position| Coord { x: position[0], y: position[1] })
        .filter(|at| envelope.holds(*at))
        .map(|at| distance_m(from, at))
        .min_by(f64::total_cmp)
}

/// The centroid of the area, in degrees; the place itself for a point, the middle for a line.
fn centroid(shape: &Shape) -> Coord {
    use geo::Centroid;
    let found = match shape {
        Shape::Polygon(polygon) => polygon.centroid(),
        Shape::MultiPolygon(polygons) => polygons.centroid(),
        Shape::Point(_) | Shape::LineString(_) => None,
    };
    found.unwrap_or_else(|| shape.anchor()).0
}
