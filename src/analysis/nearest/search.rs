//! Dijkstra's search from one place, as far as a question needs it (Dijkstra 1959, with a binary heap).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::analysis::nearest::tables::share_ms;
use crate::analysis::nearest::targets::Targets;
use crate::analysis::nearest::{Near, best};
use crate::spatial::network::{Edge, Graph, Network, Profile, Spot};

/// What is kept short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    Metres,
    Time,
}

impl Weight {
    /// The weight that counts, and the other one.
    pub(super) fn of(self, um: u64, ms: u64) -> (u64, u64) {
        match self {
            Self::Metres => (um, ms),
            Self::Time => (ms, um),
        }
    }
}

/// How a junction was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// From the spot, along its own section.
    Spot,
    /// From another junction.
    Edge(u32, Edge),
}

/// Reached junctions of one search. Reused for the next one without being cleared.
pub struct Search<'a> {
    pub(super) network: &'a Network,
    pub(super) graph: &'a Graph,
    /// Number of the search in which a junction was last seen.
    round: u32,
    seen: Vec<u32>,
    settled: Vec<u32>,
    costs: Vec<(u64, u64)>,
    before: Vec<Before>,
    heap: BinaryHeap<Reverse<(u64, u64, u32)>>,
}

impl<'a> Search<'a> {
    pub fn new(network: &'a Network, profile: Profile) -> Self {
        let junctions = network.junctions();
        Self {
            network,
            graph: network.graph(profile),
            round: 0,
            seen: vec![0; junctions],
            settled: vec![0; junctions],
            costs: vec![(0, 0); junctions],
            before: vec![Before::Spot; junctions],
            heap: BinaryHeap::new(),
        }
    }

    /// Visits the junctions that are reached from the spot's foot, nearest first, with their cost by the weight and by
    /// the other, until `visit` says no. Access is not counted.
    pub(super) fn grow(&mut self, spot: &Spot, weight: Weight, visit: &mut dyn FnMut(u32, u64, u64) -> bool) {
        self.round += 1;
        self.heap.clear();
        let section = spot.section as usize;
        let ways = self.graph.ways[section];
        let (length, time) = (self.network.length_um(section), self.time_ms(section));
        let [start, end] = self.network.ends(section);
        for (may, junction, part) in
            [(ways.forward, end, length - spot.along_um), (ways.backward, start, spot.along_um)]
        {
            if may {
                self.offer(junction, weight.of(part, share_ms(time, part, length)), Before::Spot);
            }
        }
        let graph = self.graph;
        while let Some(Reverse((cost, other, junction))) = self.heap.pop() {
            if self.settled[junction as usize] == self.round {
                continue;
            }
            self.settled[junction as usize] = self.round;
            if !visit(junction, cost, other) {
                return;
            }
            for edge in graph.leaving.of(junction) {
                let (more, more_other) = weight.of(edge.um, edge.ms);
                self.offer(edge.to, (cost + more, other + more_other), Before::Edge(junction, *edge));
            }
        }
    }

    fn offer(&mut self, junction: u32, cost: (u64, u64), before: Before) {
        let at = junction as usize;
        if self.seen[at] != self.round || cost < self.costs[at] {
            self.seen[at] = self.round;
            self.costs[at] = cost;
            self.before[at] = before;
            self.heap.push(Reverse((cost.0, cost.1, junction)));
        }
    }

    pub(super) fn time_ms(&self, section: usize) -> u64 {
        self.network.time_ms(section, self.graph.profile)
    }

    /// How a junction of the last search was reached.
    pub(super) fn before(&self, junction: u32) -> Before {
        self.before[junction as usize]
    }

    /// At most `k` points that `accepts`, nearest first, ties to the lowest id; nothing farther than `limit_um`.
    ///
    /// Cost: the junctions nearer than the k-th point.
    pub fn nearest(
        &mut self,
        targets: &Targets,
        spot: &Spot,
        accepts: &dyn Fn(u32) -> bool,
        k: usize,
        limit_um: u64,
    ) -> Vec<Near> {
        let (network, graph) = (self.network, self.graph);
        let profile = graph.profile;
        let mut found = Found { best: Vec::with_capacity(k + 1), k, limit_um };
        let own = spot.section as usize;
        let ways = graph.ways[own];
        for (number, foot) in targets.on(own).filter(|(_, foot)| accepts(foot.target)) {
            let (from, to) = (spot.along_um, foot.spot.along_um);
            if (to >= from && ways.forward) || (to <= from && ways.backward) {
                let part = from.abs_diff(to);
                let ms = share_ms(network.time_ms(own, profile), part, network.length_um(own));
                let total_um = spot.access_um + part + foot.spot.access_um;
                found.add(Near { total_um, target: foot.target, ms, foot: number });
            }
        }
        self.grow(spot, Weight::Metres, &mut |junction, um, ms| {
            if spot.access_um + um > found.bound() {
                return false;
            }
            for edge in graph.leaving.of(junction) {
                for (number, foot) in targets.on(edge.section()) {
                    let along = foot.spot.along_um;
                    let part = if edge.backward() { edge.um - along } else { along };
                    let total_um = spot.access_um + um + part + foot.spot.access_um;
                    if total_um <= found.bound() && accepts(foot.target) {
                        let ms = ms + share_ms(edge.ms, part, edge.um);
                        found.add(Near { total_um, target: foot.target, ms, foot: number });
                    }
                }
            }
            true
        });
        best(found.best, k, limit_um)
    }
}

/// The best of each target so far, k at most.
struct Found {
    best: Vec<Near>,
    k: usize,
    limit_um: u64,
}

impl Found {
    /// Farther than this nothing matters any more.
    fn bound(&self) -> u64 {
        if self.best.len() < self.k { self.limit_um } else { self.best[self.k - 1].total_um.min(self.limit_um) }
    }

    fn add(&mut self, near: Near) {
        if let Some(at) = self.best.iter().position(|known| known.target == near.target) {
            if self.best[at] <= near {
                return;
            }
            self.best.remove(at);
        }
        let at = self.best.partition_point(|known| *known < near);
        self.best.insert(at, near);
        self.best.truncate(self.k);
    }
}
