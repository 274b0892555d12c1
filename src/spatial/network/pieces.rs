//! The pieces of a network that hang together: on foot connected, with one-way streets strongly connected.

use crate::spatial::network::{Network, Profile, Street, junctions};

/// The pieces of one profile's network.
#[derive(Debug, Clone, PartialEq)]
pub struct Pieces {
    /// Metres of all streets that the profile may use.
    pub metres: f64,
    /// Metres of the streets inside each piece, the longest first. Pieces without a street inside are left out.
    pub lengths: Vec<f64>,
    /// The piece of each street, as an index into `lengths`; none for streets that the profile may not use and for
    /// one-way streets that lead from one piece to another.
    pub piece_of: Vec<Option<u32>>,
}

impl Pieces {
    pub fn largest_m(&self) -> f64 {
        self.lengths.first().copied().unwrap_or(0.0)
    }

    /// Pieces beside the largest.
    pub fn islands(&self) -> usize {
        self.lengths.len().saturating_sub(1)
    }
}

/// Cost: linear in the streets.
pub fn pieces(streets: &[Street], profile: Profile) -> Pieces {
    let (ends, count) = junctions(streets);
    of_ends(streets, &ends, count, profile)
}

/// The pieces of a network, by the junctions that it has.
pub(super) fn of_junctions(network: &Network, profile: Profile) -> Pieces {
    of_ends(network.streets(), &network.ends, network.junctions, profile)
}

fn of_ends(streets: &[Street], ends: &[[u32; 2]], count: usize, profile: Profile) -> Pieces {
    let component = if profile == Profile::Walk {
        connected(streets, ends, count)
    } else {
        strongly_connected(streets, ends, count, profile)
    };
    let mut lengths = vec![0.0; count];
    let mut used = vec![false; count];
    let mut metres = 0.0;
    let inside = |at: usize| {
        let usable = streets[at].ways(profile).any();
        let (a, b) = (component[ends[at][0] as usize], component[ends[at][1] as usize]);
        (usable && a == b).then_some(a as usize)
    };
    for (at, street) in streets.iter().enumerate() {
        if street.ways(profile).any() {
            metres += street.metres;
        }
        if let Some(piece) = inside(at) {
            lengths[piece] += street.metres;
            used[piece] = true;
        }
    }
    let mut order: Vec<usize> = (0..count).filter(|piece| used[*piece]).collect();
    order.sort_by(|a, b| lengths[*b].total_cmp(&lengths[*a]).then(a.cmp(b)));
    let mut rank = vec![None; count];
    for (place, piece) in order.iter().enumerate() {
        rank[*piece] = Some(place as u32);
    }
    let piece_of = (0..streets.len()).map(|at| inside(at).and_then(|piece| rank[piece])).collect();
    Pieces { metres, lengths: order.into_iter().map(|piece| lengths[piece]).collect(), piece_of }
}

/// Union-find with path halving (Tarjan and van Leeuwen 1984).
fn connected(streets: &[Street], ends: &[[u32; 2]], count: usize) -> Vec<u32> {
    let mut parent: Vec<u32> = (0..count as u32).collect();
    for (street, [a, b]) in streets.iter().zip(ends) {
        if street.ways(Profile::Walk).any() {
            let (a, b) = (root(&mut parent, *a), root(&mut parent, *b));
            // The lower number wins, so that the answer does not depend on the order of streets.
            parent[a.max(b) as usize] = a.min(b);
        }
    }
    (0..count as u32).map(|junction| root(&mut parent, junction)).collect()
}

pub(super) fn root(parent: &mut [u32], mut at: u32) -> u32 {
    while parent[at as usize] != at {
        parent[at as usize] = parent[parent[at as usize] as usize];
        at = parent[at as usize];
    }
    at
}

/// A junction that has not been visited.
const NEW: u32 = u32::MAX;

