//! The faces between edges that share nothing but ends, put together by owner into polygons.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use geo::Coord;

use crate::spatial::simple::{GridPoint, GridPolygon, is_counter_clockwise};
use crate::spatial::tiling::arrangement::{Border, GridEdge};

/// How far beside an edge its face is looked at, steps of the grid.
const BESIDE: f64 = 1.5;

/// Both directions of each edge: half-edge `2 e` runs along edge `e`, `2 e + 1` against it. A face lies on the left.
struct HalfEdges {
    points: Vec<GridPoint>,
    from: Vec<u32>,
    /// The next half-edge round the face.
    next: Vec<u32>,
}

impl HalfEdges {
    fn new(edges: &[GridEdge]) -> Self {
        let mut number: HashMap<GridPoint, u32> = HashMap::new();
        let mut points = Vec::new();
        let mut from = Vec::with_capacity(2 * edges.len());
        for (a, b) in edges {
            for end in [a, b] {
                from.push(*number.entry(*end).or_insert_with(|| {
                    points.push(*end);
                    points.len() as u32 - 1
                }));
            }
        }
        let mut leaving: Vec<Vec<u32>> = vec![Vec::new(); points.len()];
        from.iter().enumerate().for_each(|(half, point)| leaving[*point as usize].push(half as u32));
        let mut made = Self { points, from, next: vec![0; 2 * edges.len()] };
        for (point, around) in leaving.iter_mut().enumerate() {
            let here = made.points[point];
            around.sort_by(|a, b| angle(here, made.to(*a), made.to(*b)));
            // Who arrives leaves again by the next one clockwise.
            for (at, leaving) in around.iter().enumerate() {
                let before = around[(at + around.len() - 1) % around.len()];
                made.next[(leaving ^ 1) as usize] = before;
            }
        }
        made
    }

    fn to(&self, half: u32) -> GridPoint {
        self.points[self.from[(half ^ 1) as usize] as usize]
    }

    fn start(&self, half: u32) -> GridPoint {
        self.points[self.from[half as usize] as usize]
    }

    /// Each face's half-edges in order; a face with holes has a cycle for each of its borders.
    fn cycles(&self) -> Vec<Vec<u32>> {
        let mut seen = vec![false; self.next.len()];
        let mut cycles = Vec::new();
        for first in 0..self.next.len() as u32 {
            let mut cycle = Vec::new();
            let mut half = first;
            while !std::mem::replace(&mut seen[half as usize], true) {
                cycle.push(half);
                half = self.next[half as usize];
            }
            if !cycle.is_empty() {
                cycles.push(cycle);
            }
        }
        cycles
    }

    fn length(&self, half: u32) -> f64 {
        let (a, b) = (self.start(half), self.to(half));
        ((b.0 - a.0) as f64).hypot((b.1 - a.1) as f64)
    }

    /// A place in the face, beside the longest edge of the cycle.
    fn inside(&self, cycle: &[u32]) -> Coord {
        let longest = cycle.iter().max_by(|a, b| self.length(**a).total_cmp(&self.length(**b)).then(b.cmp(a)));
        longest.map_or(Coord::default(), |half| self.beside(*half))
    }

    fn beside(&self, half: u32) -> Coord {
        let (a, b) = (self.start(half), self.to(half));
        let (dx, dy) = ((b.0 - a.0) as f64, (b.1 - a.1) as f64);
        let length = dx.hypot(dy);
        let middle = (a.0 as f64 + dx / 2.0, a.1 as f64 + dy / 2.0);
        Coord { x: middle.0 - dy / length * BESIDE, y: middle.1 + dx / length * BESIDE }
    }
}

/// Order of directions round a point, counter-clockwise from the east. Exact.
fn angle(here: GridPoint, a: GridPoint, b: GridPoint) -> Ordering {
    let from_here = |at: GridPoint| (i128::from(at.0 - here.0), i128::from(at.1 - here.1));
    let lower = |(x, y): (i128, i128)| y < 0 || (y == 0 && x < 0);
    let (a, b) = (from_here(a), from_here(b));
    lower(a).cmp(&lower(b)).then_with(|| (b.0 * a.1 - b.1 * a.0).cmp(&0))
}

/// Polygons by owner.
///
/// A face belongs to whom most of its border says, by length; where its border says nothing (the edge of the area alone),
/// `owner_at` is asked. `is_inside` tells the faces of the area from others. Both take steps of the grid.
pub(super) fn parts(
    edges: &[Border],
    is_inside: &dyn Fn(Coord) -> bool,
    owner_at: &dyn Fn(Coord) -> Option<usize>,
) -> BTreeMap<usize, Vec<GridPolygon>> {
    let ends: Vec<GridEdge> = edges.iter().map(|edge| edge.ends).collect();
    let owner = owners(&HalfEdges::new(&ends), edges, is_inside, owner_at);
    // Only edges between different owners are borders.
    let is_border = |edge: &usize| owner[2 * edge] != owner[2 * edge + 1];
    let borders: Vec<usize> = (0..edges.len()).filter(is_border).collect();
    let kept: Vec<GridEdge> = borders.iter().map(|edge| ends[*edge]).collect();
    let graph = HalfEdges::new(&kept);
    let mut rings: BTreeMap<usize, Vec<(Vec<GridPoint>, Coord)>> = BTreeMap::new();
    for cycle in graph.cycles() {
        let of_old = |half: u32| owner[2 * borders[(half / 2) as usize] + (half % 2) as usize];
        if let Some(owner) = of_old(cycle[0]) {
            rings.entry(owner).or_default().extend(simple_rings(&graph, &cycle));
        }
    }
    rings.into_iter().map(|(owner, rings)| (owner, nested(rings))).collect()
}

