//! Features as columns: compact, without their payload.

use std::collections::BTreeSet;
use std::sync::Arc;

use geo::{Coord, Point};
use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use crate::domain::feature::{Feature, FeatureId, Flags, Rev};
use crate::domain::layer::Layer;
use crate::domain::value::Value;
use crate::spatial::shape::{Envelope, GRID, Shape};
use crate::world::columns::{Column, Sparse, Texts};

/// Rows in the order in which they were pushed.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    layer: Layer,
    ids: Vec<i64>,
    revs: Vec<i64>,
    created: Vec<i64>,
    updated: Vec<i64>,
    flags: Sparse<u32>,
    external: Texts,
    /// Steps of the grid; for other shapes than points the south-west corner of the envelope.
    corners: Vec<[i32; 2]>,
    /// North-east corner, of shapes other than points.
    far_corners: Sparse<[i32; 2]>,
    shapes: Sparse<Place>,
    values: Vec<Column>,
    /// Undeclared properties as JSON text.
    extras: Texts,
    extra_names: BTreeSet<String>,
}

/// What kind of geometry a row has.
#[derive(Debug, Clone)]
enum Place {
    Point,
    Nowhere,
    Shape(Arc<Shape>),
}

impl PartialEq for Place {
    /// Equal only to say "nothing to store": see [`Sparse::push`].
    fn eq(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Point, Self::Point) | (Self::Nowhere, Self::Nowhere))
    }
}

const NO_CORNER: [i32; 2] = [i32::MIN; 2];

fn steps(at: Coord) -> [i32; 2] {
    [(at.x * GRID).round() as i32, (at.y * GRID).round() as i32]
}

fn degrees([x, y]: [i32; 2]) -> Coord {
    Coord { x: f64::from(x) / GRID, y: f64::from(y) / GRID }
}

