//! Do the zones in force tile the jurisdiction? Gaps, overlaps, zones beyond it, squads without one.

use std::collections::BTreeSet;

use geo::{InteriorPoint, MultiPolygon, Polygon};
use jiff::Timestamp;

use crate::app::check::{Check, Finding, middle};
use crate::app::facts::in_force;
use crate::domain::feature::Feature;
use crate::domain::layer::Layer;
use crate::spatial::overlay::{area_m2, areas, left_over, polygon_m2, shared, together, width_m};
use crate::world::Snapshot;

/// Pieces narrower than this on average come from rounding to the storage grid (1e-7 degrees, 1.1 cm) and are not told
/// one by one; the sums hold them.
const SLIVER_M: f64 = 0.02;

/// Square metres on the ground. `zones + gaps - overlaps = jurisdiction`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tiling {
    pub jurisdiction_m2: f64,
    /// Sum of the zones inside the jurisdiction.
    pub zones_m2: f64,
    pub gaps_m2: f64,
    /// Ground that several zones hold, once for each zone more than one.
    pub overlaps_m2: f64,
}

impl Tiling {
    /// How far the sum is from the jurisdiction, relative to it.
    pub fn miss(&self) -> f64 {
        let sum = self.zones_m2 + self.gaps_m2 - self.overlaps_m2;
        if self.jurisdiction_m2 > 0.0 { ((sum - self.jurisdiction_m2) / self.jurisdiction_m2).abs() } else { 0.0 }
    }
}

struct Zone {
    feature: Feature,
    /// Inside the jurisdiction.
    inside: MultiPolygon,
}

/// Without zones in force there is nothing to say. Cost: an overlay a zone, and one a pair of zones that overlap.
pub(super) fn zones(snapshot: &Snapshot, now: Timestamp) -> (Vec<Finding>, Option<Tiling>) {
    let mut features = Vec::new();
    snapshot.layer(Layer::SquadZones).for_each(&mut |row| features.push(row.feature()));
    features.retain(|zone| in_force(Layer::SquadZones, zone, now));
    features.sort_by_key(|zone| zone.id);
    if features.is_empty() {
        return (Vec::new(), None);
    }
    let mut found = without_zone(snapshot, &features);
    let Some(jurisdiction) = jurisdiction(snapshot) else { return (found, None) };
    let mut tiling = Tiling { jurisdiction_m2: area_m2(&jurisdiction), zones_m2: 0.0, gaps_m2: 0.0, overlaps_m2: 0.0 };
    let mut covered = MultiPolygon(Vec::new());
    let mut zones: Vec<Zone> = Vec::new();
    for feature in features {
        let whole = feature.geometry.as_ref().map_or(MultiPolygon(Vec::new()), areas);
        for piece in &left_over(&whole, &jurisdiction).0 {
            let detail = |m2: f64| format!("{m2:.1} m2 of the zone lie outside the jurisdiction");
            found.extend(ground(Check::ZoneOutside, piece, &[&feature], detail));
        }
        let inside = shared(&whole, &jurisdiction);
        tiling.zones_m2 += area_m2(&inside);
        let again = area_m2(&shared(&inside, &covered));
        tiling.overlaps_m2 += again;
        let zone = Zone { feature, inside };
        if again > 0.0 {
            zones.iter().for_each(|other| found.extend(overlap(&zone, other)));
        }
        covered = together(&covered, &zone.inside);
        zones.push(zone);
    }
    let gaps = left_over(&jurisdiction, &covered);
    tiling.gaps_m2 = area_m2(&gaps);
    for piece in &gaps.0 {
        let detail =
            |m2: f64| format!("{m2:.1} m2 of the jurisdiction belong to no zone: draw one of its neighbours out");
        found.extend(ground(Check::ZoneGap, piece, &[], detail));
    }
    (found, Some(tiling))
}

/// The ground of all jurisdictions that are not made up of others.
fn jurisdiction(snapshot: &Snapshot) -> Option<MultiPolygon> {
    let layer = Layer::Jurisdictions;
    let mut features = Vec::new();
    snapshot.layer(layer).for_each(&mut |row| features.push(row.feature()));
    let text = |feature: &Feature, name| feature.value(layer, name).text().map(str::to_owned);
    let parents: BTreeSet<String> = features.iter().filter_map(|feature| text(feature, "parent_code")).collect();
    let leaves = features.iter().filter(|feature| text(feature, "code").is_none_or(|code| !parents.contains(&code)));
    let ground = leaves
        .filter_map(|feature| feature.geometry.as_ref())
        .fold(MultiPolygon(Vec::new()), |ground, shape| together(&ground, &areas(shape)));
    (!ground.0.is_empty()).then_some(ground)
}

fn overlap(zone: &Zone, other: &Zone) -> Vec<Finding> {
    let both = shared(&zone.inside, &other.inside);
    let detail = |m2: f64| {
        format!("{m2:.1} m2 belong to zones {} and {}: take them from one", other.feature.id.0, zone.feature.id.0)
    };
    let pieces = both.0.iter();
    pieces.filter_map(|piece| ground(Check::ZoneOverlap, piece, &[&other.feature, &zone.feature], detail)).collect()
}

/// A finding about a piece of ground; none of a sliver.
fn ground(check: Check, piece: &Polygon, zones: &[&Feature], detail: impl Fn(f64) -> String) -> Option<Finding> {
    if width_m(piece) < SLIVER_M {
        return None;
    }
    let at = piece.interior_point().or_else(|| piece.exterior().points().next())?.0;
    let m2 = polygon_m2(piece);
    let finding = Finding::at(check, Layer::SquadZones, at, zones, detail(m2));
    Some(Finding { ground: Some((piece.clone(), m2)), ..finding })
}

/// Active area squads that no zone names.
fn without_zone(snapshot: &Snapshot, zones: &[Feature]) -> Vec<Finding> {
    let layer = Layer::Squads;
    let squad_of = |zone: &Feature| zone.value(Layer::SquadZones, "squad_id").integer();
    let with_zone: BTreeSet<i64> = zones.iter().filter_map(squad_of).collect();
    let mut found = Vec::new();
    snapshot.layer(layer).for_each(&mut |row| {
        let squad = row.feature();
        let is = |name, word| squad.value(layer, name).text() == Some(word);
        if is("kind", "area") && is("status", "active") && !with_zone.contains(&squad.id.0) {
            let detail = "is an active area squad without a zone in force".to_owned();
            found.push(Finding::at(Check::SquadWithoutZone, layer, middle(&squad), &[&squad], detail));
        }
    });
    found
}
