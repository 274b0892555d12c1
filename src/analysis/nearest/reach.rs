//! Which streets can be reached within a limit, cut exactly where it ends.

use crate::analysis::nearest::search::{Search, Weight};
use crate::spatial::network::Spot;

/// A reached part of a section, `from_um` before `to_um` along the line as drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stretch {
    pub section: u32,
    pub from_um: u64,
    pub to_um: u64,
}

/// All that is reached within one limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reached {
    /// By section, then along it; parts that touch are one.
    pub stretches: Vec<Stretch>,
    pub street_um: u64,
}

/// What can be reached from the spot's foot within each of the limits (of the weight; access is to be taken off before).
///
/// Cost: one search up to the greatest limit, and the reached sections once a limit.
pub fn reach(search: &mut Search<'_>, spot: &Spot, weight: Weight, limits: &[u64]) -> Vec<Reached> {
    let most = limits.iter().copied().max().unwrap_or(0);
    let mut reached: Vec<(u32, u64)> = Vec::new();
    search.grow(spot, weight, &mut |junction, cost, _| {
        if cost <= most {
            reached.push((junction, cost));
        }
        cost <= most
    });
    limits.iter().map(|limit| within(search, spot, weight, &reached, *limit)).collect()
}

fn within(search: &Search<'_>, spot: &Spot, weight: Weight, reached: &[(u32, u64)], limit: u64) -> Reached {
    let (network, graph) = (search.network, search.graph);
    let mut stretches = Vec::with_capacity(reached.len() * 2);
    let own = spot.section as usize;
    let (length, ways) = (network.length_um(own), graph.ways[own]);
    let part = part_um(weight, limit, length, search.time_ms(own));
    let from_um = if ways.backward { spot.along_um.saturating_sub(part) } else { spot.along_um };
    let to_um = if ways.forward { (spot.along_um + part).min(length) } else { spot.along_um };
    stretches.push(Stretch { section: spot.section, from_um, to_um });
    // Nearest first, so the rest are farther, too.
    for (junction, cost) in reached.iter().take_while(|(_, cost)| *cost <= limit) {
        for edge in graph.leaving.of(*junction) {
            let part = part_um(weight, limit - cost, edge.um, edge.ms);
            let (from_um, to_um) = if edge.backward() { (edge.um - part, edge.um) } else { (0, part) };
            stretches.push(Stretch { section: edge.section() as u32, from_um, to_um });
        }
    }
    let stretches = merged(stretches);
    let street_um = stretches.iter().map(|stretch| stretch.to_um - stretch.from_um).sum();
    Reached { stretches, street_um }
}

/// How far the rest of a limit leads along a section, at most all of it.
fn part_um(weight: Weight, rest: u64, length_um: u64, time_ms: u64) -> u64 {
    match weight {
        Weight::Metres => rest.min(length_um),
        Weight::Time if rest >= time_ms => length_um,
        Weight::Time => (length_um as f64 * (rest as f64 / time_ms as f64)).floor() as u64,
    }
}

/// Parts that touch or overlap become one; parts without length go, but for the only one of a section.
pub(super) fn merged(mut stretches: Vec<Stretch>) -> Vec<Stretch> {
    stretches.sort_unstable();
    let mut merged: Vec<Stretch> = Vec::with_capacity(stretches.len());
    for stretch in stretches {
        match merged.last_mut() {
            Some(last) if last.section == stretch.section && stretch.from_um <= last.to_um => {
                last.to_um = last.to_um.max(stretch.to_um);
            }
            _ => merged.push(stretch),
        }
    }
    merged.retain(|stretch| stretch.to_um > stretch.from_um);
    merged
}
