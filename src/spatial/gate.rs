//! The one gate for geometry: what a reader has found in a file or a request becomes a [`Shape`], or a refusal that
//! names the place.
//!
//! The order of the checks matters: sizes before work, finiteness before conversion, range before validity. Where a
//! place stands to the jurisdictions is not asked here.

use geo::{Coord, LineString, MultiPolygon, Point, Polygon};

use crate::spatial::crs::Crs;
use crate::spatial::raw::{RawGeometry, RawPosition};
use crate::spatial::shape::{GRID, GeometryKind, Shape};
use crate::spatial::simple::{self, Flaw, FlawKind, GridPoint, GridPolygon, is_counter_clockwise};

pub const MOST_VERTICES: usize = 200_000;
pub const MOST_RINGS: usize = 10_000;

/// A geometry that passed.
#[derive(Debug, Clone, PartialEq)]
pub struct Admitted {
    pub shape: Shape,
    /// Heights were given and left out.
    pub dropped_z: bool,
}

/// Why a geometry is refused, and where.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{reason}")]
pub struct GateError {
    /// JSON pointer below the geometry, such as `/coordinates/0/3`; empty for the geometry as a whole.
    pub pointer: String,
    /// A sentence with the place in the coordinates that were given.
    pub reason: String,
}

fn refuse(pointer: impl Into<String>, reason: impl Into<String>) -> GateError {
    GateError { pointer: pointer.into(), reason: reason.into() }
}

/// Checks a geometry and brings it to WGS 84 on the storage grid, rings wound as RFC 7946 says.
///
/// `allowed` are the layer's kinds. A multi-geometry of one part passes as its part. Cost: n log n in the vertices.
pub fn admit(raw: &RawGeometry, crs: &Crs, allowed: &[GeometryKind]) -> Result<Admitted, GateError> {
    let shape_of = Gate { crs, allowed };
    check_size(raw)?;
    let shape = shape_of.shape(raw)?;
    Ok(Admitted { shape, dropped_z: has_z(raw) })
}

fn check_size(raw: &RawGeometry) -> Result<(), GateError> {
    let (mut vertices, mut rings) = (0, 0);
    for_each_ring(raw, &mut |positions| {
        vertices += positions.len();
        rings += 1;
    });
    if vertices > MOST_VERTICES {
        return Err(refuse(
            "/coordinates",
            format!("has {vertices} vertices: at most {MOST_VERTICES} are taken, simplify it"),
        ));
    }
    if rings > MOST_RINGS {
        return Err(refuse("/coordinates", format!("has {rings} rings: at most {MOST_RINGS} are taken, split it")));
    }
    Ok(())
}

fn has_z(raw: &RawGeometry) -> bool {
    let mut found = false;
    for_each_ring(raw, &mut |positions| found |= positions.iter().any(|position| position.count == 3));
    found
}

fn for_each_ring(raw: &RawGeometry, visit: &mut dyn FnMut(&[RawPosition])) {
    match raw {
        RawGeometry::Point(position) => visit(std::slice::from_ref(position)),
        RawGeometry::LineString(positions) | RawGeometry::MultiPoint(positions) => visit(positions),
        RawGeometry::Polygon(rings) | RawGeometry::MultiLineString(rings) => rings.iter().for_each(|ring| visit(ring)),
        RawGeometry::MultiPolygon(parts) => parts.iter().flatten().for_each(|ring| visit(ring)),
        RawGeometry::GeometryCollection => {}
    }
}

struct Gate<'a> {
    crs: &'a Crs,
    allowed: &'a [GeometryKind],
}

