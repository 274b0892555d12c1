//! Exact answers about shapes and boxes in degrees.

use geo::{Coord, LineString, Polygon};

use crate::spatial::foot::plane_at;
use crate::spatial::predicate::{Crossing, Turn, crossing, turn};
use crate::spatial::shape::{Envelope, Shape};

/// Whether the shape and the box share a point; edges count. Cost: linear in the vertices.
pub fn intersects(shape: &Shape, window: Envelope) -> bool {
    let envelope = shape.envelope();
    if !window.intersects(envelope) {
        return false;
    }
    if window.contains(envelope) {
        return true;
    }
    match shape {
        Shape::Point(_) => true,
        Shape::LineString(line) => line_intersects(line, window),
        Shape::Polygon(polygon) => polygon_intersects(polygon, window),
        Shape::MultiPolygon(polygons) => polygons.iter().any(|polygon| polygon_intersects(polygon, window)),
    }
}

fn polygon_intersects(polygon: &Polygon, window: Envelope) -> bool {
    let mut rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
    rings.any(|ring| line_intersects(ring, window))
        || polygon_contains(polygon, Coord { x: window.west, y: window.south })
}

fn line_intersects(line: &LineString, window: Envelope) -> bool {
    line.lines().any(|piece| piece_intersects(piece.start, piece.end, window))
}

/// Separating axes of a segment and a box: the box's two, and the segment's normal.
fn piece_intersects(a: Coord, b: Coord, window: Envelope) -> bool {
    let mut reach = Envelope::EMPTY;
    reach.include(a);
    reach.include(b);
    if !window.intersects(reach) {
        return false;
    }
    if a == b {
        return true;
    }
    let corners = [
        (window.west, window.south),
        (window.east, window.south),
        (window.east, window.north),
        (window.west, window.north),
    ];
    let mut sides = corners.iter().map(|&(x, y)| turn(a, b, Coord { x, y }));
    let first = sides.next().unwrap_or(Turn::Straight);
    first == Turn::Straight || sides.any(|side| side != first)
}

/// Whether the place lies in the shape; the boundary counts. Points and lines hold only their own places.
pub fn contains(shape: &Shape, at: Coord) -> bool {
    match shape {
        Shape::Point(point) => point.0 == at,
        Shape::LineString(line) => line.lines().any(|piece| crossing(piece.start, piece.end, at) == Crossing::On),
        Shape::Polygon(polygon) => polygon_contains(polygon, at),
        Shape::MultiPolygon(polygons) => polygons.iter().any(|polygon| polygon_contains(polygon, at)),
    }
}

fn polygon_contains(polygon: &Polygon, at: Coord) -> bool {
    let mut inside = false;
    for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
        for edge in ring.lines() {
            match crossing(edge.start, edge.end, at) {
                Crossing::On => return true,
                Crossing::Yes => inside = !inside,
                Crossing::No => {}
            }
        }
    }
    inside
}

/// A box that holds every place within `metres` of the given one, cut off at the edges of the world.
///
/// Near a pole it spans all longitudes. A box that would reach over the antimeridian spans them all too: rare, and
/// never too small.
pub fn grow(window: Envelope, metres: f64) -> Envelope {
    // The shortest degree of latitude on the ellipsoid is 110,574 m; a thousandth of slack for the curvature.
    let up = metres / 110_574.0 * 1.001;
    let south = (window.south - up).max(-90.0);
    let north = (window.north + up).min(90.0);
    let steepest = south.abs().max(north.abs());
    let metres_a_degree = plane_at(steepest).0;
    let across = if steepest >= 89.9 { 360.0 } else { metres / metres_a_degree * 1.001 };
    let (west, east) = (window.west - across, window.east + across);
    if west < -180.0 || east > 180.0 {
        return Envelope { west: -180.0, south, east: 180.0, north };
    }
    Envelope { west, south, east, north }
}

#[cfg(test)]
mod tests {
    use geo::{Intersects, Rect};
    use proptest::prelude::*;

    use super::*;

    fn ring() -> Shape {
        let hole = vec![(2.0, 2.0), (2.0, 8.0), (8.0, 8.0), (8.0, 2.0), (2.0, 2.0)];
        let shell = vec![(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0), (0.0, 0.0)];
        Shape::Polygon(Polygon::new(shell.into(), vec![hole.into()]))
    }

    #[test]
    fn a_box_in_the_hole_and_a_line_through_the_box() {
        let within = |west, south, east, north| intersects(&ring(), Envelope { west, south, east, north });
        assert!(!within(3.0, 3.0, 7.0, 7.0));
        assert!(within(2.0, 3.0, 7.0, 7.0));
        assert!(within(0.5, 0.5, 1.0, 1.0));
        assert!(within(-1.0, -1.0, 11.0, 11.0));
        let line = Shape::LineString(vec![(0.0, 0.0), (10.0, 10.0)].into());
        assert!(intersects(&line, Envelope { west: 4.0, south: 3.0, east: 6.0, north: 5.0 }));
        assert!(!intersects(&line, Envelope { west: 4.0, south: 1.0, east: 6.0, north: 3.9 }));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn agrees_with_the_geometry_crate(
            corners in prop::collection::vec((0_i32..12, 0_i32..12), 3..7),
            west in 0_i32..12, south in 0_i32..12, wide in 0_i32..5, high in 0_i32..5,
        ) {
            let line: LineString = corners.iter().map(|&(x, y)| (f64::from(x), f64::from(y))).collect::<Vec<_>>().into();
            let window = Envelope { west: f64::from(west), south: f64::from(south), east: f64::from(west + wide), north: f64::from(south + high) };
            let rect = Rect::new((window.west, window.south), (window.east, window.north));
            prop_assert_eq!(intersects(&Shape::LineString(line.clone()), window), line.intersects(&rect));
        }
    }
}
