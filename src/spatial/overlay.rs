//! Areas laid over each other: what they cover together, what they share, what one leaves of the other.
//!
//! Boundaries are straight in degrees, as they are stored. Takes areas that have passed the gate: valid and finite.

use geo::{BooleanOps, Coord, LineString, MultiPolygon, Polygon};

use crate::spatial::geodesic::length_m;
use crate::spatial::shape::{GRID, Shape};

/// Semi-major axis (metres) and squared eccentricity of WGS 84.
const AXIS_M: f64 = 6_378_137.0;
const ECCENTRICITY_SQUARED: f64 = 0.006_694_379_990_141_317;
/// The operations work on a finer grid of their own; corners that moved less than this are on ours again, degrees.
const MOVED: f64 = 5e-10;

/// The areas of a shape; none of points and lines.
pub fn areas(shape: &Shape) -> MultiPolygon {
    match shape {
        Shape::Point(_) | Shape::LineString(_) => MultiPolygon(Vec::new()),
        Shape::Polygon(polygon) => MultiPolygon(vec![polygon.clone()]),
        Shape::MultiPolygon(polygons) => polygons.clone(),
    }
}

/// What `a` and `b` cover together. Cost: about `n log n` in all corners, as of the other operations.
pub fn together(a: &MultiPolygon, b: &MultiPolygon) -> MultiPolygon {
    match (a.0.is_empty(), b.0.is_empty()) {
        (true, _) => b.clone(),
        (_, true) => a.clone(),
        _ => settled(a.union(b)),
    }
}

/// What both cover.
pub fn shared(a: &MultiPolygon, b: &MultiPolygon) -> MultiPolygon {
    if a.0.is_empty() || b.0.is_empty() {
        return MultiPolygon(Vec::new());
    }
    settled(a.intersection(b))
}

/// What of `a` is not covered by `b`.
pub fn left_over(a: &MultiPolygon, b: &MultiPolygon) -> MultiPolygon {
    if a.0.is_empty() || b.0.is_empty() {
        return a.clone();
    }
    settled(a.difference(b))
}

/// Puts corners that were on the storage grid back on it; new corners stay where the edges cross.
fn settled(mut areas: MultiPolygon) -> MultiPolygon {
    let settle = |degrees: f64| {
        let near = (degrees * GRID).round() / GRID;
        if (near - degrees).abs() < MOVED { near } else { degrees }
    };
    for polygon in &mut areas.0 {
        let put = |ring: &mut LineString| {
            ring.0.iter_mut().for_each(|at| *at = Coord { x: settle(at.x), y: settle(at.y) });
        };
        polygon.exterior_mut(put);
        polygon.interiors_mut(|rings| rings.iter_mut().for_each(put));
    }
    areas
}

/// Square metres on the ellipsoid inside edges that are straight in degrees.
///
/// Cutting an edge does not change it, so parts add up to the whole. Edges along geodesics, as in the areas that are
/// told of features, differ by about 10 m2 an edge of a kilometre, and opposite edges cancel.
pub fn area_m2(areas: &MultiPolygon) -> f64 {
    areas.0.iter().map(polygon_m2).fold(0.0, |sum, m2| sum + m2)
}

/// As [`area_m2`].
pub fn polygon_m2(polygon: &Polygon) -> f64 {
    let holes: f64 = polygon.interiors().iter().map(ring_m2).sum();
    (ring_m2(polygon.exterior()) - holes).max(0.0)
}

fn ring_m2(ring: &LineString) -> f64 {
    let Some(first) = ring.0.first() else { return 0.0 };
    let base = from_equator(first.y);
    // Gauss-Legendre with three points: the integrand is smooth, the error falls with the sixth power of the edge.
    let nodes = [(-(0.6_f64.sqrt()), 5.0 / 18.0), (0.0, 8.0 / 18.0), (0.6_f64.sqrt(), 5.0 / 18.0)];
    let under = |a: Coord, b: Coord| {
        let mean: f64 = nodes
            .iter()
            .map(|(node, weight)| weight * (from_equator(f64::midpoint(a.y, b.y) + node * (b.y - a.y) / 2.0) - base))
            .sum();
        (b.x - a.x).to_radians() * mean
    };
    ring.lines().map(|edge| under(edge.start, edge.end)).sum::<f64>().abs()
}

