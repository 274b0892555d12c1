//! An area made ready for many point-in-area questions.

use geo::Coord;

use crate::spatial::predicate::{Crossing, crossing};
use crate::spatial::shape::{Envelope, Shape};

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