/// The owner on the left of each half-edge.
fn owners(
    graph: &HalfEdges,
    edges: &[Border],
    is_inside: &dyn Fn(Coord) -> bool,
    owner_at: &dyn Fn(Coord) -> Option<usize>,
) -> Vec<Option<usize>> {
    let mut owner = vec![None; 2 * edges.len()];
    let mut faces: Vec<(Vec<GridPoint>, Option<usize>)> = Vec::new();
    let mut holes = Vec::new();
    for cycle in graph.cycles() {
        let corners: Vec<GridPoint> = cycle.iter().map(|half| graph.start(*half)).collect();
        if doubled_area(&corners) <= 0 {
            holes.push(cycle);
            continue;
        }
        let beside = graph.inside(&cycle);
        let of_face = if is_inside(beside) { told(graph, edges, &cycle).or_else(|| owner_at(beside)) } else { None };
        cycle.iter().for_each(|half| owner[*half as usize] = of_face);
        faces.push((corners, of_face));
    }
    // A border from the inside belongs to the face around it.
    for cycle in holes {
        let beside = graph.inside(&cycle);
        let around = faces.iter().filter(|(corners, _)| holds(corners, beside));
        let of_face = around.min_by_key(|(corners, _)| doubled_area(corners)).and_then(|(_, owner)| *owner);
        cycle.iter().for_each(|half| owner[*half as usize] = of_face);
    }
    owner
}

/// Whom most of a cycle's edges name on their left.
fn told(graph: &HalfEdges, edges: &[Border], cycle: &[u32]) -> Option<usize> {
    let mut lengths: BTreeMap<usize, f64> = BTreeMap::new();
    for half in cycle {
        if let Some(sides) = edges[(half / 2) as usize].sides {
            *lengths.entry(sides[(half % 2) as usize]).or_insert(0.0) += graph.length(*half);
        }
    }
    lengths.into_iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))).map(|(owner, _)| owner)
}

/// A cycle that passes a point twice is taken apart there. Rings with a place beside them, inside the face.
fn simple_rings(graph: &HalfEdges, cycle: &[u32]) -> Vec<(Vec<GridPoint>, Coord)> {
    let mut rings = Vec::new();
    let mut open: Vec<u32> = Vec::new();
    let mut place_of: HashMap<u32, usize> = HashMap::new();
    for half in cycle {
        let start = graph.from[*half as usize];
        if let Some(&place) = place_of.get(&start) {
            let loop_: Vec<u32> = open.drain(place..).collect();
            for half in &loop_ {
                place_of.remove(&graph.from[*half as usize]);
            }
            rings.push(loop_);
        }
        place_of.insert(start, open.len());
        open.push(*half);
    }
    rings.push(open);
    let corners = |ring: &[u32]| ring.iter().map(|half| graph.start(*half)).collect();
    rings.iter().filter(|ring| ring.len() > 2).map(|ring| (corners(ring), graph.inside(ring))).collect()
}

/// Shells with the holes that lie in them.
fn nested(rings: Vec<(Vec<GridPoint>, Coord)>) -> Vec<GridPolygon> {
    let (shells, holes): (Vec<_>, Vec<_>) = rings.into_iter().partition(|(ring, _)| is_counter_clockwise(ring));
    let mut polygons: Vec<GridPolygon> = shells.into_iter().map(|(ring, _)| vec![ring]).collect();
    let areas: Vec<i128> = polygons.iter().map(|polygon| doubled_area(&polygon[0])).collect();
    for (hole, beside) in holes {
        let around =
            (0..polygons.len()).filter(|shell| holds(&polygons[*shell][0], beside)).min_by_key(|shell| areas[*shell]);
        if let Some(shell) = around {
            polygons[shell].push(hole);
        }
    }
    polygons
}

fn doubled_area(ring: &[GridPoint]) -> i128 {
    (0..ring.len())
        .map(|at| {
            let ((ax, ay), (bx, by)) = (ring[at], ring[(at + 1) % ring.len()]);
            i128::from(ax) * i128::from(by) - i128::from(bx) * i128::from(ay)
        })
        .sum()
}

fn holds(ring: &[GridPoint], at: Coord) -> bool {
    let mut inside = false;
    for place in 0..ring.len() {
        let (a, b) = (ring[place], ring[(place + 1) % ring.len()]);
        let (ax, ay, bx, by) = (a.0 as f64, a.1 as f64, b.0 as f64, b.1 as f64);
        if (ay > at.y) != (by > at.y) && at.x < ax + (at.y - ay) / (by - ay) * (bx - ax) {
            inside = !inside;
        }
    }
    inside
}
