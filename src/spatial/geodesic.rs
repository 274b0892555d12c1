//! Metres and square metres on the ellipsoid of WGS 84 (Karney 2013).

use geo::{Coord, Distance, Geodesic, GeodesicArea, LineString, Point, Polygon};

use crate::spatial::foot::plane_at;
use crate::spatial::shape::Shape;

/// Geodesic distance in metres, exact to nanometres; about a microsecond.
pub fn distance_m(a: Coord, b: Coord) -> f64 {
    if a == b { 0.0 } else { Geodesic.distance(Point(a), Point(b)) }
}

/// The same for places near each other, twenty times as fast: the plane at their middle latitude by the ellipsoid's
/// radii. Within 0.1 mm of [`distance_m`], to which it falls back beyond a hundredth of a degree and near the poles.
pub fn short_distance_m(a: Coord, b: Coord) -> f64 {
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    if dx.abs() > 0.01 || dy.abs() > 0.01 || a.y.abs() > 80.0 {
        return distance_m(a, b);
    }
    let (x, y) = plane_at(f64::midpoint(a.y, b.y));
    (dx * x).hypot(dy * y)
}

/// Sum of the geodesic lengths of the pieces, metres.
pub fn length_m(line: &LineString) -> f64 {
    line.lines().map(|piece| distance_m(piece.start, piece.end)).sum()
}

/// Geodesic area in square metres, holes left out; 0 for points and lines.
pub fn area_m2(shape: &Shape) -> f64 {
    match shape {
        Shape::Point(_) | Shape::LineString(_) => 0.0,
        Shape::Polygon(polygon) => polygon_area_m2(polygon),
        Shape::MultiPolygon(polygons) => polygons.iter().map(polygon_area_m2).sum(),
    }
}

fn polygon_area_m2(polygon: &Polygon) -> f64 {
    let holes: f64 = polygon.interiors().iter().map(ring_area_m2).sum();
    (ring_area_m2(polygon.exterior()) - holes).max(0.0)
}

fn ring_area_m2(ring: &LineString) -> f64 {
    Polygon::new(ring.clone(), Vec::new()).geodesic_area_signed().abs()
}

#[cfg(test)]
mod tests {
    use geo::polygon;

    use super::*;

    #[test]
    fn a_known_line_and_a_known_area() {
        // Flinders Peak to Buninyong (Geocentric Datum of Australia technical manual, on GRS 80).
        let metres =
            distance_m(Coord { x: 144.424_867_9, y: -37.951_033_4 }, Coord { x: 143.926_495_5, y: -37.652_821_1 });
        assert!((metres - 54_972.271).abs() < 0.01, "{metres}");
        let square: Polygon = polygon![(x: 0.0, y: 0.0), (x: 1.0, y: 0.0), (x: 1.0, y: 1.0), (x: 0.0, y: 1.0)];
        // Between the meridians 0 and 1 from the equator to 1 degree north, along geodesics.
        let area = area_m2(&Shape::Polygon(square));
        assert!((area / 1e6 - 12_308.778).abs() < 0.01, "{area}");
    }
}
