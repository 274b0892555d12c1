//! The layers of the map and what is declared of each.

use crate::domain::{
    assistant, construction_site, jurisdiction, parking_point, property::Property, road_section, shop, squad,
    squad_duty, squad_zone, vending_site, violation,
};
use crate::spatial::shape::GeometryKind;

/// A layer of the map. Written `road-sections` in files, paths and answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layer {
    Jurisdictions,
    Squads,
    SquadZones,
    RoadSections,
    ParkingPoints,
    Violations,
    Shops,
    VendingSites,
    Assistants,
    ConstructionSites,
    SquadDuties,
}

/// Everything the program knows of a layer before it holds any feature.
#[derive(Debug)]
pub struct Declaration {
    pub layer: Layer,
    /// The name users write.
    pub name: &'static str,
    /// SQL table, in the singular.
    pub table: &'static str,
    pub title_en: &'static str,
    pub title_zh: &'static str,
    pub geometry: &'static [GeometryKind],
    pub geometry_required: bool,
    pub properties: &'static [Property],
    /// The property by which other layers may name a feature, e.g. `squad_code`.
    pub code: Option<&'static str>,
    pub time: Time,
    /// Whether a feature far from every jurisdiction is refused and one outside is flagged.
    pub bound_to_jurisdiction: bool,
}

/// What `datetime` looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    None,
    /// The instant in this property.
    At(&'static str),
    /// From the first property (inclusive) to the second (exclusive); an absent end is open.
    Between(&'static str, &'static str),
}

impl Layer {
    /// In the order in which references allow to load them.
    pub const ALL: [Self; 11] = [
        Self::Jurisdictions,
        Self::Squads,
        Self::SquadZones,
        Self::RoadSections,
        Self::ParkingPoints,
        Self::Violations,
        Self::Shops,
        Self::VendingSites,
        Self::Assistants,
        Self::ConstructionSites,
        Self::SquadDuties,
    ];

    pub fn declaration(self) -> &'static Declaration {
        match self {
            Self::Jurisdictions => &jurisdiction::DECLARATION,
            Self::Squads => &squad::DECLARATION,
            Self::SquadZones => &squad_zone::DECLARATION,
            Self::RoadSections => &road_section::DECLARATION,
            Self::ParkingPoints => &parking_point::DECLARATION,
            Self::Violations => &violation::DECLARATION,
            Self::Shops => &shop::DECLARATION,
            Self::VendingSites => &vending_site::DECLARATION,
            Self::Assistants => &assistant::DECLARATION,
            Self::ConstructionSites => &construction_site::DECLARATION,
            Self::SquadDuties => &squad_duty::DECLARATION,
        }
    }

    pub fn name(self) -> &'static str {
        self.declaration().name
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|layer| layer.name() == name)
    }

    /// Place in [`Layer::ALL`], for tables indexed by layer.
    pub fn index(self) -> usize {
        self as usize
    }
}

impl Declaration {
    pub fn property(&self, name: &str) -> Option<&'static Property> {
        self.properties.iter().find(|property| property.name == name)
    }

    /// Place of a property in [`Declaration::properties`], which is its place in a feature's values.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.properties.iter().position(|property| property.name == name)
    }
}
