//! An area that holds given lines with a margin: the cells that they touch and those around, traced along their middles.
//!
//! It says where one gets to on streets, not where one could get to across fields.

use std::collections::HashMap;

use geo::Coord;

use crate::spatial::foot::plane_at;
use crate::spatial::shape::Envelope;

/// Side of a cell, metres; larger where the area is so large that it would have more than [`MOST_CELLS`] a side.
const CELL_M: f64 = 20.0;
const MOST_CELLS: f64 = 500.0;
/// Holes of fewer cells are filled.
const LEAST_HOLE: f64 = 16.0;

/// Rings of an area: each polygon's exterior first, then its holes. Rings are closed and do not touch themselves.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outline {
    pub polygons: Vec<Vec<Vec<Coord>>>,
}

/// The cells of a plane grid.
struct Grid {
    origin: Coord,
    /// Cells in a degree.
    scale: (f64, f64),
    wide: usize,
    high: usize,
    marked: Vec<bool>,
}

/// An area that holds all of the lines with at least half a cell around them. Empty without lines.
///
/// Cost: linear in the cells, at most 250,000, and in the lines' places.
pub fn outline(lines: &[Vec<Coord>]) -> Outline {
    let mut envelope = Envelope::EMPTY;
    lines.iter().flatten().for_each(|at| envelope.include(*at));
    if envelope.is_empty() {
        return Outline::default();
    }
    let (x, y) = plane_at(envelope.centre().y);
    let widest = ((envelope.east - envelope.west) * x).max((envelope.north - envelope.south) * y);
    let cell = CELL_M.max(widest / MOST_CELLS);
    let scale = (x / cell, y / cell);
    let across = |from: f64, to: f64, scale: f64| ((to - from) * scale).floor() as usize + 6;
    let (wide, high) = (across(envelope.west, envelope.east, scale.0), across(envelope.south, envelope.north, scale.1));
    // A margin for the cells around and for one that stays empty, and half a cell more against rounding.
    let origin = Coord { x: envelope.west - 2.5 / scale.0, y: envelope.south - 2.5 / scale.1 };
    let mut grid = Grid { origin, scale, wide, high, marked: vec![false; wide * high] };
    for line in lines {
        line.windows(2).for_each(|pair| grid.mark(pair[0], pair[1]));
    }
    grid.widen();
    grid.trace()
}

impl Grid {
    fn flat(&self, at: Coord) -> (f64, f64) {
        ((at.x - self.origin.x) * self.scale.0, (at.y - self.origin.y) * self.scale.1)
    }

    fn degrees(&self, (x, y): (f64, f64)) -> Coord {
        Coord { x: self.origin.x + x / self.scale.0, y: self.origin.y + y / self.scale.1 }
    }

    /// Marks the cells that a piece passes, column by column.
    fn mark(&mut self, a: Coord, b: Coord) {
        let (a, b) = (self.flat(a), self.flat(b));
        let (a, b) = if a.0 <= b.0 { (a, b) } else { (b, a) };
        let slope = if b.0 > a.0 { (b.1 - a.1) / (b.0 - a.0) } else { 0.0 };
        let (first, last) = (a.0 as usize, b.0 as usize);
        for column in first..=last.min(self.wide - 1) {
            let enter = if column == first { a.1 } else { a.1 + (column as f64 - a.0) * slope };
            let leave = if column == last { b.1 } else { a.1 + (column as f64 + 1.0 - a.0) * slope };
            let (low, high) = (enter.min(leave).max(0.0) as usize, enter.max(leave).max(0.0) as usize);
            for row in low..=high.min(self.high - 1) {
                self.marked[row * self.wide + column] = true;
            }
        }
    }

    /// Marks the eight cells around each marked one.
    fn widen(&mut self) {
        let mut wider = self.marked.clone();
        for row in 1..self.high - 1 {
            for column in 1..self.wide - 1 {
                if self.marked[row * self.wide + column] {
                    for near in row - 1..=row + 1 {
                        wider[near * self.wide + column - 1..=near * self.wide + column + 1].fill(true);
                    }
                }
            }
        }
        self.marked = wider;
    }

