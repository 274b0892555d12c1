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
