//! Streets as a graph: junctions where ends meet, the pieces that hang together, and the network that is travelled.

mod pieces;
mod segments;
mod graph;
mod streets;

use std::collections::HashMap;

use geo::Coord;

use crate::spatial::geodesic::short_distance_m;
use crate::spatial::shape::GRID;

pub use graph::{Adjacency, Edge, Graph};
pub use pieces::{Pieces, pieces};
pub use streets::{Network, Section, Spot, UM};

/// Speed on foot, metres a second.
pub const WALK_M_S: f64 = 1.33;

/// Who travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Profile {
    Walk,
    Bicycle,
    Drive,
}

impl Profile {
    pub const ALL: [Self; 3] = [Self::Walk, Self::Bicycle, Self::Drive];

    pub fn name(self) -> &'static str {
        match self {
            Self::Walk => "walk",
            Self::Bicycle => "bicycle",
            Self::Drive => "drive",
        }
    }

    /// Speed of travel; none where the street says it.
    pub fn metres_per_second(self) -> Option<f64> {
        match self {
            Self::Walk => Some(WALK_M_S),
            Self::Bicycle => Some(4.2),
            Self::Drive => None,
        }
    }
}

/// In which directions of the line as drawn a street may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ways {
    pub forward: bool,
    pub backward: bool,
}

impl Ways {
    pub const NONE: Self = Self { forward: false, backward: false };
    pub const BOTH: Self = Self { forward: true, backward: true };

    pub fn any(self) -> bool {
        self.forward || self.backward
    }
}

/// A street between two junctions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Street {
    pub start: Coord,
    pub end: Coord,
    /// Names of the junctions, where two at the same place are known to be apart (a bridge drawn carelessly).
    pub nodes: [Option<i64>; 2],
    pub metres: f64,
    /// By [`Profile`], in the order of [`Profile::ALL`].
    pub ways: [Ways; 3],
}

impl Street {
    pub fn ways(&self, profile: Profile) -> Ways {
        self.ways[profile as usize]
    }
}

/// Numbers of the junctions at which each street starts and ends; and how many junctions there are.
///
/// Ends meet when they are the same place on the grid of 1e-7 degrees, unless all that end there are named and named
/// differently. Cost: two looks into a hash table an end.
pub fn junctions(streets: &[Street]) -> (Vec<[u32; 2]>, usize) {
    type Place = (i64, i64);
    let place = |at: Coord| -> Place { ((at.x * GRID).round() as i64, (at.y * GRID).round() as i64) };
    let ends_of = |street: &Street| [(place(street.start), street.nodes[0]), (place(street.end), street.nodes[1])];
    // Places where somebody ends who does not know of two junctions: there is one.
    let named: HashMap<Place, bool> = streets.iter().flat_map(ends_of).fold(HashMap::new(), |mut named, (at, node)| {
        *named.entry(at).or_insert(true) &= node.is_some();
        named
    });
    let mut known: HashMap<(Place, Option<i64>), u32> = HashMap::with_capacity(streets.len());
    let mut number = |(at, node): (Place, Option<i64>)| {
        let next = known.len() as u32;
        *known.entry((at, node.filter(|_| named[&at]))).or_insert(next)
    };
    let ends = streets.iter().map(|street| ends_of(street).map(&mut number)).collect();
    (ends, known.len())
}

/// Joins junctions that lie closer than `metres`, but for two that are known to be apart. Returns the ends with new
/// numbers, and how many junctions there are then.
///
/// Cost: sorting, and a look at the neighbours by longitude.
fn join_near(streets: &[Street], ends: Vec<[u32; 2]>, count: usize, metres: f64) -> (Vec<[u32; 2]>, usize) {
    if metres <= 0.0 || count == 0 {
        return (ends, count);
    }
    let mut at: Vec<(Coord, bool, u32)> = vec![(Coord::default(), false, u32::MAX); count];
    for (street, [start, end]) in streets.iter().zip(&ends) {
        at[*start as usize] = (street.start, street.nodes[0].is_some(), *start);
        at[*end as usize] = (street.end, street.nodes[1].is_some(), *end);
    }
    at.sort_by(|a, b| a.0.x.total_cmp(&b.0.x));
    let mut parent: Vec<u32> = (0..count as u32).collect();
    for (place, (here, named, number)) in at.iter().enumerate() {
        // Wide enough for every latitude below 89 degrees.
        let reach = metres / 110_000.0 / here.y.to_radians().cos().max(0.017);
        for (there, other_named, other) in at[place + 1..].iter().take_while(|(there, ..)| there.x - here.x <= reach) {
            if !(*named && *other_named) && short_distance_m(*here, *there) < metres {
                let (a, b) = (pieces::root(&mut parent, *number), pieces::root(&mut parent, *other));
                parent[a.max(b) as usize] = a.min(b);
            }
        }
    }
    let mut numbers = vec![u32::MAX; count];
    let mut joined = 0;
    let mut number = |junction: u32| {
        let root = pieces::root(&mut parent, junction) as usize;
        if numbers[root] == u32::MAX {
            numbers[root] = joined;
            joined += 1;
        }
        numbers[root]
    };
    let ends = ends.into_iter().map(|[start, end]| [number(start), number(end)]).collect();
    (ends, joined as usize)
}
