//! Touching points of rings: who meets there, whether they cross, and whether together they cut an interior.

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::spatial::simple::{Edge, Flaw, FlawKind, GridPoint, Rings};

/// Points that more than one chain of edges visits.
pub(super) struct Touches {
    chains: HashMap<GridPoint, Vec<Chain>>,
}

/// A ring's way through a point: where it comes from and where it goes.
#[derive(Clone, Copy, PartialEq)]
struct Chain {
    ring: u32,
    from: GridPoint,
    to: GridPoint,
}

impl Touches {
    /// Finds the corners that stand at the same place. Cost: a sort of all corners.
    pub(super) fn of(rings: &Rings<'_>) -> Self {
        let mut corners: Vec<(GridPoint, u32, u32)> = Vec::new();
        for (ring, points) in rings.corners.iter().enumerate() {
            corners.extend(points.iter().enumerate().map(|(at, &point)| (point, ring as u32, at as u32)));
        }
        corners.sort_unstable();
        let mut chains: HashMap<GridPoint, Vec<Chain>> = HashMap::new();
        for group in corners.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1) {
            chains.insert(group[0].0, group.iter().map(|&(_, ring, at)| Chain::at(rings, ring, at)).collect());
        }
        Self { chains }
    }

    /// Notes that `passing` runs through the corner `here` of `ring`.
    pub(super) fn add_passing(&mut self, here: GridPoint, passing: &Edge, ring: u32) {
        let through = Chain { ring: passing.ring, from: passing.left, to: passing.right };
        let chains = self.chains.entry(here).or_default();
        if chains.contains(&through) {
            return;
        }
        chains.push(through);
        // The corner's own chain is there already when other corners stand here; its directions are not known to
        // the edge, so it is found again at the check.
        if !chains.iter().any(|chain| chain.ring == ring && *chain != through) {
            chains.push(Chain { ring, from: here, to: here });
        }
    }

    pub(super) fn check(&self, rings: &Rings<'_>) -> Result<(), Flaw> {
        let mut points: Vec<(&GridPoint, &Vec<Chain>)> = self.chains.iter().collect();
        points.sort_unstable_by_key(|(at, _)| **at);
        let corner_at = self.missing_corners(rings);
        for &(at, chains) in &points {
            let chains: Vec<Chain> = chains
                .iter()
                .map(|chain| {
                    if chain.from == *at {
                        corner_at.get(&(*at, chain.ring)).copied().unwrap_or(*chain)
                    } else {
                        *chain
                    }
                })
                .collect();
            check_point(rings, *at, chains)?;
        }
        check_interiors(rings, &points)
    }

    /// The chains of corners that were noted without their directions.
    fn missing_corners(&self, rings: &Rings<'_>) -> HashMap<(GridPoint, u32), Chain> {
        let mut wanted: HashMap<u32, Vec<GridPoint>> = HashMap::new();
        for (at, chains) in &self.chains {
            for chain in chains.iter().filter(|chain| chain.from == *at) {
                wanted.entry(chain.ring).or_default().push(*at);
            }
        }
        let mut found = HashMap::new();
        for (ring, places) in wanted {
            let places: std::collections::HashSet<GridPoint> = places.into_iter().collect();
            for (at, point) in rings.corners[ring as usize].iter().enumerate() {
                if places.contains(point) {
                    found.insert((*point, ring), Chain::at(rings, ring, at as u32));
                }
            }
        }
        found
    }
}

impl Chain {
    fn at(rings: &Rings<'_>, ring: u32, corner: u32) -> Self {
        let corners = rings.corners[ring as usize];
        let at = corner as usize;
        let from = corners[(at + corners.len() - 1) % corners.len()];
        Self { ring, from, to: corners[(at + 1) % corners.len()] }
    }
}

