//! Validity of polygons by a plane sweep, exact on the integer grid, n log n.
//!
//! The rules of OGC Simple Features (ISO 19125-1): rings are simple; rings touch at single points only; a hole lies
//! inside its shell and in no other hole; the interior is connected; the parts of a multi-polygon have no common
//! interior and no common edge. The sweep is that of Shamos and Hoey (1976), which stops at the first crossing;
//! touching points are judged by the order of the edges round them.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::Bound;

use crate::spatial::touch::{Touches, pieces_cross_at};

/// A position in steps of the storage grid; at most 1.8e9 in size.
pub type GridPoint = (i64, i64);

/// The rings of one polygon, shell first. Rings are not closed (the last position is not the first) and no position
/// equals the next.
pub type GridPolygon = Vec<Vec<GridPoint>>;

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Flaw {
    pub kind: FlawKind,
    /// In steps of the grid.
    pub at: (f64, f64),
    pub polygon: usize,
    pub ring: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlawKind {
    /// An edge crosses another of the same ring.
    SelfCrossing,
    /// A ring touches itself.
    SelfTouch,
    /// Edges of two rings of a polygon cross.
    RingsCross,
    /// Two edges run along each other.
    SharedEdge,
    HoleOutside,
    NestedHoles,
    /// Holes cut the interior into pieces.
    InteriorCut,
    PartsOverlap,
}

/// Which ring an edge belongs to.
#[derive(Debug, Clone, Copy)]
pub(super) struct RingName {
    pub polygon: usize,
    pub ring: usize,
}

/// All rings of a multi-polygon under one numbering.
pub(super) struct Rings<'a> {
    pub names: Vec<RingName>,
    pub corners: Vec<&'a [GridPoint]>,
}

/// An edge in the sweep, its ends in lexicographic order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    pub left: GridPoint,
    pub right: GridPoint,
    pub ring: u32,
    /// Index of the edge's first corner in its ring.
    pub corner: u32,
    /// The ring walks from left to right.
    pub forward: bool,
}

/// Twice the signed area of the triangle: positive when `c` lies left of `a -> b`.
pub(super) fn turn(a: GridPoint, b: GridPoint, c: GridPoint) -> Ordering {
    let cross = i128::from(b.0 - a.0) * i128::from(c.1 - a.1) - i128::from(b.1 - a.1) * i128::from(c.0 - a.0);
    cross.cmp(&0)
}

impl Edge {
    fn identity(&self) -> (u32, u32) {
        (self.ring, self.corner)
    }

    pub(super) fn passes(&self, at: GridPoint) -> bool {
        self.left < at && at < self.right && turn(self.left, self.right, at) == Ordering::Equal
    }
}

/// Order from below to above among edges that the sweep line meets at the same time.
impl Ord for Edge {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.identity() == other.identity() {
            return Ordering::Equal;
        }
        let order = match self.left.cmp(&other.left) {
            Ordering::Less => {
                turn(self.left, self.right, other.left).then_with(|| turn(self.left, self.right, other.right)).reverse()
            }
            Ordering::Equal => turn(self.left, self.right, other.right).reverse(),
            Ordering::Greater => {
                turn(other.left, other.right, self.left).then_with(|| turn(other.left, other.right, self.right))
            }
        };
        order.then_with(|| self.identity().cmp(&other.identity()))
    }
}

impl PartialOrd for Edge {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Edge {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for Edge {}

/// Checks the polygons together, as the parts of one multi-polygon.
///
/// Cost: O(n log n) for n corners, about 0.1 s for 200,000; stops at the leftmost crossing. Positions may differ by
/// at most 2^62 steps.
pub fn check(polygons: &[GridPolygon]) -> Result<(), Flaw> {
    let rings = Rings::of(polygons);
    let edges = edges_of(&rings);
    let mut sweep = Sweep {
        rings: &rings,
        status: BTreeSet::new(),
        touches: Touches::of(&rings),
        surroundings: vec![None; rings.names.len()],
        counter_clockwise: rings.corners.iter().map(|corners| is_counter_clockwise(corners)).collect(),
        lowest: rings.corners.iter().map(|corners| corners.iter().min().copied()).collect(),
    };
    sweep.run(&edges)?;
    sweep.touches.check(&rings)?;
    check_nesting(&rings, &sweep.surroundings)
}

/// Whether the ring winds counter-clockwise. Exact.
pub fn is_counter_clockwise(corners: &[GridPoint]) -> bool {
    let mut doubled: i128 = 0;
    for (at, &(ax, ay)) in corners.iter().enumerate() {
        let (bx, by) = corners[(at + 1) % corners.len()];
        doubled += i128::from(ax) * i128::from(by) - i128::from(bx) * i128::from(ay);
    }
    doubled > 0
}

impl<'a> Rings<'a> {
    fn of(polygons: &'a [GridPolygon]) -> Self {
        let mut rings = Self { names: Vec::new(), corners: Vec::new() };
        for (polygon, parts) in polygons.iter().enumerate() {
            for (ring, corners) in parts.iter().enumerate() {
                rings.names.push(RingName { polygon, ring });
                rings.corners.push(corners);
            }
        }
        rings
    }