impl Rows {
    pub fn new(layer: Layer) -> Self {
        Self {
            layer,
            ids: Vec::new(),
            revs: Vec::new(),
            created: Vec::new(),
            updated: Vec::new(),
            flags: Sparse::new(0),
            external: Texts::default(),
            corners: Vec::new(),
            far_corners: Sparse::new(NO_CORNER),
            shapes: Sparse::new(Place::Point),
            values: layer.declaration().properties.iter().map(|property| Column::of(property.kind)).collect(),
            extras: Texts::default(),
            extra_names: BTreeSet::new(),
        }
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    pub fn push(&mut self, feature: &Feature) {
        let at = self.len();
        self.ids.push(feature.id.0);
        self.revs.push(feature.rev.0);
        self.created.push(feature.created_at.as_microsecond());
        self.updated.push(feature.updated_at.as_microsecond());
        self.flags.push(at, feature.flags.0);
        self.external.push(at, feature.external_id.as_deref());
        match &feature.geometry {
            None => {
                self.corners.push(NO_CORNER);
                self.shapes.push(at, Place::Nowhere);
            }
            Some(Shape::Point(point)) => self.corners.push(steps(point.0)),
            Some(shape) => {
                let envelope = shape.envelope();
                self.corners.push(steps(Coord { x: envelope.west, y: envelope.south }));
                self.far_corners.push(at, steps(Coord { x: envelope.east, y: envelope.north }));
                self.shapes.push(at, Place::Shape(Arc::new(shape.clone())));
            }
        }
        for (column, value) in self.values.iter_mut().zip(&feature.values) {
            column.push(at, value);
        }
        if !feature.extras.is_empty() {
            for name in
                feature.extras.keys().filter(|name| !self.extra_names.contains(*name)).cloned().collect::<Vec<_>>()
            {
                self.extra_names.insert(name);
            }
            self.extras.push(at, Some(&Json::Object(feature.extras.clone()).to_string()));
        }
    }

    /// Copies a row of another set.
    pub fn push_from(&mut self, other: &Self, row: usize) {
        let at = self.len();
        self.ids.push(other.ids[row]);
        self.revs.push(other.revs[row]);
        self.created.push(other.created[row]);
        self.updated.push(other.updated[row]);
        self.flags.push(at, *other.flags.get(row));
        self.external.push(at, other.external.get(row));
        self.corners.push(other.corners[row]);
        self.far_corners.push(at, *other.far_corners.get(row));
        self.shapes.push(at, other.shapes.get(row).clone());
        for (into, from) in self.values.iter_mut().zip(&other.values) {
            into.push_from(at, from, row);
        }
        self.extras.push(at, other.extras.get(row));
    }

    /// Names of undeclared properties that the rows of `other` may have, too.
    pub fn include_names(&mut self, other: &Self) {
        self.extra_names.extend(other.extra_names.iter().cloned());
    }

    pub fn extra_names(&self) -> &BTreeSet<String> {
        &self.extra_names
    }

    pub fn shrink(&mut self) {
        for vector in [&mut self.ids, &mut self.revs, &mut self.created, &mut self.updated] {
            vector.shrink_to_fit();
        }
        self.flags.shrink();
        self.external.shrink();
        self.corners.shrink_to_fit();
        self.far_corners.shrink();
        self.shapes.shrink();
        self.values.iter_mut().for_each(Column::shrink);
        self.extras.shrink();
    }

    pub fn id(&self, at: usize) -> FeatureId {
        FeatureId(self.ids[at])
    }

    pub fn rev(&self, at: usize) -> Rev {
        Rev(self.revs[at])
    }

    pub fn created_microseconds(&self, at: usize) -> i64 {
        self.created[at]
    }

    pub fn updated_microseconds(&self, at: usize) -> i64 {
        self.updated[at]
    }

    pub fn flags(&self, at: usize) -> Flags {
        Flags(*self.flags.get(at))
    }

    pub fn external_id(&self, at: usize) -> Option<&str> {
        self.external.get(at)
    }

    pub fn column(&self, property: usize) -> &Column {
        &self.values[property]
    }

    pub fn value(&self, at: usize, property: usize) -> Value {
        self.values[property].get(at)
    }

    /// Empty for a row without geometry.
    pub fn envelope(&self, at: usize) -> Envelope {
        let near = self.corners[at];
        if near == NO_CORNER {
            return Envelope::EMPTY;
        }
        let near_degrees = degrees(near);
        let far = *self.far_corners.get(at);
        let far = if far == NO_CORNER { near_degrees } else { degrees(far) };
        Envelope { west: near_degrees.x, south: near_degrees.y, east: far.x, north: far.y }
    }

    /// Whether the row's geometry is its envelope's one point.
    pub fn is_point(&self, at: usize) -> bool {
        matches!(self.shapes.get(at), Place::Point)
    }

    /// Runs `look` on the geometry without a copy.
    pub fn with_shape<T>(&self, at: usize, look: impl FnOnce(&Shape) -> T) -> Option<T> {
        match self.shapes.get(at) {
            Place::Point => Some(look(&Shape::Point(Point(degrees(self.corners[at]))))),
            Place::Nowhere => None,
            Place::Shape(shape) => Some(look(shape)),
        }
    }

    pub fn shape(&self, at: usize) -> Option<Shape> {
        self.with_shape(at, Shape::clone)
    }

    pub fn extras(&self, at: usize) -> Map<String, Json> {
        // Written by ourselves, so it reads back.
        self.extras.get(at).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    pub fn feature(&self, at: usize) -> Feature {
        let instant = |microseconds| Timestamp::from_microsecond(microseconds).unwrap_or_default();
        Feature {
            id: self.id(at),
            rev: self.rev(at),
            external_id: self.external_id(at).map(str::to_owned),
            created_at: instant(self.created[at]),
            updated_at: instant(self.updated[at]),
            geometry: self.shape(at),
            values: self.values.iter().map(|column| column.get(at)).collect(),
            extras: self.extras(at),
            flags: self.flags(at),
        }
    }

    pub fn layer(&self) -> Layer {
        self.layer
    }
}
