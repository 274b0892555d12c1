//! Which piece of many lines lies nearest to a place: a packed tree over all their pieces, built once.
//!
//! It knows pieces, not who may use them.

use geo::Coord;

use crate::spatial::foot::{plane_at, sphere_at};
use crate::spatial::hilbert;
use crate::spatial::shape::Envelope;

/// Children of a node.
const FANOUT: usize = 8;
/// Pieces whose distances differ by less are equally near, metres.
const TIE_M: f64 = 1e-9;

/// A straight piece of a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment {
    pub start: Coord,
    pub end: Coord,
    /// Number of the line, and of the piece in it.
    pub line: u32,
    pub piece: u32,
}

impl Segment {
    /// The share of the piece before the foot of `from`, and the metres to it, in the plane of so many metres in a degree
    /// of longitude and of latitude.
    fn foot(&self, from: Coord, scale: (f64, f64)) -> (f64, f64) {
        let flat = |at: Coord| ((at.x - from.x) * scale.0, (at.y - from.y) * scale.1);
        let ((ax, ay), (bx, by)) = (flat(self.start), flat(self.end));
        let (dx, dy) = (bx - ax, by - ay);
        let squared = dx * dx + dy * dy;
        let share = if squared > 0.0 { (-(ax * dx + ay * dy) / squared).clamp(0.0, 1.0) } else { 0.0 };
        let (x, y) = (ax + share * dx, ay + share * dy);
        (share, (x * x + y * y).sqrt())
    }

    fn place(&self, share: f64) -> Coord {
        let (a, b) = (self.start, self.end);
        match share {
            share if share <= 0.0 => a,
            share if share >= 1.0 => b,
            share => Coord { x: a.x + share * (b.x - a.x), y: a.y + share * (b.y - a.y) },
        }
    }
}

/// Where a place meets the nearest piece.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    pub line: u32,
    pub piece: u32,
    /// How much of the piece lies before the foot, 0 to 1.
    pub share: f64,
    /// Metres in the plane in which pieces are compared.
    pub plane_m: f64,
    pub at: Coord,
}

/// All pieces, in Hilbert order, under a tree of boxes (Kamel and Faloutsos 1993).
#[derive(Debug, Default)]
pub struct Segments {
    pieces: Vec<Segment>,
    /// Boxes of the groups of eight, from the pieces up.
    levels: Vec<Vec<Envelope>>,
}

impl Segments {
    /// Cost: n log n.
    pub fn new(mut pieces: Vec<Segment>) -> Self {
        let middle = |piece: &Segment| Coord {
            x: f64::midpoint(piece.start.x, piece.end.x),
            y: f64::midpoint(piece.start.y, piece.end.y),
        };
        pieces.sort_by_cached_key(|piece| (hilbert::key(middle(piece)), piece.line, piece.piece));
        let envelope = |group: &[Segment]| {
            let mut envelope = Envelope::EMPTY;
            for piece in group {
                envelope.include(piece.start);
                envelope.include(piece.end);
            }
            envelope
        };
        let mut levels: Vec<Vec<Envelope>> = vec![pieces.chunks(FANOUT).map(envelope).collect()];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            let union = |group: &[Envelope]| group.iter().fold(Envelope::EMPTY, |all, one| all.union(*one));
            let above = below.chunks(FANOUT).map(union).collect();
            levels.push(above);
        }
        Self { pieces, levels }
    }

    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The nearest piece as on a sphere, the ground on which the definition of the nearest parking point stands and most
    /// other programs too: on the ellipsoid another piece can be the nearer one by 0.7 % at most. The foot on it is the
    /// nearest place of the ellipsoid's tangent plane. Ties go to the lowest line and its first piece. None when all
    /// lie farther than `within_m`. Pieces beyond the antimeridian are as near as they are.
    pub fn nearest(&self, from: Coord, within_m: f64) -> Option<Hit> {
        let (scale, plane) = (sphere_at(from.y), plane_at(from.y));
        let mut search = Search { tree: self, from, scale, plane, best: None, within_m };
        for turn in [0.0, 360.0, -360.0] {
            search.from.x = from.x + turn;
            if let Some(top) = self.levels.last().and_then(|level| level.first())
                && search.box_m(top) <= search.limit()
            {
                search.descend(self.levels.len() - 1, 0);
            }
        }
        search.best
    }
}