    pub(super) fn flaw(&self, kind: FlawKind, at: (f64, f64), ring: u32) -> Flaw {
        let name = self.names[ring as usize];
        Flaw { kind, at, polygon: name.polygon, ring: name.ring }
    }

    /// The flaw of two edges that have more in common than a touching point.
    pub(super) fn crossing(&self, a: u32, b: u32, at: (f64, f64)) -> Flaw {
        let kind = if a == b {
            FlawKind::SelfCrossing
        } else if self.names[a as usize].polygon == self.names[b as usize].polygon {
            FlawKind::RingsCross
        } else {
            FlawKind::PartsOverlap
        };
        self.flaw(kind, at, a.max(b))
    }
}

fn edges_of(rings: &Rings<'_>) -> Vec<Edge> {
    let mut edges = Vec::new();
    for (ring, corners) in rings.corners.iter().enumerate() {
        for (corner, &from) in corners.iter().enumerate() {
            let to = corners[(corner + 1) % corners.len()];
            let forward = from < to;
            let (left, right) = if forward { (from, to) } else { (to, from) };
            edges.push(Edge { left, right, ring: ring as u32, corner: corner as u32, forward });
        }
    }
    edges
}

struct Sweep<'a> {
    rings: &'a Rings<'a>,
    status: BTreeSet<Edge>,
    touches: Touches,
    /// The ring that immediately surrounds each ring.
    surroundings: Vec<Option<u32>>,
    counter_clockwise: Vec<bool>,
    /// First corner of each ring in sweep order.
    lowest: Vec<Option<GridPoint>>,
}

impl Sweep<'_> {
    fn run(&mut self, edges: &[Edge]) -> Result<(), Flaw> {
        let mut starts: Vec<u32> = (0..edges.len() as u32).collect();
        let mut ends = starts.clone();
        starts.sort_unstable_by_key(|&at| edges[at as usize].left);
        ends.sort_unstable_by_key(|&at| edges[at as usize].right);
        let (mut next_start, mut next_end) = (0, 0);
        let mut begun = Vec::new();
        while next_end < ends.len() {
            let end_at = edges[ends[next_end] as usize].right;
            let here = starts.get(next_start).map_or(end_at, |&at| edges[at as usize].left.min(end_at));
            while next_end < ends.len() && edges[ends[next_end] as usize].right == here {
                self.leave(&edges[ends[next_end] as usize], here)?;
                next_end += 1;
            }
            begun.clear();
            while next_start < starts.len() && edges[starts[next_start] as usize].left == here {
                let edge = edges[starts[next_start] as usize];
                self.enter(edge, here)?;
                begun.push(edge);
                next_start += 1;
            }
            self.settle_surroundings(&mut begun, here);
        }
        Ok(())
    }

    fn enter(&mut self, edge: Edge, here: GridPoint) -> Result<(), Flaw> {
        for near in self.neighbours(&edge).into_iter().flatten() {
            self.compare(&edge, &near)?;
            self.note_passing(&near, &edge, here);
        }
        self.status.insert(edge);
        Ok(())
    }

    fn leave(&mut self, edge: &Edge, here: GridPoint) -> Result<(), Flaw> {
        self.status.remove(edge);
        let [below, above] = self.neighbours(edge);
        for near in [below, above].into_iter().flatten() {
            self.note_passing(&near, edge, here);
        }
        if let (Some(below), Some(above)) = (below, above) {
            self.compare(&below, &above)?;
        }
        Ok(())
    }

    fn neighbours(&self, edge: &Edge) -> [Option<Edge>; 2] {
        let below = self.status.range((Bound::Unbounded, Bound::Excluded(edge))).next_back().copied();
        let above = self.status.range((Bound::Excluded(edge), Bound::Unbounded)).next().copied();
        [below, above]
    }

