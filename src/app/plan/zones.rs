//! The zones of a plan: drawn from its sections over the jurisdictions. It does not ask who may draw others.

use std::collections::HashSet;

use crate::domain::feature::{Feature, FeatureId};
use crate::domain::layer::Layer;
use crate::spatial::shape::Shape;
use crate::spatial::tiling::{Owned, tile};
use crate::world::Snapshot;
use geo::LineString;

/// The zone of each squad: together they tile the jurisdictions that lie in no other. Nothing where there are none.
///
/// Cost: that of [`tile`]; call it off the threads that serve.
pub fn draw(snapshot: &Snapshot, roll: &[(FeatureId, FeatureId)]) -> Vec<(FeatureId, Shape)> {
    let areas = outermost(snapshot);
    let sections = snapshot.layer(Layer::RoadSections);
    let mut squads: Vec<FeatureId> = roll.iter().map(|(_, squad)| *squad).collect();
    squads.sort_unstable();
    squads.dedup();
    let lines: Vec<(LineString, usize)> = roll
        .iter()
        .filter_map(|(section, squad)| match sections.shape(*section)? {
            Shape::LineString(line) => Some((line, squads.binary_search(squad).ok()?)),
            _ => None,
        })
        .collect();
    let owned: Vec<Owned<'_>> = lines.iter().map(|(line, owner)| Owned { line, owner: *owner }).collect();
    let areas: Vec<&Shape> = areas.iter().collect();
    tile(&areas, &owned)
        .into_iter()
        .filter(|(_, parts)| !parts.0.is_empty())
        .map(|(owner, mut parts)| {
            let shape =
                if parts.0.len() == 1 { Shape::Polygon(parts.0.swap_remove(0)) } else { Shape::MultiPolygon(parts) };
            (squads[owner], shape)
        })
        .collect()
}

/// Areas of the jurisdictions without a parent among them.
fn outermost(snapshot: &Snapshot) -> Vec<Shape> {
    let layer = Layer::Jurisdictions;
    let mut all = Vec::new();
    snapshot.layer(layer).for_each(&mut |row| all.push(row.feature()));
    all.sort_by_key(|jurisdiction| jurisdiction.id);
    let codes: HashSet<String> =
        all.iter().filter_map(|own| own.value(layer, "code").text().map(str::to_owned)).collect();
    let is_inner = |own: &Feature| own.value(layer, "parent_code").text().is_some_and(|parent| codes.contains(parent));
    all.into_iter().filter(|own| !is_inner(own)).filter_map(|own| own.geometry).collect()
}
