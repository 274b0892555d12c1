//! An area made ready for many point-in-area questions.

use geo::{Coord, LineString};

use crate::spatial::geodesic::short_distance_m;
use crate::spatial::predicate::{Crossing, crossing, meet};
use crate::spatial::shape::{Envelope, Shape};
use crate::spatial::window;

/// Edges of an area sorted into bands of latitude: a question looks at the edges of one band only.
///
/// The boundary counts as inside. Crossing-number test on the stored degrees (even-odd, holes included), exact.
pub struct PreparedArea {
    envelope: Envelope,
    bands: Vec<Vec<(Coord, Coord)>>,
}

impl PreparedArea {
    /// Cost: each edge is stored once a band it passes, about `n + bands` entries for a compact area of `n` edges.
    pub fn new(shape: &Shape) -> Self {
        let envelope = shape.envelope();
        let edges = edges(shape);
        let count = (edges.len() / 4).clamp(1, 4096);
        let mut area = Self { envelope, bands: vec![Vec::new(); count] };
        for (from, to) in edges {
            let first = area.band(from.y.min(to.y));
            let last = area.band(from.y.max(to.y));
            for band in first..=last {
                area.bands[band].push((from, to));
            }
        }
        area
    }

    pub fn contains(&self, at: Coord) -> bool {
        if !self.envelope.holds(at) {
            return false;
        }
        let mut inside = false;
        for &(a, b) in &self.bands[self.band(at.y)] {
            match crossing(a, b, at) {
                Crossing::On => return true,
                Crossing::Yes => inside = !inside,
                Crossing::No => {}
            }
        }
        inside
    }

    /// Whether the shape and the area share a point. Cost: the shape's vertices times the edges of the bands they pass.
    pub fn touches(&self, shape: &Shape) -> bool {
        if !self.envelope.intersects(shape.envelope()) {
            return false;
        }
        let mut inside = false;
        shape.for_each_coordinate(|at| inside = inside || self.contains(at));
        if inside {
            return true;
        }
        let lines = match shape {
            Shape::Point(_) => return false,
            Shape::LineString(line) => line.lines().map(|edge| (edge.start, edge.end)).collect(),
            Shape::Polygon(_) | Shape::MultiPolygon(_) => edges(shape),
        };
        let crossed = lines.iter().any(|(a, b)| {
            let (low, high) = (a.y.min(b.y), a.y.max(b.y));
            let low_band = self.band(low.clamp(self.envelope.south, self.envelope.north));
            let high_band = self.band(high.clamp(self.envelope.south, self.envelope.north));
            (low_band..=high_band).any(|band| self.bands[band].iter().any(|(c, d)| meet(*a, *b, *c, *d)))
        });
        // No vertex of the shape inside and no edge crossed: the area may still lie wholly inside the shape.
        crossed || self.bands.iter().flatten().next().is_some_and(|(corner, _)| window::contains(shape, *corner))
    }

    /// Metres of a line that lie in the area. What runs along the boundary may count or not.
    ///
    /// Cost: the line's edges times the edges of the bands they pass.
    pub fn metres_within(&self, line: &LineString) -> f64 {
        let near = |edge: &geo::Line| {
            let (low, high) = (edge.start.y.min(edge.end.y), edge.start.y.max(edge.end.y));
            let (west, east) = (edge.start.x.min(edge.end.x), edge.start.x.max(edge.end.x));
            low <= self.envelope.north
                && high >= self.envelope.south
                && west <= self.envelope.east
                && east >= self.envelope.west
        };
        line.lines()
            .filter(near)
            .map(|edge| self.share_within(edge.start, edge.end) * short_distance_m(edge.start, edge.end))
            .sum()
    }

    /// The share of the edge from `a` to `b` that lies inside: cut where the boundary meets it, told by the middles.
    fn share_within(&self, a: Coord, b: Coord) -> f64 {
        let clamped = |latitude: f64| latitude.clamp(self.envelope.south, self.envelope.north);
        let (low, high) = (self.band(clamped(a.y.min(b.y))), self.band(clamped(a.y.max(b.y))));
        let mut marks = vec![0.0, 1.0];
        for &(c, d) in self.bands[low..=high].iter().flatten() {
            marks.extend(shares_met(a, b, c, d).into_iter().filter(|share| *share > 0.0 && *share < 1.0));
        }
        marks.sort_by(f64::total_cmp);
        let at = |share: f64| Coord { x: a.x + share * (b.x - a.x), y: a.y + share * (b.y - a.y) };
        let inside = |part: &&[f64]| part[1] > part[0] && self.contains(at(f64::midpoint(part[0], part[1])));
        marks.windows(2).filter(inside).map(|part| part[1] - part[0]).sum()
    }

    fn band(&self, latitude: f64) -> usize {
        let height = (self.envelope.north - self.envelope.south).max(f64::MIN_POSITIVE);
        let share = (latitude - self.envelope.south) / height;
        ((share * self.bands.len() as f64) as usize).min(self.bands.len() - 1)
    }
}

