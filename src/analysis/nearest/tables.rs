//! The k best points of every junction, by kind: filled by one sweep from all points at once, read by look-ups.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::analysis::nearest::targets::Targets;
use crate::analysis::nearest::{Near, best};
use crate::spatial::network::{Network, Profile, Spot};

/// A point as a junction sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Label {
    /// Micrometres on the network and from it to the point.
    um: u64,
    /// Milliseconds on the network.
    ms: u32,
    /// Number of the foot at which the network is left.
    foot: u32,
}

/// A point on its way out to the junctions: metres, target, time, foot, junction. Ordered in this order.
type Wave = Reverse<(u64, u32, u32, u32, u32)>;

/// The k best points of every junction, one table a group.
#[derive(Debug)]
pub struct Tables {
    profile: Profile,
    k: usize,
    junctions: usize,
    groups: Vec<Table>,
}

#[derive(Debug)]
struct Table {
    count: Vec<u8>,
    labels: Vec<Label>,
}

impl Tables {
    /// Cost: one sweep over the network a group; k labels a junction. `k` is 255 at most.
    pub fn new(network: &Network, profile: Profile, targets: &Targets, k: usize) -> Self {
        let k = k.clamp(1, 255);
        let groups =
            (0..targets.group_count()).map(|group| sweep(network, profile, targets, group as u16, k)).collect();
        Self { profile, k, junctions: network.junctions(), groups }
    }

    /// How many points a junction knows.
    pub fn k(&self) -> usize {
        self.k
    }

    fn labels(&self, group: u16, junction: u32) -> &[Label] {
        let (table, at) = (&self.groups[usize::from(group)], junction as usize);
        &table.labels[at * self.k..at * self.k + usize::from(table.count[at])]
    }

    /// At most `k` points of the groups, nearest first, ties to the lowest id; nothing farther than `limit_um`.
    ///
    /// `k` is [`Tables::k`] at most. Cost: a merge of the lists of both ends and of the points on the same section.
    pub fn nearest(
        &self,
        network: &Network,
        targets: &Targets,
        spot: &Spot,
        groups: &[u16],
        k: usize,
        limit_um: u64,
    ) -> Vec<Near> {
        let section = spot.section as usize;
        let ways = network.graph(self.profile).ways[section];
        let (length, time) = (network.length_um(section), network.time_ms(section, self.profile));
        let [start, end] = network.ends(section);
        let mut found = Vec::with_capacity(groups.len() * 2 * k);
        let exits = [(ways.forward, end, length - spot.along_um), (ways.backward, start, spot.along_um)];
        for (_, junction, part) in exits.into_iter().filter(|(may, ..)| *may) {
            let part_ms = share_ms(time, part, length);
            for group in groups.iter().filter(|group| usize::from(**group) < self.groups.len()) {
                let labels = self.labels(*group, junction);
                found.extend(labels[..labels.len().min(k)].iter().map(|label| Near {
                    total_um: spot.access_um + part + label.um,
                    target: targets.foot(label.foot).target,
                    ms: u64::from(label.ms) + part_ms,
                    foot: label.foot,
                }));
            }
        }
        for (number, foot) in targets.on(section).filter(|(_, foot)| groups.contains(&targets.group(foot.target))) {
            let (from, to) = (spot.along_um, foot.spot.along_um);
            if (to >= from && ways.forward) || (to <= from && ways.backward) {
                let part = from.abs_diff(to);
                found.push(Near {
                    total_um: spot.access_um + part + foot.spot.access_um,
                    target: foot.target,
                    ms: share_ms(time, part, length),
                    foot: number,
                });
            }
        }
        debug_assert!(self.junctions == network.junctions(), "tables belong to one network");
        best(found, k, limit_um)
    }
}

/// Milliseconds of a part of a section.
pub fn share_ms(time_ms: u64, part_um: u64, length_um: u64) -> u64 {
    if length_um == 0 { 0 } else { (time_ms as f64 * (part_um as f64 / length_um as f64)).round() as u64 }
}

/// Dijkstra from all points of a group at once against the direction of travel; a junction takes each point once and
/// at most k of them.
fn sweep(network: &Network, profile: Profile, targets: &Targets, group: u16, k: usize) -> Table {
    let graph = network.graph(profile);
    let junctions = network.junctions();
    let mut table = Table { count: vec![0; junctions], labels: vec![Label::default(); junctions * k] };
    let mut waves: BinaryHeap<Wave> = BinaryHeap::new();
    for (number, foot) in targets.feet().iter().enumerate() {
        if targets.group(foot.target) != group {
            continue;
        }
        let section = foot.spot.section as usize;
        let (ways, [start, end]) = (graph.ways[section], network.ends(section));
        let (length, time) = (network.length_um(section), network.time_ms(section, profile));
        let entries = [(ways.forward, start, foot.spot.along_um), (ways.backward, end, length - foot.spot.along_um)];
        for (_, junction, part) in entries.into_iter().filter(|(may, ..)| *may) {
            let ms = share_ms(time, part, length) as u32;
            waves.push(Reverse((foot.spot.access_um + part, foot.target, ms, number as u32, junction)));
        }
    }
    while let Some(Reverse((um, target, ms, number, junction))) = waves.pop() {
        if !take(&mut table, targets, k, junction, Label { um, ms, foot: number }) {
            continue;
        }
        for edge in graph.arriving.of(junction) {
            if is_open(&table, targets, k, edge.to, target) {
                waves.push(Reverse((um + edge.um, target, ms.saturating_add(edge.ms as u32), number, edge.to)));
            }
        }
    }
    table
}

/// Whether the junction would take the target.
fn is_open(table: &Table, targets: &Targets, k: usize, junction: u32, target: u32) -> bool {
    let at = junction as usize;
    let count = usize::from(table.count[at]);
    let known = &table.labels[at * k..at * k + count];
    count < k && known.iter().all(|label| targets.foot(label.foot).target != target)
}

fn take(table: &mut Table, targets: &Targets, k: usize, junction: u32, label: Label) -> bool {
    if !is_open(table, targets, k, junction, targets.foot(label.foot).target) {
        return false;
    }
    let at = junction as usize;
    table.labels[at * k + usize::from(table.count[at])] = label;
    table.count[at] += 1;
    true
}