struct Search<'a> {
    tree: &'a Segments,
    from: Coord,
    /// Where pieces are compared, and where the foot is found.
    scale: (f64, f64),
    plane: (f64, f64),
    best: Option<Hit>,
    within_m: f64,
}

impl Search<'_> {
    fn limit(&self) -> f64 {
        self.best.map_or(self.within_m, |best| best.plane_m + TIE_M)
    }

    fn box_m(&self, envelope: &Envelope) -> f64 {
        let x = (envelope.west - self.from.x).max(self.from.x - envelope.east).max(0.0) * self.scale.0;
        let y = (envelope.south - self.from.y).max(self.from.y - envelope.north).max(0.0) * self.scale.1;
        // A hair less: rounding must not hide a tie.
        (x * x + y * y).sqrt() * (1.0 - 1e-12)
    }

    fn descend(&mut self, level: usize, node: usize) {
        let first = node * FANOUT;
        if level == 0 {
            let last = (first + FANOUT).min(self.tree.pieces.len());
            for at in first..last {
                self.look(at);
            }
            return;
        }
        let below = &self.tree.levels[level - 1];
        let mut order = [(f64::INFINITY, 0_usize); FANOUT];
        let count = (below.len() - first).min(FANOUT);
        for (place, slot) in order.iter_mut().enumerate().take(count) {
            *slot = (self.box_m(&below[first + place]), first + place);
        }
        let order = &mut order[..count];
        order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        for &mut (metres, child) in order {
            if metres > self.limit() {
                break;
            }
            self.descend(level - 1, child);
        }
    }

    fn look(&mut self, at: usize) {
        let piece = &self.tree.pieces[at];
        let (_, plane_m) = piece.foot(self.from, self.scale);
        let better = match self.best {
            None => plane_m <= self.within_m,
            Some(best) if plane_m < best.plane_m - TIE_M => true,
            Some(best) => plane_m <= best.plane_m + TIE_M && (piece.line, piece.piece) < (best.line, best.piece),
        };
        if better {
            let (share, _) = piece.foot(self.from, self.plane);
            let at = piece.place(share);
            self.best = Some(Hit { line: piece.line, piece: piece.piece, share, plane_m, at });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_is_near_to_nothing_and_the_antimeridian_is_no_wall() {
        let from = Coord { x: -179.999, y: 10.0 };
        assert_eq!(Segments::new(Vec::new()).nearest(from, 1e6), None);
        let (start, end) = (Coord { x: 179.99, y: 10.0 }, Coord { x: 179.9995, y: 10.0 });
        let found = Segments::new(vec![Segment { start, end, line: 0, piece: 0 }]).nearest(from, 1e6).unwrap();
        assert!((found.plane_m - 164.4).abs() < 1.0 && found.at == end, "{found:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_equals_looking_at_every_piece(
            drawn in prop::collection::vec((0..60_i32, 0..60_i32, -6..6_i32, -6..6_i32), 0..200),
            x in -5..65_i32, y in -5..65_i32,
        ) {
            let at = |x: i32, y: i32| Coord { x: 105.0 + f64::from(x) * 1e-3, y: 34.0 + f64::from(y) * 1e-3 };
            let piece = |(line, (x, y, dx, dy)): (usize, &(i32, i32, i32, i32))| Segment {
                start: at(*x, *y), end: at(x + dx, y + dy), line: line as u32, piece: 0,
            };
            let pieces: Vec<Segment> = drawn.iter().enumerate().map(piece).collect();
            let from = at(x, y);
            let alone = |piece: &Segment| Segments::new(vec![*piece]).nearest(from, f64::INFINITY).unwrap();
            let hits: Vec<Hit> = pieces.iter().map(alone).collect();
            let least = hits.iter().map(|hit| hit.plane_m).fold(f64::INFINITY, f64::min);
            let found = Segments::new(pieces).nearest(from, f64::INFINITY);
            prop_assert_eq!(found.is_some(), !hits.is_empty());
            prop_assert!(found.is_none_or(|hit| hit.plane_m <= least + 2.0 * TIE_M));
            // Rounding may leave some neither clearly equal nor clearly farther: then either is right.
            let is_clear = |hit: &Hit| hit.plane_m <= least + TIE_M / 2.0 || hit.plane_m > least + 3.0 * TIE_M;
            if hits.iter().all(is_clear) {
                let wanted = hits.iter().find(|hit| hit.plane_m <= least + TIE_M / 2.0);
                prop_assert_eq!(found.map(|hit| hit.line), wanted.map(|hit| hit.line));
            }
        }
    }
}
