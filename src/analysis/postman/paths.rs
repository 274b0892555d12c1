//! Shortest ways over streets from some junctions to all others, in whole millimetres.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::analysis::postman::{PER_METRE, Street};

pub(super) fn millimetres(metres: f64) -> u64 {
    (metres * PER_METRE).round() as u64
}

/// Streets by the junctions where they end.
pub(super) struct Links {
    first: Vec<usize>,
    /// Street, the other end, millimetres.
    links: Vec<(u32, u32, u64)>,
}

impl Links {
    pub fn new(streets: &[Street]) -> Self {
        let junctions = streets.iter().flat_map(|street| street.ends).max().map_or(0, |last| last as usize + 1);
        let mut first = vec![0; junctions + 1];
        let both = || {
            streets.iter().enumerate().flat_map(|(at, street)| {
                let [a, b] = street.ends;
                [(a, b), (b, a)].map(|(from, to)| (from, (at as u32, to, millimetres(street.metres))))
            })
        };
        both().for_each(|(from, _)| first[from as usize + 1] += 1);
        for at in 0..junctions {
            first[at + 1] += first[at];
        }
        let mut place = first.clone();
        let mut links = vec![(0, 0, 0); first[junctions]];
        for (from, link) in both() {
            links[place[from as usize]] = link;
            place[from as usize] += 1;
        }
        Self { first, links }
    }

    pub fn junctions(&self) -> usize {
        self.first.len() - 1
    }

    fn at(&self, junction: u32) -> &[(u32, u32, u64)] {
        &self.links[self.first[junction as usize]..self.first[junction as usize + 1]]
    }
}

/// The shortest ways from a set of junctions.
pub(super) struct Paths {
    millimetres: Vec<u64>,
    /// The street by which a junction is reached, and the junction before.
    by: Vec<Option<(u32, u32)>>,
}

impl Paths {
    /// Dijkstra's algorithm.
    pub fn from(links: &Links, sources: &[u32]) -> Self {
        let mut paths = Self { millimetres: vec![u64::MAX; links.junctions()], by: vec![None; links.junctions()] };
        let mut queue = BinaryHeap::new();
        for source in sources {
            paths.millimetres[*source as usize] = 0;
            queue.push(Reverse((0, *source)));
        }
        while let Some(Reverse((distance, at))) = queue.pop() {
            if distance > paths.millimetres[at as usize] {
                continue;
            }
            for &(street, to, length) in links.at(at) {
                if distance + length < paths.millimetres[to as usize] {
                    paths.millimetres[to as usize] = distance + length;
                    paths.by[to as usize] = Some((street, at));
                    queue.push(Reverse((distance + length, to)));
                }
            }
        }
        paths
    }

    /// `u64::MAX` where no way leads.
    pub fn millimetres(&self, to: u32) -> u64 {
        self.millimetres[to as usize]
    }

    /// Streets of the way, from its end backwards.
    pub fn way_to(&self, to: u32) -> Vec<u32> {
        let mut way = Vec::new();
        let mut at = to;
        while let Some((street, before)) = self.by[at as usize] {
            way.push(street);
            at = before;
        }
        way
    }
}
