//! Is the map sound? Findings about streets, zones and places, each with its own place.

mod places;
mod streets;
mod zones;

use geo::{Coord, Polygon};
use jiff::Timestamp;

use crate::domain::feature::{Feature, FeatureId};
use crate::domain::layer::Layer;
use crate::spatial::network::{Pieces, Profile};
use crate::world::Snapshot;

pub use zones::Tiling;

/// The layers that are looked at.
pub const LAYERS: [Layer; 9] = [
    Layer::Jurisdictions,
    Layer::Squads,
    Layer::SquadZones,
    Layer::RoadSections,
    Layer::ParkingPoints,
    Layer::Shops,
    Layer::VendingSites,
    Layer::Assistants,
    Layer::ConstructionSites,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    Duplicate,
    DanglingEnd,
    ZeroLength,
    MissingName,
    Island,
    OutsideJurisdiction,
    ZoneGap,
    ZoneOverlap,
    ZoneOutside,
    SquadWithoutZone,
    Overfull,
}

impl Check {
    pub fn name(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::DanglingEnd => "dangling-end",
            Self::ZeroLength => "zero-length",
            Self::MissingName => "missing-name",
            Self::Island => "island",
            Self::OutsideJurisdiction => "outside-jurisdiction",
            Self::ZoneGap => "zone-gap",
            Self::ZoneOverlap => "zone-overlap",
            Self::ZoneOutside => "zone-outside",
            Self::SquadWithoutZone => "squad-without-zone",
            Self::Overfull => "overfull",
        }
    }

    /// Whether answers are wrong because of it: along the streets, or who is in charge.
    pub fn is_error(self) -> bool {
        matches!(self, Self::Duplicate | Self::DanglingEnd | Self::ZeroLength | Self::ZoneGap | Self::ZoneOverlap)
    }
}

/// Something that is probably wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    pub check: Check,
    pub layer: Layer,
    pub at: Coord,
    /// The piece of ground concerned and its square metres, where it is one.
    pub ground: Option<(Polygon, f64)>,
    /// The features concerned, the first ones of an island.
    pub features: Vec<(FeatureId, Option<String>)>,
    pub detail: String,
}

impl Finding {
    fn at(check: Check, layer: Layer, at: Coord, features: &[&Feature], detail: String) -> Self {
        let features = features.iter().map(|feature| (feature.id, feature.external_id.clone())).collect();
        Self { check, layer, at, ground: None, features, detail }
    }
}

/// Who can get where, by profile.
pub type Networks = Vec<(Profile, Pieces)>;

/// What was found, and the figures of the network and the zones.
#[derive(Debug)]
pub struct Report {
    pub findings: Vec<Finding>,
    pub sections: usize,
    pub networks: Networks,
    /// None where there are no zones or no jurisdiction.
    pub tiling: Option<Tiling>,
}

/// Looks at everything but violations; at zones as they are in force at `now`. See [`LAYERS`].
pub fn look(snapshot: &Snapshot, now: Timestamp) -> Report {
    let (mut findings, networks) = streets::streets(snapshot);
    let (of_zones, tiling) = zones::zones(snapshot, now);
    findings.extend(of_zones);
    findings.extend(places::places(snapshot));
    findings.sort_by_key(|finding| (finding.check, finding.layer, finding.features.first().map(|(id, _)| *id)));
    Report { findings, sections: snapshot.layer(Layer::RoadSections).len(), networks, tiling }
}

/// The place that stands for a feature; 0, 0 without geometry.
fn middle(feature: &Feature) -> Coord {
    feature.geometry.as_ref().map_or(Coord::default(), |shape| shape.anchor().0)
}