/// Where on the edge from `a` to `b` the one from `c` to `d` meets it, as shares; of parallel edges the feet of the ends.
fn shares_met(a: Coord, b: Coord, c: Coord, d: Coord) -> [f64; 2] {
    let cross = |u: Coord, v: Coord| u.x * v.y - u.y * v.x;
    let (along, other, gap) = (b - a, d - c, c - a);
    let turn = cross(along, other);
    if turn == 0.0 {
        let square = (along.x * along.x + along.y * along.y).max(f64::MIN_POSITIVE);
        let foot = |at: Coord| ((at.x - a.x) * along.x + (at.y - a.y) * along.y) / square;
        return [foot(c), foot(d)];
    }
    let on_other = cross(gap, along) / turn;
    // A cut too many does no harm.
    let share = if (-1e-9..=1.0 + 1e-9).contains(&on_other) { cross(gap, other) / turn } else { 0.0 };
    [share, 0.0]
}

fn edges(shape: &Shape) -> Vec<(Coord, Coord)> {
    let mut edges = Vec::new();
    let mut add = |polygon: &geo::Polygon| {
        for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
            edges.extend(ring.lines().map(|edge| (edge.start, edge.end)));
        }
    };
    match shape {
        Shape::Polygon(polygon) => add(polygon),
        Shape::MultiPolygon(polygons) => polygons.0.iter().for_each(add),
        Shape::Point(_) | Shape::LineString(_) => {}
    }
    edges
}

#[cfg(test)]
mod tests {
    use geo::{Polygon, polygon};

    use super::*;

    fn square_with_hole() -> Shape {
        let hole = vec![(4.0, 4.0), (4.0, 6.0), (6.0, 6.0), (6.0, 4.0), (4.0, 4.0)];
        let shell: Polygon = polygon![(x: 0.0, y: 0.0), (x: 10.0, y: 0.0), (x: 10.0, y: 10.0), (x: 0.0, y: 10.0)];
        Shape::Polygon(Polygon::new(shell.exterior().clone(), vec![hole.into()]))
    }

    #[test]
    fn shapes_that_touch() {
        let area = PreparedArea::new(&square_with_hole());
        let line = |points: &[(f64, f64)]| Shape::LineString(points.to_vec().into());
        assert!(area.touches(&line(&[(-5.0, 5.0), (15.0, 5.0)])));
        assert!(area.touches(&line(&[(-5.0, 10.0), (15.0, 10.0)])));
        assert!(area.touches(&line(&[(5.0, 5.0), (5.0, 30.0)])), "out of the hole");
        assert!(!area.touches(&line(&[(4.5, 4.5), (5.5, 5.5)])), "in the hole");
        assert!(!area.touches(&line(&[(-5.0, 11.0), (15.0, 11.0)])));
        assert!(!area.touches(&line(&[(-1.0, 9.0), (3.0, 14.0)])));
        let round: Polygon = polygon![(x: -9.0, y: -9.0), (x: 19.0, y: -9.0), (x: 19.0, y: 19.0), (x: -9.0, y: 19.0)];
        assert!(area.touches(&Shape::Polygon(round)));
        assert!(area.touches(&Shape::Point(geo::Point::new(1.0, 1.0))));
        assert!(!area.touches(&Shape::Point(geo::Point::new(5.0, 5.0))));
    }

    #[test]
    fn metres_in_an_area_and_in_what_it_leaves_are_the_whole_line() {
        let area = PreparedArea::new(&square_with_hole());
        let round: Polygon = polygon![(x: -9.0, y: -9.0), (x: 19.0, y: -9.0), (x: 19.0, y: 19.0), (x: -9.0, y: 19.0)];
        let Shape::Polygon(square) = square_with_hole() else { unreachable!("it is drawn as one") };
        let outer = Polygon::new(round.exterior().clone(), vec![square.exterior().clone()]);
        let rest = [outer, Polygon::new(square.interiors()[0].clone(), Vec::new())];
        let rest = PreparedArea::new(&Shape::MultiPolygon(geo::MultiPolygon(rest.to_vec())));
        let mut state = 7_u64;
        let mut drawn = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f64 / f64::from(1 << 24) * 20.0 - 5.0
        };
        for _ in 0..500 {
            let line: LineString = (0..4).map(|_| (drawn(), drawn())).collect::<Vec<_>>().into();
            let whole: f64 = line.lines().map(|edge| short_distance_m(edge.start, edge.end)).sum();
            let (inside, outside) = (area.metres_within(&line), rest.metres_within(&line));
            assert!((inside + outside - whole).abs() < 1e-6 * whole, "{inside} {outside} {whole} {line:?}");
        }
        let across: LineString = vec![(-5.0, 5.0), (15.0, 5.0)].into();
        let share = area.metres_within(&across) / short_distance_m(across.0[0], across.0[1]);
        assert!((share - 0.4).abs() < 1e-9, "{share}");
    }

    #[test]
    fn inside_outside_hole_and_boundary() {
        let area = PreparedArea::new(&square_with_hole());
        for (x, y, expected) in [
            (1.0, 1.0, true),
            (5.0, 5.0, false),
            (4.0, 5.0, true),
            (0.0, 3.0, true),
            (10.0, 10.0, true),
            (10.1, 5.0, false),
            (5.0, -0.1, false),
            (2.0, 4.0, true),
            (8.0, 6.0, true),
        ] {
            assert_eq!(area.contains(Coord { x, y }), expected, "at {x} {y}");
        }
    }
}
