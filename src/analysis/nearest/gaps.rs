//! Streets from which no point lies near enough: which parts of which sections.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::analysis::nearest::reach::{Stretch, merged};
use crate::analysis::nearest::targets::Targets;
use crate::spatial::network::{Network, Profile};

/// The parts of a section from which every point is farther than the limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    pub section: u32,
    /// From and to, micrometres along the section, in order.
    pub parts: Vec<(u64, u64)>,
    pub gap_um: u64,
}

/// One entry for each section of the largest piece, also for those without a gap, by section. Ways go from the street
/// to the point; a point's own access counts.
///
/// Cost: one sweep from all accepted points, as far as the limit.
pub fn gaps(
    network: &Network,
    profile: Profile,
    targets: &Targets,
    accepts: &dyn Fn(u32) -> bool,
    limit_um: u64,
) -> Vec<Gap> {
    let graph = network.graph(profile);
    let accepted: Vec<bool> = (0..targets.len() as u32).map(accepts).collect();
    let least = least_um(network, profile, targets, &accepted, limit_um);
    let mut gaps = Vec::new();
    for section in 0..network.len() {
        let ways = graph.ways[section];
        if !ways.any() {
            continue;
        }
        let (length, [start, end]) = (network.length_um(section), network.ends(section));
        let mut near = Vec::new();
        let mut add = |from_um: u64, to_um: u64| {
            near.push(Stretch { section: section as u32, from_um, to_um: to_um.min(length) });
        };
        if let Some(rest) = limit_um.checked_sub(least[start as usize]).filter(|_| ways.backward) {
            add(0, rest);
        }
        if let Some(rest) = limit_um.checked_sub(least[end as usize]).filter(|_| ways.forward) {
            add(length.saturating_sub(rest), length);
        }
        for (_, foot) in targets.on(section).filter(|(_, foot)| accepted[foot.target as usize]) {
            let along = foot.spot.along_um;
            if let Some(rest) = limit_um.checked_sub(foot.spot.access_um) {
                let from = if ways.forward { along.saturating_sub(rest) } else { along };
                add(from, if ways.backward { along + rest } else { along });
            }
        }
        let mut parts = Vec::new();
        let mut at = 0;
        for covered in merged(near) {
            if covered.from_um > at {
                parts.push((at, covered.from_um));
            }
            at = covered.to_um;
        }
        if at < length {
            parts.push((at, length));
        }
        let gap_um = parts.iter().map(|(from, to)| to - from).sum();
        gaps.push(Gap { section: section as u32, parts, gap_um });
    }
    gaps
}

/// Micrometres from each junction to the nearest accepted point; `u64::MAX` beyond the limit.
fn least_um(network: &Network, profile: Profile, targets: &Targets, accepted: &[bool], limit_um: u64) -> Vec<u64> {
    let graph = network.graph(profile);
    let mut least = vec![u64::MAX; network.junctions()];
    let mut heap = BinaryHeap::new();
    let offer = |least: &mut Vec<u64>, heap: &mut BinaryHeap<Reverse<(u64, u32)>>, junction: u32, um: u64| {
        if um <= limit_um && um < least[junction as usize] {
            least[junction as usize] = um;
            heap.push(Reverse((um, junction)));
        }
    };
    for foot in targets.feet().iter().filter(|foot| accepted[foot.target as usize]) {
        let section = foot.spot.section as usize;
        let (ways, [start, end]) = (graph.ways[section], network.ends(section));
        if ways.forward {
            offer(&mut least, &mut heap, start, foot.spot.access_um + foot.spot.along_um);
        }
        if ways.backward {
            let part = network.length_um(section) - foot.spot.along_um;
            offer(&mut least, &mut heap, end, foot.spot.access_um + part);
        }
    }
    while let Some(Reverse((um, junction))) = heap.pop() {
        if um == least[junction as usize] {
            for edge in graph.arriving.of(junction) {
                offer(&mut least, &mut heap, edge.to, um + edge.um);
            }
        }
    }
    least
}