    fn is_marked(&self, column: usize, row: usize) -> bool {
        self.marked[row * self.wide + column]
    }

    /// Sides between marked and empty cells, the marked on the left, joined to rings through their middles: corners are
    /// cut by half a cell, and no two rings share a place.
    fn trace(&self) -> Outline {
        type Corner = (usize, usize);
        let mut sides: HashMap<Corner, Vec<Corner>> = HashMap::new();
        for row in 1..self.high - 1 {
            for column in 1..self.wide - 1 {
                if !self.is_marked(column, row) {
                    continue;
                }
                let (x, y) = (column, row);
                for (outside, from, to) in [
                    (self.is_marked(x, y - 1), (x, y), (x + 1, y)),
                    (self.is_marked(x + 1, y), (x + 1, y), (x + 1, y + 1)),
                    (self.is_marked(x, y + 1), (x + 1, y + 1), (x, y + 1)),
                    (self.is_marked(x - 1, y), (x, y + 1), (x, y)),
                ] {
                    if !outside {
                        sides.entry(from).or_default().push(to);
                    }
                }
            }
        }
        let mut starts: Vec<Corner> = sides.keys().copied().collect();
        starts.sort_unstable();
        let (mut exteriors, mut holes) = (Vec::new(), Vec::new());
        for start in starts {
            while let Some(to) = sides.get_mut(&start).and_then(Vec::pop) {
                let ring = follow(&mut sides, start, to);
                let area = twice_area(&ring) / 2.0;
                if area > 0.0 {
                    exteriors.push((area, ring));
                } else if -area >= LEAST_HOLE {
                    holes.push(ring);
                }
            }
        }
        // The smallest exterior that holds a hole is its own.
        exteriors.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut polygons: Vec<Vec<Vec<(f64, f64)>>> = exteriors.into_iter().map(|(_, ring)| vec![ring]).collect();
        for hole in holes {
            if let Some(polygon) = polygons.iter_mut().find(|polygon| holds(&polygon[0], hole[0])) {
                polygon.push(hole);
            }
        }
        polygons.reverse();
        let ring = |ring: Vec<(f64, f64)>| ring.into_iter().map(|at| self.degrees(at)).collect();
        Outline { polygons: polygons.into_iter().map(|rings| rings.into_iter().map(ring).collect()).collect() }
    }
}

/// The closed ring of the middles of the sides from `start` on; middles on a straight line but the ends left out.
fn follow(
    sides: &mut HashMap<(usize, usize), Vec<(usize, usize)>>,
    start: (usize, usize),
    second: (usize, usize),
) -> Vec<(f64, f64)> {
    let mut corners = vec![start, second];
    while let Some(&at) = corners.last() {
        if at == start {
            break;
        }
        let Some(next) = sides.get_mut(&at).and_then(Vec::pop) else { break };
        corners.push(next);
    }
    let count = corners.len() - 1;
    let heading = |side: usize| {
        let (a, b) = (corners[side % count], corners[side % count + 1]);
        (b.0 as i64 - a.0 as i64, b.1 as i64 - a.1 as i64)
    };
    let mut ring: Vec<(f64, f64)> = (0..count)
        .filter(|side| heading(side + count - 1) != heading(*side) || heading(*side) != heading(side + 1))
        .map(|side| {
            let (a, b) = (corners[side], corners[side + 1]);
            ((a.0 + b.0) as f64 / 2.0, (a.1 + b.1) as f64 / 2.0)
        })
        .collect();
    ring.push(ring[0]);
    ring
}

fn twice_area(ring: &[(f64, f64)]) -> f64 {
    ring.windows(2).map(|pair| pair[0].0 * pair[1].1 - pair[1].0 * pair[0].1).sum()
}

/// Even-odd rule.
fn holds(ring: &[(f64, f64)], at: (f64, f64)) -> bool {
    ring.windows(2).fold(false, |inside, pair| {
        let (a, b) = (pair[0], pair[1]);
        let crosses = (a.1 > at.1) != (b.1 > at.1) && at.0 < a.0 + (at.1 - a.1) / (b.1 - a.1) * (b.0 - a.0);
        inside != crosses
    })
}