/// At one point: no ring twice, no two edges in the same direction, no chain through another.
fn check_point(rings: &Rings<'_>, at: GridPoint, mut chains: Vec<Chain>) -> Result<(), Flaw> {
    let place = (at.0 as f64, at.1 as f64);
    chains.sort_unstable_by_key(|chain| chain.ring);
    if let Some(pair) = chains.windows(2).find(|pair| pair[0].ring == pair[1].ring) {
        return Err(rings.flaw(FlawKind::SelfTouch, place, pair[0].ring));
    }
    let mut directions: Vec<(GridPoint, u32)> = chains
        .iter()
        .flat_map(|chain| [chain.from, chain.to].map(|end| ((end.0 - at.0, end.1 - at.1), chain.ring)))
        .collect();
    directions.sort_unstable_by(|a, b| by_angle(a.0, b.0));
    if let Some(pair) = directions.windows(2).find(|pair| by_angle(pair[0].0, pair[1].0) == Ordering::Equal) {
        return Err(rings.flaw(FlawKind::SharedEdge, place, pair[0].1.max(pair[1].1)));
    }
    // Chains that do not cross nest like brackets round the point.
    let mut open: Vec<u32> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for &(_, ring) in &directions {
        if seen.insert(ring) {
            open.push(ring);
        } else if open.pop() != Some(ring) {
            let other = directions.iter().map(|(_, other)| *other).find(|other| *other != ring).unwrap_or(ring);
            return Err(rings.crossing(ring, other, place));
        }
    }
    Ok(())
}

/// Counter-clockwise from the positive x axis. Exact.
fn by_angle(a: GridPoint, b: GridPoint) -> Ordering {
    let half = |(x, y): GridPoint| u8::from(y < 0 || (y == 0 && x < 0));
    half(a).cmp(&half(b)).then_with(|| {
        let cross = i128::from(a.0) * i128::from(b.1) - i128::from(a.1) * i128::from(b.0);
        0.cmp(&cross)
    })
}

/// Rings of a polygon and the points where they touch form a graph; a cycle in it fences a piece of the interior off.
fn check_interiors(rings: &Rings<'_>, points: &[(&GridPoint, &Vec<Chain>)]) -> Result<(), Flaw> {
    let mut groups = Groups::new(rings.names.len());
    for &(at, chains) in points {
        let mut by_polygon: Vec<(usize, u32)> =
            chains.iter().map(|chain| (rings.names[chain.ring as usize].polygon, chain.ring)).collect();
        by_polygon.sort_unstable();
        for same in by_polygon.chunk_by(|a, b| a.0 == b.0) {
            for pair in same.windows(2) {
                if !groups.join(pair[0].1 as usize, pair[1].1 as usize) {
                    return Err(rings.flaw(FlawKind::InteriorCut, (at.0 as f64, at.1 as f64), pair[1].1));
                }
            }
        }
    }
    Ok(())
}

/// Disjoint sets with path halving.
struct Groups(Vec<usize>);

impl Groups {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn root(&mut self, mut at: usize) -> usize {
        while self.0[at] != at {
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }

    /// False when both were in one group already.
    fn join(&mut self, a: usize, b: usize) -> bool {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
        a != b
    }
}

/// About where two crossing edges meet, in steps of the grid.
pub(super) fn pieces_cross_at(a: &Edge, b: &Edge) -> (f64, f64) {
    let (ax, ay) = (a.left.0 as f64, a.left.1 as f64);
    let (dx, dy) = ((a.right.0 - a.left.0) as f64, (a.right.1 - a.left.1) as f64);
    let (ex, ey) = ((b.right.0 - b.left.0) as f64, (b.right.1 - b.left.1) as f64);
    let (fx, fy) = ((b.left.0 - a.left.0) as f64, (b.left.1 - a.left.1) as f64);
    let divisor = dx * ey - dy * ex;
    let share = if divisor == 0.0 { 0.5 } else { ((fx * ey - fy * ex) / divisor).clamp(0.0, 1.0) };
    (ax + share * dx, ay + share * dy)
}
