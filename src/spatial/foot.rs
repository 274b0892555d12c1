//! The foot of a place on a line or an area's edge, and the metres to it.

use geo::{Coord, LineString, Polygon};

use crate::spatial::geodesic::distance_m;
use crate::spatial::predicate::{Turn, turn};
use crate::spatial::shape::{Envelope, Shape};

pub use crate::spatial::window::{contains, grow, intersects as shape_intersects};

/// Closer than this a place is on the line and has no side, metres.
const ON_M: f64 = 0.001;
/// Up to this distance the tangent plane alone finds the foot: the error of the metres is then below a micrometre. Farther it is refined.
const PLANE_REACH_M: f64 = 200.0;
/// Semi-major axis (metres) and squared eccentricity of WGS 84.
const AXIS_M: f64 = 6_378_137.0;
const ECCENTRICITY_SQUARED: f64 = 0.006_694_379_990_141_317;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
    /// Within a millimetre of the line.
    On,
}

/// Where a place meets a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Foot {
    /// Geodesic metres from the place to `at`.
    pub metres: f64,
    pub at: Coord,
    /// How much of the line's length lies before the foot, 0 to 1.
    pub share: f64,
    /// Which piece of the line holds the foot, from 0.
    pub piece: usize,
    /// Of the line as drawn.
    pub side: Side,
}

/// Metres in one degree of longitude and of latitude at this latitude, by the ellipsoid's radii.
pub fn plane_at(latitude: f64) -> (f64, f64) {
    let (sine, cosine) = latitude.to_radians().sin_cos();
    let magic = 1.0 - ECCENTRICITY_SQUARED * sine * sine;
    let prime_vertical = AXIS_M / magic.sqrt();
    let meridian = prime_vertical * (1.0 - ECCENTRICITY_SQUARED) / magic;
    ((prime_vertical * cosine).to_radians(), meridian.to_radians())
}

/// Metres in one degree of longitude and of latitude at this latitude, on the sphere of the ellipsoid's mean radius there: right in
/// no direction, but equally wrong in all, so that which of two places is nearer comes out as on any sphere.
pub fn sphere_at(latitude: f64) -> (f64, f64) {
    let (across, along) = plane_at(latitude);
    let cosine = latitude.to_radians().cos();
    let radius = (across / cosine * along).sqrt();
    (radius * cosine, radius)
}

/// The tangent plane at a place, which is its origin.
struct Plane {
    origin: Coord,
    scale: (f64, f64),
}

impl Plane {
    fn at(origin: Coord) -> Self {
        Self { origin, scale: plane_at(origin.y) }
    }

    /// Both ends shifted by the same turn of the globe, so that a piece across the antimeridian from the place is near.
    fn piece(&self, a: Coord, b: Coord) -> ((f64, f64), (f64, f64)) {
        let middle = f64::midpoint(a.x, b.x) - self.origin.x;
        let turn = if middle > 180.0 {
            -360.0
        } else if middle < -180.0 {
            360.0
        } else {
            0.0
        };
        let flat = |at: Coord| ((at.x - self.origin.x + turn) * self.scale.0, (at.y - self.origin.y) * self.scale.1);
        (flat(a), flat(b))
    }

    /// Squared metres to the piece, and the share of it at the foot.
    fn foot(&self, a: Coord, b: Coord) -> (f64, f64) {
        let ((ax, ay), (bx, by)) = self.piece(a, b);
        let (dx, dy) = (bx - ax, by - ay);
        let length_squared = dx * dx + dy * dy;
        let share = if length_squared > 0.0 { (-(ax * dx + ay * dy) / length_squared).clamp(0.0, 1.0) } else { 0.0 };
        let (x, y) = (ax + share * dx, ay + share * dy);
        (x * x + y * y, share)
    }
}

fn along(a: Coord, b: Coord, share: f64) -> Coord {
    if share >= 1.0 { b } else { Coord { x: a.x + share * (b.x - a.x), y: a.y + share * (b.y - a.y) } }
}

/// The nearest place of a line. Ties go to the first piece.
///
/// Found in the tangent plane at `from`; farther than 200 m refined on the ellipsoid. Cost: linear in the
/// pieces, one geodesic at the end.
pub fn foot_on_line(line: &LineString, from: Coord) -> Foot {
    let nearest = nearest_piece(line, from);
    let (piece, share, metres) = nearest.unwrap_or((0, 0.0, f64::INFINITY));
    let Some(edge) = line.lines().nth(piece) else {
        return Foot { metres, at: from, share: 0.0, piece: 0, side: Side::On };
    };
    let at = along(edge.start, edge.end, share);
    Foot {
        metres,
        at,
        share: share_of_line(line, piece, share),
        piece,
        side: side_of(line, piece, share, from, metres),
    }
}

