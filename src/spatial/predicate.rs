//! Exact predicates on degrees.

use geo::Coord;
use geo::kernels::{Kernel, Orientation, RobustKernel};

/// On which side of the directed line `a -> b` a place lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Left,
    Right,
    Straight,
}

/// Exact for all finite input (Shewchuk's adaptive arithmetic).
pub fn turn(a: Coord, b: Coord, at: Coord) -> Turn {
    match <RobustKernel as Kernel<f64>>::orient2d(a, b, at) {
        Orientation::CounterClockwise => Turn::Left,
        Orientation::Clockwise => Turn::Right,
        Orientation::Collinear => Turn::Straight,
    }
}

/// Whether `at` lies in the box of the two ends, edges included.
pub fn between(a: Coord, b: Coord, at: Coord) -> bool {
    at.x >= a.x.min(b.x) && at.x <= a.x.max(b.x) && at.y >= a.y.min(b.y) && at.y <= a.y.max(b.y)
}

/// Whether the edges `a - b` and `c - d` share a point. Exact.
pub fn meet(a: Coord, b: Coord, c: Coord, d: Coord) -> bool {
    let apart = a.x.max(b.x) < c.x.min(d.x)
        || c.x.max(d.x) < a.x.min(b.x)
        || a.y.max(b.y) < c.y.min(d.y)
        || c.y.max(d.y) < a.y.min(b.y);
    if apart {
        return false;
    }
    let (first, second) = (turn(a, b, c), turn(a, b, d));
    let (third, fourth) = (turn(c, d, a), turn(c, d, b));
    let on = |side: Turn, p: Coord, q: Coord, at: Coord| side == Turn::Straight && between(p, q, at);
    (first != second && third != fourth)
        || on(first, a, b, c)
        || on(second, a, b, d)
        || on(third, c, d, a)
        || on(fourth, c, d, b)
}

/// How the edge `a -> b` counts in the crossing-number test of `at` (Hormann and Agathos, 2001).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crossing {
    /// The place lies on the edge.
    On,
    /// The ray from the place towards the east passes the edge.
    Yes,
    No,
}

pub fn crossing(a: Coord, b: Coord, at: Coord) -> Crossing {
    if at.y < a.y.min(b.y) || at.y > a.y.max(b.y) || at.x > a.x.max(b.x) {
        return Crossing::No;
    }
    let side = turn(a, b, at);
    if side == Turn::Straight && between(a, b, at) {
        return Crossing::On;
    }
    let passes = (a.y > at.y) != (b.y > at.y);
    let upward = b.y > a.y;
    if passes && ((side == Turn::Left) == upward) { Crossing::Yes } else { Crossing::No }
}
