//! A geometry that has passed the gate: WGS 84, on the 1e-7 degree grid, valid and bounded in size.
//!
//! Functions that take a [`Shape`] do not check again. It does not know where it came from.

use geo::{Coord, InteriorPoint, LineString, MultiPolygon, Point, Polygon};

use crate::spatial::hilbert;

/// Steps of the storage grid in one degree.
pub const GRID: f64 = 1e7;

/// The kinds of geometry a layer may hold (names of OGC Simple Features).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GeometryKind {
    Point,
    LineString,
    Polygon,
    MultiPolygon,
}

impl GeometryKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Point => "Point",
            Self::LineString => "LineString",
            Self::Polygon => "Polygon",
            Self::MultiPolygon => "MultiPolygon",
        }
    }
}

/// A valid geometry in degrees of WGS 84, longitude first.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    Point(Point),
    LineString(LineString),
    Polygon(Polygon),
    MultiPolygon(MultiPolygon),
}

impl Shape {
    pub fn kind(&self) -> GeometryKind {
        match self {
            Self::Point(_) => GeometryKind::Point,
            Self::LineString(_) => GeometryKind::LineString,
            Self::Polygon(_) => GeometryKind::Polygon,
            Self::MultiPolygon(_) => GeometryKind::MultiPolygon,
        }
    }

    pub fn envelope(&self) -> Envelope {
        let mut envelope = Envelope::EMPTY;
        self.for_each_coordinate(|at| envelope.include(at));
        envelope
    }

    /// Visits every stored position, rings closed, in the order in which they are written.
    pub fn for_each_coordinate(&self, mut visit: impl FnMut(Coord)) {
        let mut ring = |line: &LineString| line.0.iter().for_each(|at| visit(*at));
        let mut polygon_rings = |polygon: &Polygon| {
            ring(polygon.exterior());
            polygon.interiors().iter().for_each(&mut ring);
        };
        match self {
            Self::Point(point) => visit(point.0),
            Self::LineString(line) => ring(line),
            Self::Polygon(polygon) => polygon_rings(polygon),
            Self::MultiPolygon(polygons) => polygons.0.iter().for_each(polygon_rings),
        }
    }

    /// Key on the Hilbert curve of the middle of the envelope: the place of a feature in the default order.
    pub fn curve_key(&self) -> u64 {
        hilbert::key(self.envelope().centre())
    }

    /// The one place that stands for the geometry when a distance is asked for: the point itself, the middle of
    /// a line by length, a point on the surface of an area.
    pub fn anchor(&self) -> Point {
        match self {
            Self::Point(point) => *point,
            Self::LineString(line) => middle_of(line),
            Self::Polygon(polygon) => polygon.interior_point().unwrap_or_else(|| Point(self.envelope().centre())),
            Self::MultiPolygon(polygons) => {
                polygons.interior_point().unwrap_or_else(|| Point(self.envelope().centre()))
            }
        }
    }
}

/// The middle of a line, measured in the plane of degrees scaled by the cosine of its latitude: well inside the
/// storage grid for lines of a town.
fn middle_of(line: &LineString) -> Point {
    let scale = line.0.first().map_or(1.0, |at| at.y.to_radians().cos());
    let length = |a: Coord, b: Coord| ((b.x - a.x) * scale).hypot(b.y - a.y);
    let total: f64 = line.lines().map(|piece| length(piece.start, piece.end)).sum();
    let mut left = total / 2.0;
    for piece in line.lines() {
        let here = length(piece.start, piece.end);
        if here >= left && here > 0.0 {
            let share = left / here;
            return Point::new(
                piece.start.x + share * (piece.end.x - piece.start.x),
                piece.start.y + share * (piece.end.y - piece.start.y),
            );
        }
        left -= here;
    }
    Point(line.0.last().copied().unwrap_or_default())
}

/// A box in degrees, edges included. `west > east` only in [`Envelope::EMPTY`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Envelope {
    pub west: f64,
    pub south: f64,
    pub east: f64,
    pub north: f64,
}

impl Envelope {
    pub const EMPTY: Self =
        Self { west: f64::INFINITY, south: f64::INFINITY, east: f64::NEG_INFINITY, north: f64::NEG_INFINITY };
    pub const WORLD: Self = Self { west: -180.0, south: -90.0, east: 180.0, north: 90.0 };

    pub fn include(&mut self, at: Coord) {
        self.west = self.west.min(at.x);
        self.south = self.south.min(at.y);
        self.east = self.east.max(at.x);
        self.north = self.north.max(at.y);
    }

    pub fn union(self, other: Self) -> Self {
        Self {
            west: self.west.min(other.west),
            south: self.south.min(other.south),
            east: self.east.max(other.east),
            north: self.north.max(other.north),
        }
    }

    pub fn is_empty(self) -> bool {
        self.west > self.east || self.south > self.north
    }

    pub fn centre(self) -> Coord {
        Coord { x: f64::midpoint(self.west, self.east), y: f64::midpoint(self.south, self.north) }
    }

    pub fn holds(self, at: Coord) -> bool {
        self.west <= at.x && at.x <= self.east && self.south <= at.y && at.y <= self.north
    }

    pub fn contains(self, other: Self) -> bool {
        self.west <= other.west && other.east <= self.east && self.south <= other.south && other.north <= self.north
    }

    pub fn intersects(self, other: Self) -> bool {
        self.west <= other.east && other.west <= self.east && self.south <= other.north && other.south <= self.north
    }
}
