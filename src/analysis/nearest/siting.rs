//! Which demand along streets each candidate site would serve.

use crate::analysis::nearest::search::{Search, Weight};
use crate::spatial::network::{Graph, Network, Spot};

/// Something along a street that wants a point near it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    pub section: u32,
    pub along_um: u64,
    pub weight: u64,
}

/// A place where a point could be set up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    pub spot: Spot,
}

/// For each candidate the numbers of the demands within `limit_um`, its own access counted; each list rises.
///
/// Meant for walking, where the way there is the way back. Cost: one search a candidate, as far as the limit.
pub fn coverage(search: &mut Search<'_>, candidates: &[Candidate], demands: &[Demand], limit_um: u64) -> Vec<Vec<u32>> {
    let mut order: Vec<u32> = (0..demands.len() as u32).collect();
    order.sort_by_key(|number| (demands[*number as usize].section, demands[*number as usize].along_um));
    let on = |section: u32| {
        let from = order.partition_point(|number| demands[*number as usize].section < section);
        order[from..].iter().copied().take_while(move |number| demands[*number as usize].section == section)
    };
    let graph = search.graph;
    candidates
        .iter()
        .map(|Candidate { spot }| {
            let Some(limit) = limit_um.checked_sub(spot.access_um) else { return Vec::new() };
            let mut served = Vec::new();
            let ways = graph.ways[spot.section as usize];
            for number in on(spot.section) {
                let along = demands[number as usize].along_um;
                let may = (along >= spot.along_um && ways.forward) || (along <= spot.along_um && ways.backward);
                if may && along.abs_diff(spot.along_um) <= limit {
                    served.push(number);
                }
            }
            search.grow(spot, Weight::Metres, &mut |junction, um, _| {
                if um > limit {
                    return false;
                }
                for edge in graph.leaving.of(junction) {
                    for number in on(edge.section() as u32) {
                        let along = demands[number as usize].along_um;
                        let part = if edge.backward() { edge.um - along } else { along };
                        if um + part <= limit {
                            served.push(number);
                        }
                    }
                }
                true
            });
            served.sort_unstable();
            served.dedup();
            served
        })
        .collect()
}

/// Places of the network where a point could be: every junction of the largest piece once, and the middle of every
/// section that is longer than `middle_um`.
pub fn sites(network: &Network, graph: &Graph, middle_um: u64) -> Vec<Candidate> {
    let mut taken = vec![false; network.junctions()];
    let mut sites = Vec::new();
    for section in (0..network.len()).filter(|section| graph.ways[*section].any()) {
        let length = network.length_um(section);
        let [start, end] = network.ends(section);
        let mut add = |along_um: u64| {
            let at = network.place(section, along_um);
            let spot = Spot { section: section as u32, along_um, access_um: 0, at, on_island: false };
            sites.push(Candidate { spot });
        };
        for (junction, along_um) in [(start, 0), (end, length)] {
            if !std::mem::replace(&mut taken[junction as usize], true) {
                add(along_um);
            }
        }
        if length > middle_um {
            add(length / 2);
        }
    }
    sites
}