/// Side by the piece of the foot; at a corner by the corner itself: a place outside a sharp bend lies on the outer side.
fn side_of(line: &LineString, piece: usize, share: f64, from: Coord, metres: f64) -> Side {
    if metres < ON_M {
        return Side::On;
    }
    let corners = &line.0;
    let (a, b) = (corners[piece], corners[piece + 1]);
    let corner = if share <= 0.0 && piece > 0 {
        Some((corners[piece - 1], a, b))
    } else if share >= 1.0 && piece + 2 < corners.len() {
        Some((a, b, corners[piece + 2]))
    } else {
        None
    };
    let side = match corner {
        None => turn(a, b, from),
        Some((before, here, after)) => match turn(before, here, after) {
            // The place is nearest to the corner itself, so it lies on the outside of the bend.
            Turn::Left => Turn::Right,
            Turn::Right => Turn::Left,
            Turn::Straight => turn(a, b, from),
        },
    };
    match side {
        Turn::Left => Side::Left,
        Turn::Right => Side::Right,
        Turn::Straight => Side::On,
    }
}

fn share_of_line(line: &LineString, piece: usize, share: f64) -> f64 {
    let scale = line.0.first().map_or((1.0, 1.0), |at| plane_at(at.y));
    let mut before = 0.0;
    let mut total = 0.0;
    for (at, edge) in line.lines().enumerate() {
        let metres = ((edge.end.x - edge.start.x) * scale.0).hypot((edge.end.y - edge.start.y) * scale.1);
        match at.cmp(&piece) {
            std::cmp::Ordering::Less => before += metres,
            std::cmp::Ordering::Equal => before += metres * share,
            std::cmp::Ordering::Greater => {}
        }
        total += metres;
    }
    if total > 0.0 { (before / total).clamp(0.0, 1.0) } else { 0.0 }
}

/// Piece, share of the piece, geodesic metres.
fn nearest_piece(line: &LineString, from: Coord) -> Option<(usize, f64, f64)> {
    let plane = Plane::at(from);
    let mut best: Option<(usize, f64, f64)> = None;
    for (piece, edge) in line.lines().enumerate() {
        let (squared, share) = plane.foot(edge.start, edge.end);
        if best.is_none_or(|(_, _, least)| squared < least) {
            best = Some((piece, share, squared));
        }
    }
    let (piece, share, squared) = best?;
    if squared <= PLANE_REACH_M * PLANE_REACH_M {
        let edge = line.lines().nth(piece)?;
        return Some((piece, share, distance_m(from, along(edge.start, edge.end, share))));
    }
    refined(line, from, (piece, share))
}

/// The nearest piece on the ellipsoid, for places so far that the plane is bent.
///
/// A piece is passed over when the spherical distance to its start, less its length, cannot beat the best; the
/// sphere is within 0.6 % of the ellipsoid.
fn refined(line: &LineString, from: Coord, guess: (usize, f64)) -> Option<(usize, f64, f64)> {
    let first = line.lines().nth(guess.0)?;
    let (share, metres) = closest_on_piece(first.start, first.end, from);
    let mut best = (guess.0, share, metres);
    for (piece, edge) in line.lines().enumerate() {
        let bound = (haversine_m(from, edge.start) - haversine_m(edge.start, edge.end)) * 0.994 - 1.0;
        if bound < best.2 {
            let (share, metres) = closest_on_piece(edge.start, edge.end, from);
            if metres < best.2 || (metres == best.2 && piece < best.0) {
                best = (piece, share, metres);
            }
        }
    }
    Some(best)
}

/// Golden-section search: the distance along a piece has one least value.
fn closest_on_piece(a: Coord, b: Coord, from: Coord) -> (f64, f64) {
    let golden = (5_f64.sqrt() - 1.0) / 2.0;
    let metres = |share: f64| distance_m(from, along(a, b, share));
    let (mut low, mut high) = (0.0, 1.0);
    let (mut left, mut right) = (high - golden * (high - low), low + golden * (high - low));
    let (mut at_left, mut at_right) = (metres(left), metres(right));
    for _ in 0..50 {
        if at_left <= at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - golden * (high - low);
            at_left = metres(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + golden * (high - low);
            at_right = metres(right);
        }
    }
    let middle = f64::midpoint(low, high);
    [0.0, 1.0, middle]
        .into_iter()
        .map(|share| (share, metres(share)))
        .fold((0.0, f64::INFINITY), |best, next| if next.1 < best.1 { next } else { best })
}

fn haversine_m(a: Coord, b: Coord) -> f64 {
    let half = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
    let chord = half(a.y, b.y) + a.y.to_radians().cos() * b.y.to_radians().cos() * half(a.x, b.x);
    2.0 * 6_371_008.8 * chord.sqrt().min(1.0).asin()
}

/// Geodesic metres from a place to the nearest place of a shape; 0 inside an area.
pub fn distance_to_shape_m(from: Coord, shape: &Shape) -> f64 {
    match shape {
        Shape::Point(point) => distance_m(from, point.0),
        Shape::LineString(line) => nearest_piece(line, from).map_or(f64::INFINITY, |(_, _, metres)| metres),
        Shape::Polygon(_) | Shape::MultiPolygon(_) if contains(shape, from) => 0.0,
        Shape::Polygon(polygon) => edge_distance_m(from, polygon),
        Shape::MultiPolygon(polygons) => {
            polygons.iter().map(|polygon| edge_distance_m(from, polygon)).fold(f64::INFINITY, f64::min)
        }
    }
}