/// Square metres between the equator and a parallel, a radian of longitude (Snyder, Map Projections, 1987, 3-12).
fn from_equator(latitude: f64) -> f64 {
    let (sine, eccentricity) = (latitude.to_radians().sin(), ECCENTRICITY_SQUARED.sqrt());
    let polar = AXIS_M * AXIS_M * (1.0 - ECCENTRICITY_SQUARED);
    polar / 2.0 * (sine / (1.0 - ECCENTRICITY_SQUARED * sine * sine) + (eccentricity * sine).atanh() / eccentricity)
}

/// How wide a piece is on average, metres: twice its area over the length of its edges.
pub fn width_m(piece: &Polygon) -> f64 {
    let around: f64 = std::iter::once(piece.exterior()).chain(piece.interiors()).map(length_m).sum();
    if around > 0.0 { 2.0 * polygon_m2(piece) / around } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use geo::GeodesicArea;
    use proptest::prelude::*;

    use super::*;
    use crate::spatial::geodesic::distance_m;

    fn on_grid(x: i32, y: i32) -> Coord {
        Coord { x: 105.72 + f64::from(x) / GRID, y: 34.58 + f64::from(y) / GRID }
    }

    /// A star around a middle: valid, any number of corners, often far from convex.
    fn star() -> impl Strategy<Value = MultiPolygon> {
        let rays = prop::collection::vec(2_000_i32..60_000, 3..12);
        ((-40_000_i32..40_000), (-40_000_i32..40_000), rays).prop_map(|(x, y, rays)| {
            let count = rays.len() as f64;
            let corners = rays.iter().enumerate().map(|(at, ray)| {
                let angle = std::f64::consts::TAU * at as f64 / count;
                on_grid(
                    x + (f64::from(*ray) * angle.cos()).round() as i32,
                    y + (f64::from(*ray) * angle.sin()).round() as i32,
                )
            });
            MultiPolygon(vec![Polygon::new(LineString::new(corners.collect()), Vec::new())])
        })
    }

    proptest! {
        #[test]
        fn parts_add_up_to_the_whole(a in star(), b in star(), c in star()) {
            let b = together(&b, &c);
            let (of_a, of_b) = (area_m2(&a), area_m2(&b));
            let (both, either) = (area_m2(&shared(&a, &b)), area_m2(&together(&a, &b)));
            let (only_a, only_b) = (area_m2(&left_over(&a, &b)), area_m2(&left_over(&b, &a)));
            // Crossings lie on the finer grid, a tenth of a millimetre: some square centimetres for these edges.
            for (parts, whole) in [(both + only_a, of_a), (both + only_b, of_b), (only_a + only_b + both, either)] {
                prop_assert!((parts - whole).abs() < 0.05, "{} {}", parts, whole);
            }
        }

        #[test]
        fn square_metres_are_geodesic_ones(a in star()) {
            let (ours, geodesic) = (area_m2(&a), a.geodesic_area_unsigned());
            // Between a geodesic and the straight edge in degrees: the cube of its length, times tan(latitude) / 12 radii.
            let cubes: f64 = a.0[0].exterior().lines().map(|edge| distance_m(edge.start, edge.end).powi(3)).sum();
            prop_assert!((ours - geodesic).abs() < 1e-8 * cubes + 1e-3, "{} {}", ours, geodesic);
        }

        #[test]
        fn an_area_leaves_nothing_of_itself(a in star()) {
            prop_assert_eq!(area_m2(&left_over(&a, &a)), 0.0);
            prop_assert!((area_m2(&shared(&a, &a)) - area_m2(&a)).abs() < 1e-3);
        }
    }

    #[test]
    fn the_whole_ellipsoid() {
        // Authalic: 510,065,621.7 km2.
        let km2 = 4.0 * std::f64::consts::PI * from_equator(90.0) / 1e6;
        assert!((km2 - 510_065_621.7).abs() < 0.1, "{km2}");
    }

    #[test]
    fn a_strip_is_as_wide_as_it_is_drawn() {
        let corners = vec![on_grid(0, 0), on_grid(1_000_000, 0), on_grid(1_000_000, 100), on_grid(0, 100)];
        let width = width_m(&Polygon::new(LineString::new(corners), Vec::new()));
        assert!((width - 1.109).abs() < 0.005, "{width}");
    }
}
