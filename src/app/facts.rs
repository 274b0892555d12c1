//! Derived facts: what the service works out about a feature from its neighbours.
//!
//! A violation's section, side and distance, its squad and area; a shop's section; a section's length; the flags.
//! Pure on a snapshot: the writer calls it with the newest state, `doctor` to compare.

use std::sync::atomic::{AtomicU64, Ordering};

use geo::Coord;
use jiff::Timestamp;

use crate::app::jurisdiction::Standing;
use crate::domain::feature::{Feature, FeatureId, Flags};
use crate::domain::layer::Layer;
use crate::domain::value::Value;
use crate::domain::violation::SNAP_LIMIT_M;
use crate::spatial::foot::{Foot, Side, contains, foot_on_line};
use crate::spatial::geodesic::{area_m2, length_m};
use crate::spatial::shape::{Envelope, Shape};
use crate::world::Snapshot;

/// The widest search radius that any stored violation asks for: how far a changed section can matter.
///
/// Only grows while the process lives, so it is never too small.
#[derive(Default)]
pub struct Reach(AtomicU64);

impl Reach {
    /// Metres; at least [`SNAP_LIMIT_M`].
    pub fn metres(&self) -> f64 {
        f64::from_bits(self.0.load(Ordering::Relaxed)).max(SNAP_LIMIT_M)
    }

    pub fn include(&self, layer: Layer, feature: &Feature) {
        if layer == Layer::Violations {
            let metres = search_radius(feature);
            // Bit patterns of non-negative floats order like the floats.
            self.0.fetch_max(metres.to_bits(), Ordering::Relaxed);
        }
    }
}

fn search_radius(violation: &Feature) -> f64 {
    violation.value(Layer::Violations, "accuracy_m").number().unwrap_or(0.0).max(SNAP_LIMIT_M)
}

/// Sets every computed property and the flags of `feature` from the state of `snapshot`.
pub fn derive(snapshot: &Snapshot, layer: Layer, feature: &mut Feature, standing: Standing) {
    let mut flags = Flags::default();
    if standing == Standing::Outside {
        flags = flags.with(Flags::OUTSIDE_JURISDICTION);
    }
    match layer {
        Layer::RoadSections => {
            derive_length(feature);
            derive_owner(snapshot, feature);
        }
        Layer::Shops => {
            let section = section_at(snapshot, feature, SNAP_LIMIT_M);
            if section.is_none() {
                flags = flags.with(Flags::NO_SECTION);
            }
            let id = section.map_or(Value::Null, |(id, _)| Value::Integer(id.0));
            feature.set(layer, "section_id", id);
        }
        Layer::Violations => {
            let has_section = derive_violation(snapshot, feature);
            if !has_section {
                flags = flags.with(Flags::NO_SECTION);
            }
        }
        _ => {}
    }
    feature.flags = flags;
}

fn derive_length(feature: &mut Feature) {
    if let Some(Shape::LineString(line)) = &feature.geometry {
        let metres = millimetres(length_m(line));
        // Whoever says nothing travels the length, also after the line has changed.
        let before = feature.value(Layer::RoadSections, "length_m").clone();
        let cost = feature.value(Layer::RoadSections, "cost_m");
        if cost.is_null() || *cost == before {
            feature.set(Layer::RoadSections, "cost_m", Value::Number(metres));
        }
        feature.set(Layer::RoadSections, "length_m", Value::Number(metres));
    }
}

/// The squad by the plan in force. A section that is not stored yet keeps what whoever made it says.
fn derive_owner(snapshot: &Snapshot, section: &mut Feature) {
    if section.id != FeatureId(0) {
        let owner = snapshot.owners().now(section.id);
        section.set(Layer::RoadSections, "squad_id", owner.map_or(Value::Null, |id| Value::Integer(id.0)));
    }
}

/// Returns whether the violation has a section.
fn derive_violation(snapshot: &Snapshot, violation: &mut Feature) -> bool {
    let layer = Layer::Violations;
    let area = match &violation.geometry {
        Some(shape @ Shape::Polygon(_)) => Value::Number(millimetres(area_m2(shape))),
        _ => Value::Null,
    };
    violation.set(layer, "area_m2", area);
    let section = section_at(snapshot, violation, search_radius(violation));
    let (id, side, metres) = match &section {
        None => (Value::Null, Value::Null, Value::Null),
        Some((id, foot)) => (
            Value::Integer(id.0),
            Value::Text(side_name(foot.side).to_owned()),
            Value::Number(millimetres(foot.metres)),
        ),
    };
    violation.set(layer, "section_id", id);
    violation.set(layer, "side", side);
    violation.set(layer, "snap_m", metres);
    let occurred = violation.value(layer, "occurred_at").instant();
    let by_plan = section.as_ref().zip(occurred).and_then(|((id, _), at)| snapshot.owners().at(*id, at));
    let owner = by_plan.or_else(|| zone_owner(snapshot, violation));
    violation.set(layer, "squad_id", owner.map_or(Value::Null, |id| Value::Integer(id.0)));
    section.is_some()
}