impl Gate<'_> {
    fn shape(&self, raw: &RawGeometry) -> Result<Shape, GateError> {
        match raw {
            RawGeometry::Point(position) => self.point(position, "/coordinates"),
            RawGeometry::MultiPoint(points) if points.len() == 1 => self.point(&points[0], "/coordinates/0"),
            RawGeometry::LineString(positions) => self.line(positions, "/coordinates"),
            RawGeometry::MultiLineString(lines) if lines.len() == 1 => self.line(&lines[0], "/coordinates/0"),
            RawGeometry::Polygon(rings) => self.polygon(rings, "/coordinates"),
            RawGeometry::MultiPolygon(parts)
                if parts.len() == 1 && !self.allowed.contains(&GeometryKind::MultiPolygon) =>
            {
                self.polygon(&parts[0], "/coordinates/0")
            }
            RawGeometry::MultiPolygon(parts) => self.multi_polygon(parts),
            RawGeometry::MultiPoint(_) => Err(self.not_allowed("MultiPoint")),
            RawGeometry::MultiLineString(_) => Err(self.not_allowed("MultiLineString")),
            RawGeometry::GeometryCollection => Err(self.not_allowed("GeometryCollection")),
        }
    }

    fn not_allowed(&self, kind: &str) -> GateError {
        let names: Vec<&str> = self.allowed.iter().map(|kind| kind.name()).collect();
        refuse("/type", format!("is a {kind}: this layer takes {}", names.join(" or ")))
    }

    fn expect(&self, kind: GeometryKind) -> Result<(), GateError> {
        if self.allowed.contains(&kind) { Ok(()) } else { Err(self.not_allowed(kind.name())) }
    }

    fn point(&self, position: &RawPosition, pointer: &str) -> Result<Shape, GateError> {
        self.expect(GeometryKind::Point)?;
        Ok(Shape::Point(Point(degrees(self.grid(position, || pointer.to_owned())?))))
    }

    fn line(&self, positions: &[RawPosition], pointer: &str) -> Result<Shape, GateError> {
        self.expect(GeometryKind::LineString)?;
        let mut corners = self.corners(positions, pointer)?;
        corners.dedup();
        if corners.len() < 2 {
            return Err(refuse(pointer, "a line needs at least two different positions"));
        }
        Ok(Shape::LineString(corners.into_iter().map(degrees).collect()))
    }

    fn polygon(&self, rings: &[Vec<RawPosition>], pointer: &str) -> Result<Shape, GateError> {
        self.expect(GeometryKind::Polygon)?;
        let grid = vec![self.rings(rings, pointer)?];
        self.check_simple(&grid, |_, ring| format!("{pointer}/{ring}"))?;
        Ok(Shape::Polygon(wound(&grid[0])))
    }

    fn multi_polygon(&self, parts: &[Vec<Vec<RawPosition>>]) -> Result<Shape, GateError> {
        self.expect(GeometryKind::MultiPolygon)?;
        if parts.is_empty() {
            return Err(refuse("/coordinates", "is empty: a multi-polygon needs at least one part"));
        }
        let mut grid = Vec::with_capacity(parts.len());
        for (at, rings) in parts.iter().enumerate() {
            grid.push(self.rings(rings, &format!("/coordinates/{at}"))?);
        }
        self.check_simple(&grid, |part, ring| format!("/coordinates/{part}/{ring}"))?;
        Ok(Shape::MultiPolygon(MultiPolygon(grid.iter().map(wound).collect())))
    }

    fn rings(&self, rings: &[Vec<RawPosition>], pointer: &str) -> Result<GridPolygon, GateError> {
        if rings.is_empty() {
            return Err(refuse(pointer, "is empty: a polygon needs at least one ring"));
        }
        rings.iter().enumerate().map(|(at, ring)| self.ring(ring, &format!("{pointer}/{at}"))).collect()
    }

    /// The corners of a ring without repeats and without the closing position.
    fn ring(&self, positions: &[RawPosition], pointer: &str) -> Result<Vec<GridPoint>, GateError> {
        let mut corners = self.corners(positions, pointer)?;
        if positions.len() < 4 {
            return Err(refuse(
                pointer,
                format!(
                    "a ring needs at least four positions, the last equal to the first: it has {}",
                    positions.len()
                ),
            ));
        }
        if corners.first() != corners.last() {
            return Err(refuse(pointer, "the ring is not closed: its last position must equal its first"));
        }
        corners.pop();
        corners.dedup();
        while corners.len() > 1 && corners.first() == corners.last() {
            corners.pop();
        }
        if corners.len() < 3 {
            return Err(refuse(pointer, "the ring has no area: fewer than three of its positions differ"));
        }
        Ok(corners)
    }

    fn corners(&self, positions: &[RawPosition], pointer: &str) -> Result<Vec<GridPoint>, GateError> {
        positions.iter().enumerate().map(|(at, position)| self.grid(position, || format!("{pointer}/{at}"))).collect()
    }

    /// One position: counted, finite, inside the system, on the globe, on the grid.
    fn grid(&self, position: &RawPosition, pointer: impl Fn() -> String) -> Result<GridPoint, GateError> {
        let [x, y, z] = position.ordinates;
        if !(2..=3).contains(&position.count) {
            return Err(refuse(pointer(), format!("a position has 2 or 3 numbers, not {}", position.count)));
        }
        if !x.is_finite() || !y.is_finite() || (position.count == 3 && !z.is_finite()) {
            return Err(refuse(pointer(), "every number of a position must be finite"));
        }
        let (lon, lat) = self.crs.to_wgs84(x, y).map_err(|error| refuse(pointer(), error.to_string()))?;
        if !(-180.0..=180.0).contains(&lon) || !(-90.0..=90.0).contains(&lat) {
            return Err(refuse(pointer(), out_of_range(x, y, self.crs)));
        }
        Ok(((lon * GRID).round() as i64, (lat * GRID).round() as i64))
    }

    fn check_simple(&self, grid: &[GridPolygon], pointer: impl Fn(usize, usize) -> String) -> Result<(), GateError> {
        simple::check(grid).map_err(|flaw| refuse(pointer(flaw.polygon, flaw.ring), self.reason(&flaw)))
    }

    fn reason(&self, flaw: &Flaw) -> String {
        let (lon, lat) = (flaw.at.0 / GRID, flaw.at.1 / GRID);
        let (x, y) = self.crs.from_wgs84(lon, lat).unwrap_or((lon, lat));
        let decimals = self.crs.decimals();
        let what = match flaw.kind {
            FlawKind::SelfCrossing => "the ring crosses itself",
            FlawKind::SelfTouch => "the ring touches itself",
            FlawKind::RingsCross => "two rings cross each other",
            FlawKind::SharedEdge => "two edges run along each other",
            FlawKind::HoleOutside => "the hole lies outside its shell",
            FlawKind::NestedHoles => "the hole lies inside another hole",
            FlawKind::InteriorCut => "holes that touch cut the interior in pieces",
            FlawKind::PartsOverlap => "two parts overlap",
        };
        format!("{what} near {x:.decimals$}, {y:.decimals$}: repair the geometry (such as make valid in QGIS)")
    }
}

