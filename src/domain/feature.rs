//! A stored feature: what every ring passes to the next.

use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use crate::domain::{layer::Layer, value::Value};
use crate::spatial::{hilbert, shape::Shape};

/// Identity of a feature inside its layer: positive, given by the service, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FeatureId(pub i64);

/// Sequence number of a feature's last change. Sequence order is commit order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Rev(pub i64);

/// Things the service noticed about a feature, as a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(pub u32);

impl Flags {
    pub const OUTSIDE_JURISDICTION: Self = Self(1);
    pub const NO_SECTION: Self = Self(2);
    /// Words of the flags, by bit.
    const NAMES: [(Self, &'static str); 2] =
        [(Self::OUTSIDE_JURISDICTION, "outside-jurisdiction"), (Self::NO_SECTION, "no-section")];

    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().filter(move |(flag, _)| self.has(*flag)).map(|(_, name)| name)
    }
}

/// A feature as it is stored: validated, references resolved, facts derived.
#[derive(Debug, Clone, PartialEq)]
pub struct Feature {
    pub id: FeatureId,
    pub rev: Rev,
    pub external_id: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub geometry: Option<Shape>,
    /// One value a declared property, in the order of the declaration.
    pub values: Vec<Value>,
    /// Properties that the layer does not declare, under their names.
    pub extras: Map<String, Json>,
    pub flags: Flags,
}

impl Feature {
    /// The value of a declared property; `Null` for a name that the layer does not declare.
    pub fn value(&self, layer: Layer, name: &str) -> &Value {
        layer.declaration().position(name).map_or(&Value::Null, |at| &self.values[at])
    }

    pub fn set(&mut self, layer: Layer, name: &str, value: Value) {
        if let Some(at) = layer.declaration().position(name) {
            self.values[at] = value;
        }
    }

    /// Place in the default order of items: along the Hilbert curve, then by id; without geometry first.
    pub fn place(&self) -> (u64, FeatureId) {
        (self.geometry.as_ref().map_or(hilbert::NOWHERE, Shape::curve_key), self.id)
    }

    /// Whether both say the same, identity, revision and times aside.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.external_id == other.external_id
            && self.geometry == other.geometry
            && self.values == other.values
            && self.extras == other.extras
            && self.flags == other.flags
    }
}
