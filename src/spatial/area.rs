//! An area made ready for many point-in-area questions.

use geo::Coord;

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

    fn band(&self, latitude: f64) -> usize {
        let height = (self.envelope.north - self.envelope.south).max(f64::MIN_POSITIVE);
        let share = (latitude - self.envelope.south) / height;
        ((share * self.bands.len() as f64) as usize).min(self.bands.len() - 1)
    }
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
