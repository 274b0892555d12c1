//! The streets of one profile: edges by junction in flat arrays, and the tree that finds where a place meets them.
//!
//! Only the largest piece is travelled: on foot connected, else strongly connected. The rest are islands, known so
//! that an answer can say that a place lies on one.

use crate::spatial::network::segments::{Segment, Segments};
use crate::spatial::network::{Network, Profile, Ways, pieces};

/// One direction of a street, as an edge of the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// Junction at the other end.
    pub to: u32,
    /// Section twice, plus one when it is travelled against the line as drawn.
    way: u32,
    /// Micrometres.
    pub um: u64,
    /// Milliseconds.
    pub ms: u64,
}

impl Edge {
    pub fn section(self) -> usize {
        (self.way >> 1) as usize
    }

    pub fn backward(self) -> bool {
        self.way & 1 == 1
    }
}

/// Edges by the junction at which they start.
#[derive(Debug, Default)]
pub struct Adjacency {
    first: Vec<u32>,
    edges: Vec<Edge>,
}

impl Adjacency {
    fn new(junctions: usize, edges: &[(u32, Edge)]) -> Self {
        let mut first = vec![0_u32; junctions + 1];
        edges.iter().for_each(|(from, _)| first[*from as usize + 1] += 1);
        for junction in 0..junctions {
            first[junction + 1] += first[junction];
        }
        let mut place = first.clone();
        let mut sorted = vec![Edge { to: 0, way: 0, um: 0, ms: 0 }; edges.len()];
        for (from, edge) in edges {
            sorted[place[*from as usize] as usize] = *edge;
            place[*from as usize] += 1;
        }
        Self { first, edges: sorted }
    }

    pub fn of(&self, junction: u32) -> &[Edge] {
        let at = junction as usize;
        &self.edges[self.first[at] as usize..self.first[at + 1] as usize]
    }
}

/// What one profile may use.
#[derive(Debug)]
pub struct Graph {
    pub profile: Profile,
    /// Edges that leave a junction.
    pub leaving: Adjacency,
    /// The same edges by their far end, turned round: `to` is where they come from.
    pub arriving: Adjacency,
    /// By section: the directions that may be travelled inside the largest piece.
    pub ways: Vec<Ways>,
    /// Pieces beside the largest, and metres of both.
    pub islands: usize,
    pub largest_m: f64,
    pub islands_m: f64,
    pub(super) streets: Segments,
    pub(super) elsewhere: Segments,
}

impl Graph {
    pub(super) fn new(network: &Network, profile: Profile) -> Self {
        let found = pieces::of_junctions(network, profile);
        let sections = network.len();
        let mut ways = vec![Ways::NONE; sections];
        let (mut leaving, mut arriving) = (Vec::new(), Vec::new());
        let (mut streets, mut elsewhere) = (Vec::new(), Vec::new());
        for (section, own) in ways.iter_mut().enumerate() {
            let usable = network.ways(section, profile);
            if !usable.any() {
                continue;
            }
            let inside = found.piece_of[section] == Some(0);
            collect(network, section, if inside { &mut streets } else { &mut elsewhere });
            if !inside {
                continue;
            }
            *own = usable;
            let [start, end] = network.ends(section);
            let (um, ms) = (network.length_um(section), network.time_ms(section, profile));
            let way = (section as u32) << 1;
            if usable.forward {
                leaving.push((start, Edge { to: end, way, um, ms }));
                arriving.push((end, Edge { to: start, way, um, ms }));
            }
            if usable.backward {
                leaving.push((end, Edge { to: start, way: way | 1, um, ms }));
                arriving.push((start, Edge { to: end, way: way | 1, um, ms }));
            }
        }
        Self {
            profile,
            leaving: Adjacency::new(network.junctions(), &leaving),
            arriving: Adjacency::new(network.junctions(), &arriving),
            ways,
            islands: found.islands(),
            largest_m: found.largest_m(),
            // Nothing adds up to minus zero.
            islands_m: found.lengths.iter().skip(1).sum::<f64>().abs(),
            streets: Segments::new(streets),
            elsewhere: Segments::new(elsewhere),
        }
    }

    /// Whether there is no street at all.
    pub fn is_empty(&self) -> bool {
        self.streets.is_empty()
    }
}

fn collect(network: &Network, section: usize, into: &mut Vec<Segment>) {
    for (piece, pair) in network.line(section).windows(2).enumerate() {
        into.push(Segment { start: pair[0], end: pair[1], line: section as u32, piece: piece as u32 });
    }
}
