//! A geometry as it stood in a file or a request, before the gate: any number of ordinates, any values.
//!
//! Readers fill it; only `gate::admit` turns it into a [`Shape`](crate::spatial::shape::Shape).

/// One position as read. Ordinates past the fourth are only counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RawPosition {
    pub ordinates: [f64; 3],
    /// How many ordinates were written: 2 or 3 are right.
    pub count: usize,
}

impl RawPosition {
    pub fn xy(x: f64, y: f64) -> Self {
        Self { ordinates: [x, y, 0.0], count: 2 }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum RawGeometry {
    Point(RawPosition),
    LineString(Vec<RawPosition>),
    Polygon(Vec<Vec<RawPosition>>),
    MultiPoint(Vec<RawPosition>),
    MultiLineString(Vec<Vec<RawPosition>>),
    MultiPolygon(Vec<Vec<Vec<RawPosition>>>),
    GeometryCollection,
}

impl RawGeometry {
    /// How many positions it has.
    pub fn positions(&self) -> usize {
        match self {
            Self::Point(_) => 1,
            Self::LineString(line) | Self::MultiPoint(line) => line.len(),
            Self::Polygon(lines) | Self::MultiLineString(lines) => lines.iter().map(Vec::len).sum(),
            Self::MultiPolygon(polygons) => polygons.iter().flatten().map(Vec::len).sum(),
            Self::GeometryCollection => 0,
        }
    }
}
