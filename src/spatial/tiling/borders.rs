//! Borders between owners: edges of the Voronoi diagram of places along their lines, straightened.

use std::collections::{BTreeMap, HashMap};

use geo::{Coord, LineString, Simplify};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, PointDistance, RTree};
use spade::{DelaunayTriangulation, HasPosition, Point2, Triangulation};

use crate::spatial::foot::plane_at;
use crate::spatial::shape::GRID;
use crate::spatial::simple::GridPoint;
use crate::spatial::tiling::Owned;
use crate::spatial::tiling::arrangement::Border;

/// Between places along a line, metres.
const SPACING_M: f64 = 6.0;
/// Between places along a line that has no line of another owner near.
const WIDE_SPACING_M: f64 = 30.0;
/// Lines whose boxes are this near are near; well over half the wide spacing, so that nobody's line is cut off.
const NEAR_M: f64 = 60.0;
/// How far a border may be moved to straighten it, metres.
const STRAIGHTENED_M: f64 = 2.0;
/// How far around the area borders are looked at, metres.
const MARGIN_M: f64 = 500.0;

/// A plane in metres around the middle of an area.
pub(super) struct Frame {
    origin: GridPoint,
    /// Metres in a step of the grid.
    scale: (f64, f64),
    low: Point2<f64>,
    high: Point2<f64>,
}

impl Frame {
    pub fn around(points: impl Iterator<Item = GridPoint>) -> Option<Self> {
        let (low, high) = points.fold(None, |bounds: Option<(GridPoint, GridPoint)>, (x, y)| {
            let (low, high) = bounds.unwrap_or(((x, y), (x, y)));
            Some(((low.0.min(x), low.1.min(y)), (high.0.max(x), high.1.max(y))))
        })?;
        let origin = (i64::midpoint(low.0, high.0), i64::midpoint(low.1, high.1));
        let (east, north) = plane_at(origin.1 as f64 / GRID);
        let mut frame = Self {
            origin,
            scale: (east / GRID, north / GRID),
            low: Point2::new(0.0, 0.0),
            high: Point2::new(0.0, 0.0),
        };
        let (low, high) = (frame.plane(low), frame.plane(high));
        frame.low = Point2::new(low.x - MARGIN_M, low.y - MARGIN_M);
        frame.high = Point2::new(high.x + MARGIN_M, high.y + MARGIN_M);
        Some(frame)
    }

    fn plane(&self, (x, y): GridPoint) -> Point2<f64> {
        Point2::new((x - self.origin.0) as f64 * self.scale.0, (y - self.origin.1) as f64 * self.scale.1)
    }

    fn grid(&self, at: Coord) -> GridPoint {
        let step = |metres: f64, scale: f64| (metres / scale).round() as i64;
        (self.origin.0 + step(at.x, self.scale.0), self.origin.1 + step(at.y, self.scale.1))
    }

    fn of_degrees(&self, at: Coord) -> Point2<f64> {
        let (x, y) = (at.x * GRID - self.origin.0 as f64, at.y * GRID - self.origin.1 as f64);
        Point2::new(x * self.scale.0, y * self.scale.1)
    }

    /// The part of an edge inside the frame (Liang and Barsky 1984).
    fn clip(&self, a: Point2<f64>, b: Point2<f64>) -> Option<[Coord; 2]> {
        let (dx, dy) = (b.x - a.x, b.y - a.y);
        let (mut from, mut to) = (0.0_f64, 1.0_f64);
        for (towards, room) in
            [(-dx, a.x - self.low.x), (dx, self.high.x - a.x), (-dy, a.y - self.low.y), (dy, self.high.y - a.y)]
        {
            if towards == 0.0 {
                if room < 0.0 {
                    return None;
                }
            } else if towards < 0.0 {
                from = from.max(room / towards);
            } else {
                to = to.min(room / towards);
            }
        }
        let at = |share: f64| {
            // Ends stay as they are to the bit: other edges end there, too.
            if share <= 0.0 {
                Coord { x: a.x, y: a.y }
            } else if share >= 1.0 {
                Coord { x: b.x, y: b.y }
            } else {
                Coord { x: a.x + share * dx, y: a.y + share * dy }
            }
        };
        (from <= to).then(|| [at(from), at(to)])
    }
}