    /// A corner that lies inside another edge is a touching point of that edge's ring too.
    fn note_passing(&mut self, passing: &Edge, edge: &Edge, here: GridPoint) {
        if passing.passes(here) {
            self.touches.add_passing(here, passing, edge.ring);
        }
    }

    fn compare(&self, a: &Edge, b: &Edge) -> Result<(), Flaw> {
        match meeting(a, b) {
            Meeting::Apart => Ok(()),
            Meeting::Crossing(at) => Err(self.rings.crossing(a.ring, b.ring, at)),
            Meeting::Overlap(at) => {
                let kind = if a.ring == b.ring { FlawKind::SelfCrossing } else { FlawKind::SharedEdge };
                Err(self.rings.flaw(kind, (at.0 as f64, at.1 as f64), a.ring.max(b.ring)))
            }
        }
    }

    /// For each ring whose first corner is here: what lies below its lower edge surrounds it.
    fn settle_surroundings(&mut self, begun: &mut [Edge], here: GridPoint) {
        begun.sort_unstable();
        for edge in begun.iter() {
            let ring = edge.ring as usize;
            if self.lowest[ring] != Some(here) {
                continue;
            }
            // Settled once: by the lower of the two edges.
            self.lowest[ring] = None;
            self.surroundings[ring] = self.neighbours(edge)[0].and_then(|below| {
                let inside_is_above = below.forward == self.counter_clockwise[below.ring as usize];
                if inside_is_above { Some(below.ring) } else { self.surroundings[below.ring as usize] }
            });
        }
    }
}

enum Meeting {
    /// No point in common, or a point at an end of one, which is judged elsewhere.
    Apart,
    Crossing((f64, f64)),
    Overlap(GridPoint),
}

fn meeting(a: &Edge, b: &Edge) -> Meeting {
    let (b_left, b_right) = (turn(a.left, a.right, b.left), turn(a.left, a.right, b.right));
    if b_left == Ordering::Equal && b_right == Ordering::Equal {
        let (from, to) = (a.left.max(b.left), a.right.min(b.right));
        return if from < to { Meeting::Overlap(from) } else { Meeting::Apart };
    }
    let (a_left, a_right) = (turn(b.left, b.right, a.left), turn(b.left, b.right, a.right));
    let opposite = |one: Ordering, other: Ordering| one != Ordering::Equal && one == other.reverse();
    if opposite(b_left, b_right) && opposite(a_left, a_right) {
        return Meeting::Crossing(pieces_cross_at(a, b));
    }
    Meeting::Apart
}

/// A hole's surroundings must be its own shell; a shell's nothing, or the hole of another part.
fn check_nesting(rings: &Rings<'_>, surroundings: &[Option<u32>]) -> Result<(), Flaw> {
    for (ring, name) in rings.names.iter().enumerate() {
        let around = surroundings[ring].map(|around| rings.names[around as usize]);
        let kind = match (name.ring, around) {
            (0, None) => continue,
            (0, Some(around)) if around.ring > 0 && around.polygon != name.polygon => continue,
            (0, Some(around)) if around.polygon == name.polygon => FlawKind::HoleOutside,
            (0, Some(_)) => FlawKind::PartsOverlap,
            (_, Some(around)) if around.polygon == name.polygon && around.ring == 0 => continue,
            (_, Some(around)) if around.polygon == name.polygon => FlawKind::NestedHoles,
            (_, Some(_)) if hole_in_own_shell(rings, surroundings, ring) => FlawKind::PartsOverlap,
            (_, _) => FlawKind::HoleOutside,
        };
        let at = rings.corners[ring].first().copied().unwrap_or_default();
        return Err(rings.flaw(kind, (at.0 as f64, at.1 as f64), ring as u32));
    }
    Ok(())
}

/// Whether some ring further out is the hole's own shell: then another part stands between them.
fn hole_in_own_shell(rings: &Rings<'_>, surroundings: &[Option<u32>], hole: usize) -> bool {
    let mut around = surroundings[hole];
    while let Some(ring) = around {
        let name = rings.names[ring as usize];
        if name.polygon == rings.names[hole].polygon && name.ring == 0 {
            return true;
        }
        around = surroundings[ring as usize];
    }
    false
}

#[cfg(test)]
#[path = "simple_tests.rs"]
mod tests;