fn out_of_range(x: f64, y: f64, crs: &Crs) -> String {
    let swapped = (-180.0..=180.0).contains(&y) && (-90.0..=90.0).contains(&x);
    let hint = if swapped {
        "are longitude and latitude swapped?"
    } else if x.abs() > 1_000.0 {
        "are these metres of a projected system? name it (crs)"
    } else {
        "longitude must be within -180 and 180, latitude within -90 and 90"
    };
    format!("{x}, {y} ({}) is not on the globe: {hint}", crs.name())
}

fn degrees((x, y): GridPoint) -> Coord {
    Coord { x: x as f64 / GRID, y: y as f64 / GRID }
}

/// Closes the rings and winds them: shells counter-clockwise, holes clockwise (RFC 7946, 3.1.6).
fn wound(rings: &GridPolygon) -> Polygon {
    let mut lines = rings.iter().enumerate().map(|(at, corners)| {
        let mut line: Vec<Coord> = corners.iter().copied().map(degrees).collect();
        if is_counter_clockwise(corners) != (at == 0) {
            // The first position stays the first.
            line[1..].reverse();
        }
        line.push(line[0]);
        LineString(line)
    });
    let shell = lines.next().unwrap_or_else(|| LineString(Vec::new()));
    Polygon::new(shell, lines.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREAS: &[GeometryKind] = &[GeometryKind::Polygon, GeometryKind::MultiPolygon];

    fn ring(corners: &[(f64, f64)]) -> Vec<RawPosition> {
        corners.iter().map(|&(x, y)| RawPosition::xy(x, y)).collect()
    }

    fn refusal(raw: &RawGeometry, allowed: &[GeometryKind]) -> GateError {
        admit(raw, &Crs::default(), allowed).unwrap_err()
    }

    #[test]
    fn positions_are_counted_and_must_be_finite() {
        let point = |ordinates, count| RawGeometry::Point(RawPosition { ordinates, count });
        for raw in [point([1.0, 0.0, 0.0], 1), point([1.0, 2.0, 3.0], 4), point([0.0; 3], 0)] {
            assert!(refusal(&raw, &[GeometryKind::Point]).reason.contains("2 or 3 numbers"));
        }
        for raw in [point([f64::NAN, 0.0, 0.0], 2), point([1.0, 2.0, f64::INFINITY], 3)] {
            assert!(refusal(&raw, &[GeometryKind::Point]).reason.contains("finite"));
        }
        assert!(refusal(&point([1e300, 0.0, 0.0], 2), &[GeometryKind::Point]).reason.contains("not on the globe"));
        let swapped = refusal(&point([34.58, 105.72, 0.0], 2), &[GeometryKind::Point]).reason;
        assert!(swapped.contains("swapped"), "{swapped}");
        let with_z = admit(&point([105.0, 34.0, 1200.0], 3), &Crs::default(), &[GeometryKind::Point]).unwrap();
        assert!(with_z.dropped_z);
    }

    #[test]
    fn rings_are_closed_wound_and_placed() {
        let open = RawGeometry::Polygon(vec![ring(&[(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)])]);
        assert_eq!(refusal(&open, AREAS).pointer, "/coordinates/0");
        let bow_tie = RawGeometry::Polygon(vec![ring(&[(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)])]);
        assert!(refusal(&bow_tie, AREAS).reason.contains("crosses itself near 0.5000000, 0.5000000"));
        for empty in
            [RawGeometry::Polygon(vec![]), RawGeometry::Polygon(vec![vec![]]), RawGeometry::MultiPolygon(vec![])]
        {
            refusal(&empty, AREAS);
        }
        let clockwise = RawGeometry::Polygon(vec![ring(&[(0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.0, 0.0)])]);
        let Shape::Polygon(polygon) = admit(&clockwise, &Crs::default(), AREAS).unwrap().shape else { panic!() };
        assert_eq!(polygon.exterior().0[1], Coord { x: 1.0, y: 1.0 });
        let one_part = RawGeometry::MultiPolygon(vec![vec![ring(&[(0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.0, 0.0)])]]);
        assert!(matches!(
            admit(&one_part, &Crs::default(), &[GeometryKind::Polygon]).unwrap().shape,
            Shape::Polygon(_)
        ));
        assert!(refusal(&one_part, &[GeometryKind::Point]).reason.contains("takes Point"));
    }

    #[test]
    fn sizes_are_bounded() {
        let many = RawGeometry::LineString(vec![RawPosition::xy(0.0, 0.0); MOST_VERTICES + 1]);
        assert!(refusal(&many, &[GeometryKind::LineString]).reason.contains("vertices"));
        let rings = RawGeometry::Polygon(vec![Vec::new(); MOST_RINGS + 1]);
        assert!(refusal(&rings, AREAS).reason.contains("rings"));
    }
}