fn edge_distance_m(from: Coord, polygon: &Polygon) -> f64 {
    std::iter::once(polygon.exterior())
        .chain(polygon.interiors())
        .filter_map(|ring| nearest_piece(ring, from))
        .map(|(_, _, metres)| metres)
        .fold(f64::INFINITY, f64::min)
}

/// Metres that surely do not exceed the geodesic distance from a place to anything in the box; 0 inside.
///
/// For pruning an index: a sphere of the least radius of curvature (6,335,439 m) makes every distance too short.
pub fn least_distance_m(from: Coord, window: Envelope) -> f64 {
    if window.holds(from) {
        return 0.0;
    }
    let turned = |shift: f64| spherical_box_distance(Coord { x: from.x + shift, y: from.y }, window);
    turned(0.0).min(turned(360.0)).min(turned(-360.0)) * 0.993
}

/// Great-circle metres from a place to a box of meridians and parallels, on the mean sphere.
fn spherical_box_distance(from: Coord, window: Envelope) -> f64 {
    if from.x >= window.west && from.x <= window.east {
        let gap = (window.south - from.y).max(from.y - window.north).max(0.0);
        return gap.to_radians() * 6_371_008.8;
    }
    let meridian = if from.x < window.west { window.west } else { window.east };
    // Along the edge's meridian the distance has one least value less than a quarter turn away (the foot of the great
    // circle that meets it at a right angle) and none beyond: the ends of the edge are looked at too.
    let across = (from.x - meridian).to_radians();
    let foot = from.y.to_radians().tan().atan2(across.cos()).to_degrees();
    [foot.clamp(window.south, window.north), window.south, window.north]
        .into_iter()
        .map(|y| haversine_m(from, Coord { x: meridian, y }))
        .fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sides_of_a_line_as_drawn() {
        let line: LineString = vec![(105.0, 34.0), (105.01, 34.0), (105.01, 34.01)].into();
        let side = |x, y| foot_on_line(&line, Coord { x, y }).side;
        assert_eq!(side(105.005, 34.001), Side::Left);
        assert_eq!(side(105.005, 33.999), Side::Right);
        assert_eq!(side(105.02, 33.99), Side::Right);
        assert_eq!(side(105.005, 34.0), Side::On);
        let foot = foot_on_line(&line, Coord { x: 105.011, y: 34.005 });
        assert_eq!(foot.piece, 1);
        assert!((foot.metres - 92.4).abs() < 0.1, "{foot:?}");
    }

    #[test]
    fn across_the_antimeridian() {
        let line: LineString = vec![(179.99, 10.0), (180.0, 10.0)].into();
        let foot = foot_on_line(&line, Coord { x: -179.99, y: 10.0 });
        assert!((foot.metres - 1096.5).abs() < 1.0, "{foot:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_foot_is_as_near_as_the_nearest_of_many_places(
            x in -0.5..0.5_f64, y in -0.3..0.3_f64, dx in -0.4..0.4_f64, dy in -0.4..0.4_f64, lat in -70.0..70.0_f64,
        ) {
            let origin = Coord { x: 105.0, y: lat };
            let (a, b) = (Coord { x: 105.0 + x, y: lat + y }, Coord { x: 105.0 + x + dx, y: lat + y + dy });
            let line = LineString(vec![a, b]);
            let found = foot_on_line(&line, origin).metres;
            let brute = (0..=20_000).map(|step| distance_m(origin, along(a, b, f64::from(step) / 20_000.0))).fold(f64::INFINITY, f64::min);
            prop_assert!(found <= brute * (1.0 + 1e-9) + 1e-6, "{} {}", found, brute);
        }

        #[test]
        fn the_bound_of_a_box_never_exceeds_the_distance(
            x in -180.0..180.0_f64, y in -89.0..89.0_f64,
            west in -180.0..180.0_f64, south in -89.0..89.0_f64, wide in 0.0..20.0_f64, high in 0.0..20.0_f64,
            across in 0.0..=1.0_f64, up in 0.0..=1.0_f64,
        ) {
            let window = Envelope { west, south, east: (west + wide).min(180.0), north: (south + high).min(90.0) };
            let inside = Coord {
                x: window.west + across * (window.east - window.west),
                y: window.south + up * (window.north - window.south),
            };
            let from = Coord { x, y };
            prop_assert!(least_distance_m(from, window) <= distance_m(from, inside) + 1e-6);
        }

        #[test]
        fn a_grown_box_holds_what_is_near(x in -180.0..180.0_f64, y in -85.0..85.0_f64, dx in -0.01..0.01_f64, dy in -0.01..0.01_f64) {
            let from = Envelope { west: x, south: y, east: x, north: y };
            let near = Coord { x: (x + dx).clamp(-180.0, 180.0), y: y + dy };
            let metres = distance_m(Coord { x, y }, near);
            prop_assert!(grow(from, metres).holds(near));
        }
    }
}
