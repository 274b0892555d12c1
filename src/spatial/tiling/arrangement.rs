//! Edges on the grid, cut where they meet, so that they share nothing but ends: snap rounding.
//!
//! Every end and every crossing, rounded to the grid, is a hot pixel, and an edge that passes one is bent through its
//! middle (Hobby 1999; Guibas and Marimont 1998). Exact whole numbers.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use crate::spatial::simple::GridPoint;

pub(super) type GridEdge = (GridPoint, GridPoint);

/// An edge, and who is known to be on its left and its right; of an edge of the area nothing is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Border {
    pub ends: GridEdge,
    pub sides: Option<[usize; 2]>,
}

/// Rounds that an edge may be bent anew; two are enough unless edges lie within a step of each other.
const ROUNDS: usize = 8;

/// The edges, each once, with the lower end first, sharing nothing but ends.
pub(super) fn noded(edges: Vec<Border>) -> Vec<Border> {
    let mut edges = unique(edges);
    for _ in 0..ROUNDS {
        let next = bent(&edges);
        if next == edges {
            break;
        }
        edges = next;
    }
    edges
}

fn unique(edges: impl IntoIterator<Item = Border>) -> Vec<Border> {
    let mut unique: BTreeMap<GridEdge, Option<[usize; 2]>> = BTreeMap::new();
    for Border { ends: (a, b), sides } in edges {
        let (ends, sides) = match a.cmp(&b) {
            Ordering::Less => ((a, b), sides),
            Ordering::Greater => ((b, a), sides.map(|[left, right]| [right, left])),
            Ordering::Equal => continue,
        };
        let known = unique.entry(ends).or_insert(sides);
        *known = known.or(sides);
    }
    unique.into_iter().map(|(ends, sides)| Border { ends, sides }).collect()
}

fn corner((x, y): GridPoint) -> [f64; 2] {
    [x as f64, y as f64]
}

fn bent(edges: &[Border]) -> Vec<Border> {
    let envelope = |(a, b): GridEdge| AABB::from_corners(corner(a), corner(b));
    let boxes =
        edges.iter().enumerate().map(|(at, edge)| GeomWithData::new(Rectangle::from_aabb(envelope(edge.ends)), at));
    let tree = RTree::bulk_load(boxes.collect());
    let mut hot: BTreeSet<GridPoint> = edges.iter().flat_map(|edge| [edge.ends.0, edge.ends.1]).collect();
    for (at, edge) in edges.iter().enumerate() {
        for other in tree.locate_in_envelope_intersecting(envelope(edge.ends)) {
            if other.data > at {
                hot.extend(crossing(edge.ends, edges[other.data].ends));
            }
        }
    }
    let pixels = RTree::bulk_load(hot.iter().map(|at| GeomWithData::new(corner(*at), *at)).collect::<Vec<_>>());
    unique(edges.iter().flat_map(|edge| {
        let mut passed: Vec<GridPoint> = pixels
            .locate_in_envelope(envelope(edge.ends))
            .map(|pixel| pixel.data)
            .filter(|pixel| passes(edge.ends, *pixel))
            .collect();
        passed.sort_by_key(|at| (dot(edge.ends.0, edge.ends.1, *at), *at));
        let part = |ends: &[GridPoint]| Border { ends: (ends[0], ends[1]), sides: edge.sides };
        passed.windows(2).map(part).collect::<Vec<_>>()
    }))
}

fn cross(a: GridPoint, b: GridPoint, c: GridPoint) -> i128 {
    i128::from(b.0 - a.0) * i128::from(c.1 - a.1) - i128::from(b.1 - a.1) * i128::from(c.0 - a.0)
}

fn dot(a: GridPoint, b: GridPoint, c: GridPoint) -> i128 {
    i128::from(b.0 - a.0) * i128::from(c.0 - a.0) + i128::from(b.1 - a.1) * i128::from(c.1 - a.1)
}

/// Whether an edge passes the square of one step round a pixel in its box.
fn passes((a, b): GridEdge, pixel: GridPoint) -> bool {
    let width = i128::from((b.0 - a.0).abs()) + i128::from((b.1 - a.1).abs());
    2 * cross(a, b, pixel).abs() <= width
}

/// The point, rounded, where two edges cross inside both.
fn crossing((a, b): GridEdge, (c, d): GridEdge) -> Option<GridPoint> {
    let (at_c, at_d) = (cross(a, b, c), cross(a, b, d));
    let (at_a, at_b) = (cross(c, d, a), cross(c, d, b));
    let opposite = |one: i128, other: i128| (one < 0 && other > 0) || (one > 0 && other < 0);
    if !opposite(at_c, at_d) || !opposite(at_a, at_b) {
        return None;
    }
    let whole = at_a - at_b;
    let step = |from: i64, to: i64| {
        let part = i128::from(to - from) * at_a;
        // Rounded to the nearest, halves away from the start.
        let doubled = 2 * part + if (part < 0) == (whole < 0) { whole } else { -whole };
        from + (doubled / (2 * whole)) as i64
    };
    Some((step(a.0, b.0), step(a.1, b.1)))
}
