//! Streets as a graph: junctions where ends meet, and the pieces that hang together.

mod pieces;

use std::collections::HashMap;

use geo::Coord;

use crate::spatial::shape::GRID;

pub use pieces::{Pieces, pieces};

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