/// A place along somebody's line.
#[derive(Clone, Copy)]
pub(super) struct Place {
    at: Point2<f64>,
    /// None far outside, where the diagram is closed off.
    owner: Option<usize>,
}

impl HasPosition for Place {
    type Scalar = f64;

    fn position(&self) -> Point2<f64> {
        self.at
    }
}

/// Places along the lines, the ends left out since others share them. One place belongs to one owner, the lowest.
pub(super) fn places(lines: &[Owned<'_>], frame: &Frame) -> Vec<Place> {
    let drawn: Vec<Vec<Point2<f64>>> =
        lines.iter().map(|owned| owned.line.0.iter().map(|at| frame.of_degrees(*at)).collect()).collect();
    let mut owner_at: BTreeMap<(u64, u64), Place> = BTreeMap::new();
    for ((owned, corners), is_near) in lines.iter().zip(&drawn).zip(near_others(lines, &drawn)) {
        for at in along(corners, if is_near { SPACING_M } else { WIDE_SPACING_M }) {
            let known =
                owner_at.entry((at.x.to_bits(), at.y.to_bits())).or_insert(Place { at, owner: Some(owned.owner) });
            known.owner = known.owner.min(Some(owned.owner));
        }
    }
    owner_at.into_values().collect()
}

/// Whether each line has one of another owner near. Only there a border has to be exact.
fn near_others(lines: &[Owned<'_>], drawn: &[Vec<Point2<f64>>]) -> Vec<bool> {
    let envelope = |corners: &[Point2<f64>], grown: f64| {
        let box_ = AABB::from_points(corners.iter().map(|at| [at.x, at.y]).collect::<Vec<_>>().iter());
        let ([west, south], [east, north]) = (box_.lower(), box_.upper());
        AABB::from_corners([west - grown, south - grown], [east + grown, north + grown])
    };
    let entries = drawn
        .iter()
        .zip(lines)
        .map(|(corners, owned)| GeomWithData::new(Rectangle::from_aabb(envelope(corners, 0.0)), owned.owner));
    let tree = RTree::bulk_load(entries.collect());
    let near = |(corners, owned): (&Vec<Point2<f64>>, &Owned<'_>)| {
        tree.locate_in_envelope_intersecting(envelope(corners, NEAR_M)).any(|other| other.data != owned.owner)
    };
    drawn.iter().zip(lines).map(near).collect()
}

/// Places in the middles of equal stretches of a line.
fn along(corners: &[Point2<f64>], spacing: f64) -> Vec<Point2<f64>> {
    let pieces: Vec<f64> =
        corners.windows(2).map(|ends| (ends[1].x - ends[0].x).hypot(ends[1].y - ends[0].y)).collect();
    let total: f64 = pieces.iter().sum();
    let count = (total / spacing).ceil().max(1.0);
    let (mut piece, mut before) = (0, 0.0);
    let mut places = Vec::with_capacity(count as usize);
    for at in 0..count as usize {
        let metres = (at as f64 + 0.5) * total / count;
        while piece + 1 < pieces.len() && before + pieces[piece] < metres {
            before += pieces[piece];
            piece += 1;
        }
        let share = if pieces[piece] > 0.0 { ((metres - before) / pieces[piece]).clamp(0.0, 1.0) } else { 0.0 };
        let (a, b) = (corners[piece], corners[piece + 1]);
        places.push(Point2::new(a.x + share * (b.x - a.x), a.y + share * (b.y - a.y)));
    }
    places
}

/// A piece of a border, and whose the places on its left and right are.
struct Piece {
    ends: [Coord; 2],
    sides: [usize; 2],
}

/// Edges of the borders, on the grid.
pub(super) fn between(places: &[Place], frame: &Frame) -> Vec<Border> {
    let mut all = places.to_vec();
    // So far out that their cells end outside the frame.
    let reach = 20.0 * (frame.high.x - frame.low.x).max(frame.high.y - frame.low.y);
    for (x, y) in [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)] {
        all.push(Place { at: Point2::new(x * reach, y * reach), owner: None });
    }
    let Ok(diagram) = DelaunayTriangulation::<Place>::bulk_load(all) else { return Vec::new() };
    let mut pieces = Vec::new();
    for edge in diagram.directed_edges().filter(|edge| edge.from().index() < edge.to().index()) {
        let (Some(right), Some(left)) = (edge.from().data().owner, edge.to().data().owner) else { continue };
        if let (true, Some(before), Some(behind)) =
            (left != right, edge.face().as_inner(), edge.rev().face().as_inner())
            && let Some(ends) = frame.clip(before.circumcenter(), behind.circumcenter())
        {
            pieces.push(Piece { ends, sides: [left, right] });
        }
    }
    chains(&pieces).into_iter().flat_map(|(chain, sides)| straightened(chain, sides, frame)).collect()
}

/// Pieces joined where exactly two of them meet; those separate the same two.
fn chains(pieces: &[Piece]) -> Vec<(Vec<Coord>, [usize; 2])> {
    let key = |at: Coord| (at.x.to_bits(), at.y.to_bits());
    let mut meeting: HashMap<(u64, u64), Vec<usize>> = HashMap::new();
    for (at, piece) in pieces.iter().enumerate() {
        piece.ends.iter().for_each(|end| meeting.entry(key(*end)).or_default().push(at));
    }
    let mut used = vec![false; pieces.len()];
    let mut follow = |first: usize, from: Coord| {
        let forward = pieces[first].ends[0] == from;
        let [left, right] = pieces[first].sides;
        let sides = if forward { [left, right] } else { [right, left] };
        let mut chain = vec![from];
        let mut piece = first;
        while !std::mem::replace(&mut used[piece], true) {
            let [a, b] = pieces[piece].ends;
            let next = if chain.last() == Some(&a) { b } else { a };
            chain.push(next);
            match meeting.get(&key(next)).map(Vec::as_slice) {
                Some(&[one, other]) => piece = if one == piece { other } else { one },
                _ => break,
            }
        }
        (chain.len() > 1).then_some((chain, sides))
    };
    let mut chains = Vec::new();
    // From the ends and forks first, what is left are closed loops.
    for only_forks in [true, false] {
        for (at, piece) in pieces.iter().enumerate() {
            for from in piece.ends {
                let is_fork = meeting.get(&key(from)).is_none_or(|meeting| meeting.len() != 2);
                if is_fork || !only_forks {
                    chains.extend(follow(at, from));
                }
            }
        }
    }
    chains
}

fn straightened(chain: Vec<Coord>, sides: [usize; 2], frame: &Frame) -> Vec<Border> {
    let is_loop = chain.first() == chain.last();
    let line = if is_loop { LineString(chain) } else { LineString(chain).simplify(STRAIGHTENED_M) };
    let corners: Vec<GridPoint> = line.0.into_iter().map(|at| frame.grid(at)).collect();
    corners.windows(2).map(|ends| Border { ends: (ends[0], ends[1]), sides: Some(sides) }).collect()
}

/// Whose place is nearest.
pub(super) struct Owners {
    tree: RTree<GeomWithData<[f64; 2], usize>>,
    origin: GridPoint,
    scale: (f64, f64),
}

impl Owners {
    pub fn new(places: Vec<Place>, frame: &Frame) -> Self {
        let entries = places
            .into_iter()
            .filter_map(|place| Some(GeomWithData::new([place.at.x, place.at.y], place.owner?)))
            .collect();
        Self { tree: RTree::bulk_load(entries), origin: frame.origin, scale: frame.scale }
    }

    /// `at` in steps of the grid; ties go to the lowest owner.
    pub fn nearest(&self, at: Coord) -> Option<usize> {
        let here = [(at.x - self.origin.0 as f64) * self.scale.0, (at.y - self.origin.1 as f64) * self.scale.1];
        let mut nearest = self.tree.nearest_neighbor_iter(here);
        let first = nearest.next()?;
        let metres = first.distance_2(&here);
        let ties = nearest.take_while(|other| other.distance_2(&here) <= metres);
        Some(ties.map(|other| other.data).fold(first.data, usize::min))
    }
}