fn side_name(side: Side) -> &'static str {
    match side {
        Side::Left => "left",
        Side::Right => "right",
        Side::On => "on",
    }
}

fn millimetres(metres: f64) -> f64 {
    (metres * 1000.0).round() / 1000.0
}

/// The nearest section to the feature's anchor within `limit` metres; ties to the lowest id.
fn section_at(snapshot: &Snapshot, feature: &Feature, limit: f64) -> Option<(FeatureId, Foot)> {
    section_at_place(snapshot, feature.geometry.as_ref()?.anchor().0, limit)
}

pub(super) fn section_at_place(snapshot: &Snapshot, from: Coord, limit: f64) -> Option<(FeatureId, Foot)> {
    let sections = snapshot.layer(Layer::RoadSections);
    if sections.is_empty() {
        return None;
    }
    let (_, id) = sections
        .nearest(from, 1, Some(limit), &|_| true, &|row| {
            row.with_shape(|shape| line_foot(shape, from).map(|foot| foot.metres)).flatten()
        })
        .into_iter()
        .next()?;
    let shape = sections.shape(id)?;
    Some((id, line_foot(&shape, from)?))
}

fn line_foot(shape: &Shape, from: Coord) -> Option<Foot> {
    match shape {
        Shape::LineString(line) => Some(foot_on_line(line, from)),
        _ => None,
    }
}

/// The squad of the zone that held the place when it happened.
fn zone_owner(snapshot: &Snapshot, violation: &Feature) -> Option<FeatureId> {
    let at = violation.geometry.as_ref()?.anchor().0;
    let occurred = violation.value(Layer::Violations, "occurred_at").instant()?;
    zone_at(snapshot, at, occurred).map(|(_, squad)| squad)
}

/// The zone that holds a place at a moment, and its squad; of several zones the one with the lowest id.
pub(super) fn zone_at(snapshot: &Snapshot, at: Coord, when: Timestamp) -> Option<(FeatureId, FeatureId)> {
    let mut found: Option<(FeatureId, FeatureId)> = None;
    let here = Envelope { west: at.x, south: at.y, east: at.x, north: at.y };
    snapshot.layer(Layer::SquadZones).in_window(here, &mut |zone| {
        let zone = zone.feature();
        let holds =
            in_force(Layer::SquadZones, &zone, when) && zone.geometry.as_ref().is_some_and(|shape| contains(shape, at));
        let squad = zone.value(Layer::SquadZones, "squad_id").integer().map(FeatureId);
        if let (true, Some(squad)) = (holds, squad)
            && found.is_none_or(|(id, _)| zone.id < id)
        {
            found = Some((zone.id, squad));
        }
    });
    found
}

/// Whether a zone or a duty holds at a moment.
pub(crate) fn in_force(layer: Layer, zone: &Feature, at: Timestamp) -> bool {
    let bound = |name| zone.value(layer, name).instant();
    bound("valid_from").is_none_or(|from| from <= at) && bound("valid_to").is_none_or(|to| at < to)
}

/// The layers whose facts depend on a layer.
pub fn dependents(changed: Layer) -> &'static [Layer] {
    match changed {
        Layer::RoadSections => &[Layer::Violations, Layer::Shops],
        Layer::SquadZones => &[Layer::Violations],
        Layer::Jurisdictions => &BOUND,
        _ => &[],
    }
}

const BOUND: [Layer; 9] = [
    Layer::SquadZones,
    Layer::RoadSections,
    Layer::ParkingPoints,
    Layer::Violations,
    Layer::Shops,
    Layer::VendingSites,
    Layer::Assistants,
    Layer::ConstructionSites,
    Layer::SquadDuties,
];

/// The layers that a layer's facts depend on.
pub fn causes(layer: Layer) -> Vec<Layer> {
    [Layer::Jurisdictions, Layer::RoadSections, Layer::SquadZones]
        .into_iter()
        .filter(|cause| dependents(*cause).contains(&layer))
        .collect()
}

/// The area in which a change of `layer` inside `envelope` can alter facts.
pub fn touched(layer: Layer, envelope: Envelope, reach: &Reach) -> Envelope {
    match layer {
        Layer::RoadSections => crate::spatial::foot::grow(envelope, reach.metres()),
        _ => envelope,
    }
}
