//! The way from one place to others: which parts of which sections, and the line that they make.

use geo::Coord;

use crate::analysis::nearest::search::{Before, Search, Weight};
use crate::analysis::nearest::tables::share_ms;
use crate::spatial::network::{Network, Spot};

/// A part of a section as it is travelled: against the line as drawn when `from_um` is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    pub section: u32,
    pub from_um: u64,
    pub to_um: u64,
}

/// A way from foot to foot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    pub um: u64,
    pub ms: u64,
    pub parts: Vec<Part>,
}

/// The last step of a way that was found: along the goal's section, from a junction or from the start itself.
#[derive(Debug, Clone, Copy)]
struct Arrival {
    cost: (u64, u64),
    /// The junction, and whether the goal's section is travelled backwards from it.
    from: Option<(u32, bool)>,
}

impl Search<'_> {
    /// The shortest way from a spot to each of the goals, by the weight; access is not counted. None where no way leads:
    /// all of the largest piece hangs together, so that happens beyond `limit` (of the weight) only.
    ///
    /// Cost: the junctions nearer than the farthest goal.
    pub fn ways(&mut self, spot: &Spot, goals: &[Spot], weight: Weight, limit: u64) -> Vec<Option<Way>> {
        let arrivals = self.arrivals(spot, goals, weight, limit);
        let way = |(goal, arrival): (&Spot, Option<Arrival>)| {
            let arrival = arrival?;
            let (um, ms) = weight.of(arrival.cost.0, arrival.cost.1);
            Some(Way { um, ms, parts: self.parts(spot, goal, arrival) })
        };
        goals.iter().zip(arrivals).map(way).collect()
    }

    /// Micrometres and milliseconds to each of the goals, without the ways themselves.
    pub fn costs(&mut self, spot: &Spot, goals: &[Spot], weight: Weight, limit: u64) -> Vec<Option<(u64, u64)>> {
        let arrivals = self.arrivals(spot, goals, weight, limit);
        arrivals.into_iter().map(|arrival| arrival.map(|arrival| weight.of(arrival.cost.0, arrival.cost.1))).collect()
    }

    fn arrivals(&mut self, spot: &Spot, goals: &[Spot], weight: Weight, limit: u64) -> Vec<Option<Arrival>> {
        let (network, graph) = (self.network, self.graph);
        let mut arrivals: Vec<Option<Arrival>> = goals.iter().map(|goal| self.direct(spot, goal, weight)).collect();
        // Goals by the junctions from which they are reached.
        let mut entries: Vec<(u32, usize, bool, (u64, u64))> = Vec::with_capacity(goals.len() * 2);
        for (number, goal) in goals.iter().enumerate() {
            let section = goal.section as usize;
            let (ways, [start, end]) = (graph.ways[section], network.ends(section));
            let (length, time) = (network.length_um(section), self.time_ms(section));
            let cost = |part: u64| weight.of(part, share_ms(time, part, length));
            if ways.forward {
                entries.push((start, number, false, cost(goal.along_um)));
            }
            if ways.backward {
                entries.push((end, number, true, cost(length - goal.along_um)));
            }
        }
        entries.sort_unstable();
        let mut left = entries.len();
        self.grow(spot, weight, &mut |junction, cost, other| {
            if cost > limit || left == 0 {
                return false;
            }
            let from = entries.partition_point(|entry| entry.0 < junction);
            for (_, number, backward, part) in entries[from..].iter().take_while(|entry| entry.0 == junction) {
                left -= 1;
                let cost = (cost + part.0, other + part.1);
                let arrival = &mut arrivals[*number];
                if arrival.is_none_or(|known| cost < known.cost) {
                    *arrival = Some(Arrival { cost, from: Some((junction, *backward)) });
                }
            }
            true
        });
        arrivals.into_iter().map(|arrival| arrival.filter(|arrival| arrival.cost.0 <= limit)).collect()
    }

    fn direct(&self, spot: &Spot, goal: &Spot, weight: Weight) -> Option<Arrival> {
        let section = spot.section as usize;
        let ways = self.graph.ways[section];
        let (from, to) = (spot.along_um, goal.along_um);
        let may = (to >= from && ways.forward) || (to <= from && ways.backward);
        (spot.section == goal.section && may).then(|| {
            let part = from.abs_diff(to);
            let ms = share_ms(self.time_ms(section), part, self.network.length_um(section));
            Arrival { cost: weight.of(part, ms), from: None }
        })
    }

    fn parts(&self, spot: &Spot, goal: &Spot, arrival: Arrival) -> Vec<Part> {
        let network = self.network;
        let Some((junction, backward)) = arrival.from else {
            return vec![Part { section: spot.section, from_um: spot.along_um, to_um: goal.along_um }];
        };
        let length = |section: u32| network.length_um(section as usize);
        let from_um = if backward { length(goal.section) } else { 0 };
        let mut parts = vec![Part { section: goal.section, from_um, to_um: goal.along_um }];
        let mut at = junction;
        while let Before::Edge(from, edge) = self.before(at) {
            let (section, all) = (edge.section() as u32, edge.um);
            let (from_um, to_um) = if edge.backward() { (all, 0) } else { (0, all) };
            parts.push(Part { section, from_um, to_um });
            at = from;
        }
        parts.push(self.first_part(spot, at));
        parts.reverse();
        parts
    }

    /// From the spot to one end of its section; to the nearer one when both ends are the same junction.
    fn first_part(&self, spot: &Spot, junction: u32) -> Part {
        let section = spot.section as usize;
        let (ways, [start, end]) = (self.graph.ways[section], self.network.ends(section));
        let length = self.network.length_um(section);
        let forward = (ways.forward && end == junction, length - spot.along_um, length);
        let backward = (ways.backward && start == junction, spot.along_um, 0);
        let (_, _, to_um) = [forward, backward]
            .into_iter()
            .filter(|(may, ..)| *may)
            .min_by_key(|(_, part, _)| *part)
            .unwrap_or((true, 0, spot.along_um));
        Part { section: spot.section, from_um: spot.along_um, to_um }
    }
}

/// The line of a way, between the places where it is entered and left; places that repeat are left out.
pub fn line_of(network: &Network, from: Coord, parts: &[Part], to: Coord) -> Vec<Coord> {
    let mut line = vec![from];
    let mut add = |at: Coord| {
        if line.last() != Some(&at) {
            line.push(at);
        }
    };
    for part in parts {
        network.part(part.section as usize, part.from_um, part.to_um).into_iter().for_each(&mut add);
    }
    add(to);
    if line.len() == 1 {
        line.push(to);
    }
    line
}
