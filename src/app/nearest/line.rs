//! Nearest by the straight line, in true metres.

use geo::Coord;

use crate::app::nearest::{Measure, NearestQuestion, accepts, centroid};
use crate::domain::feature::FeatureId;
use crate::domain::value::Value;
use crate::spatial::foot::distance_to_shape_m;
use crate::spatial::geodesic::distance_m;
use crate::spatial::shape::Shape;
use crate::world::{Row, Snapshot};

/// At most `k` features that `wanted` takes beside the question's own conditions, with their metres; ties by id.
pub(super) fn nearest(
    snapshot: &Snapshot,
    question: &NearestQuestion,
    from: Coord,
    k: usize,
    wanted: &dyn Fn(FeatureId) -> bool,
) -> Vec<(f64, FeatureId)> {
    let layer = snapshot.layer(question.layer);
    let filter = |row: &Row<'_>| wanted(row.id()) && accepts(question, row);
    let entrances = question.layer.declaration().position("entrances");
    match (question.measure, entrances) {
        (Measure::Centroid, _) => layer.nearest(from, k, question.max_m, &filter, &|row| {
            row.with_shape(|shape| distance_m(from, centroid(shape)))
        }),
        (Measure::Entrance, at) => layer.nearest(from, k, question.max_m, &filter, &|row| {
            let to_entrances = at.and_then(|at| entrance_distance_m(row, at, from));
            to_entrances.or_else(|| row.with_shape(|shape| distance_to_shape_m(from, shape)))
        }),
    }
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