/// Tarjan's algorithm (1972), without recursion.
fn strongly_connected(streets: &[Street], ends: &[[u32; 2]], count: usize, profile: Profile) -> Vec<u32> {
    let (first, targets) = outgoing(streets, ends, count, profile);
    let mut index = vec![NEW; count];
    let mut low = vec![0; count];
    let mut component = vec![NEW; count];
    let mut waiting: Vec<u32> = Vec::new();
    let mut path: Vec<(u32, usize)> = Vec::new();
    let (mut next, mut components) = (0, 0);
    for start in 0..count as u32 {
        if index[start as usize] != NEW {
            continue;
        }
        path.push((start, first[start as usize]));
        while let Some((at, edge)) = path.last_mut() {
            let here = *at as usize;
            if index[here] == NEW {
                (index[here], low[here]) = (next, next);
                next += 1;
                waiting.push(*at);
            }
            if *edge < first[here + 1] {
                let to = targets[*edge] as usize;
                *edge += 1;
                if index[to] == NEW {
                    path.push((to as u32, first[to]));
                } else if component[to] == NEW {
                    low[here] = low[here].min(index[to]);
                }
                continue;
            }
            path.pop();
            if let Some((before, _)) = path.last() {
                low[*before as usize] = low[*before as usize].min(low[here]);
            }
            if low[here] == index[here] {
                while let Some(member) = waiting.pop() {
                    component[member as usize] = components;
                    if member as usize == here {
                        break;
                    }
                }
                components += 1;
            }
        }
    }
    component
}

/// Edges by their start: `targets[first[n]..first[n + 1]]` can be reached from junction `n`.
fn outgoing(streets: &[Street], ends: &[[u32; 2]], count: usize, profile: Profile) -> (Vec<usize>, Vec<u32>) {
    let edges = || {
        streets.iter().zip(ends).flat_map(move |(street, [a, b])| {
            let ways = street.ways(profile);
            ways.forward.then_some((*a, *b)).into_iter().chain(ways.backward.then_some((*b, *a)))
        })
    };
    let mut first = vec![0; count + 1];
    edges().for_each(|(from, _)| first[from as usize + 1] += 1);
    for junction in 0..count {
        first[junction + 1] += first[junction];
    }
    let mut place = first.clone();
    let mut targets = vec![0; first[count]];
    edges().for_each(|(from, to)| {
        targets[place[from as usize]] = to;
        place[from as usize] += 1;
    });
    (first, targets)
}

#[cfg(test)]
mod tests {
    use geo::Coord;
    use proptest::prelude::*;

    use super::*;
    use crate::spatial::network::Ways;

    fn street(a: u8, b: u8, forward: bool, backward: bool) -> Street {
        let at = |name: u8| Coord { x: f64::from(name), y: 0.0 };
        Street { start: at(a), end: at(b), nodes: [None; 2], metres: 1.0, ways: [Ways { forward, backward }; 3] }
    }

    /// Which junctions can be reached from which, by repeated steps.
    fn reach(streets: &[Street], profile: Profile) -> Vec<Vec<bool>> {
        let (ends, count) = junctions(streets);
        let mut reach: Vec<Vec<bool>> = (0..count).map(|a| (0..count).map(|b| a == b).collect()).collect();
        for _ in 0..count {
            for (street, [a, b]) in streets.iter().zip(&ends) {
                let ways = street.ways(profile);
                let both = profile == Profile::Walk && ways.any();
                for row in &mut reach {
                    let (from_a, from_b) = (row[*a as usize], row[*b as usize]);
                    row[*b as usize] |= from_a && (ways.forward || both);
                    row[*a as usize] |= from_b && (ways.backward || both);
                }
            }
        }
        reach
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn streets_of_one_piece_reach_each_other(
            drawn in prop::collection::vec((0u8..8, 0u8..8, any::<bool>(), any::<bool>()), 1..14),
        ) {
            let streets: Vec<Street> = drawn.iter().map(|(a, b, forward, backward)| street(*a, *b, *forward, *backward)).collect();
            let (ends, _) = junctions(&streets);
            for profile in [Profile::Walk, Profile::Drive] {
                let found = pieces(&streets, profile);
                let reach = reach(&streets, profile);
                let joined = |a: u32, b: u32| reach[a as usize][b as usize] && reach[b as usize][a as usize];
                for (i, a) in found.piece_of.iter().enumerate() {
                    let inside = streets[i].ways(profile).any() && joined(ends[i][0], ends[i][1]);
                    prop_assert_eq!(a.is_some(), inside);
                    for (j, b) in found.piece_of.iter().enumerate() {
                        if let (Some(a), Some(b)) = (a, b) {
                            prop_assert_eq!(a == b, joined(ends[i][0], ends[j][0]));
                        }
                    }
                }
                let inside: f64 = found.lengths.iter().sum();
                prop_assert_eq!(inside, found.piece_of.iter().flatten().count() as f64);
                prop_assert!(found.lengths.is_sorted_by(|a, b| a >= b));
            }
        }
    }
}
