//! Districts of a small graph: every connected set of nodes within the band, if there are few enough, or those one exchange
//! away from known ones.
//!
//! It does not put them together: `cover` does.

use std::collections::HashSet;

use super::cover::{District, Sets, each};
use super::graph::Graph;

/// Every connected set of nodes with a load within the band whose removal leaves pieces that can be districts. None if that
/// takes more than `steps` looks. All labels have the same band.
pub fn all_districts(graph: &Graph, sets: &Sets<'_>, mut steps: u64) -> Option<Vec<District>> {
    let mut found = Vec::new();
    // Sets by their first node; earlier ones are closed to them. Each is grown by one node of its rim, taken or ruled out.
    for first in 0..graph.nodes() {
        let closed = (1u128 << first) - 1;
        let mut stack = vec![(1u128 << first, closed, graph.weight[first], sets.near[first])];
        while let Some((own, closed, load, near)) = stack.pop() {
            steps = steps.checked_sub(1)?;
            if load > graph.high[0] {
                continue;
            }
            let open = near & !own & !closed;
            if open == 0 {
                if graph.outside(0, load) == 0.0 && sets.pieces_fit(sets.all & !own, graph.labels - 1) {
                    found.push(District { nodes: own, rim: sets.rim(own) });
                }
                continue;
            }
            let node = open.trailing_zeros() as usize;
            let bit = 1 << node;
            stack.push((own, closed | bit, load, near));
            stack.push((own | bit, closed, load + graph.weight[node], near | sets.near[node]));
        }
    }
    Some(found)
}

/// The districts that differ from one of `from` by a node more, a node less or both, and are not in `known`, where they are
/// put. All labels have the same band. Cost: some 1 ms for 100 districts.
pub fn districts_near(graph: &Graph, sets: &Sets<'_>, from: &[District], known: &mut HashSet<u128>) -> Vec<District> {
    let mut found = Vec::new();
    for &District { nodes, .. } in from {
        let load: f64 = each(nodes).map(|node| graph.weight[node]).sum();
        let near = each(nodes).fold(0, |near, node| near | sets.near[node]) & !nodes;
        let weight = |node: Option<usize>| node.map_or(0.0, |node| graph.weight[node]);
        let bit = |node: Option<usize>| node.map_or(0, |node| 1u128 << node);
        for out in each(nodes).map(Some).chain([None]) {
            for new in each(near).map(Some).chain([None]) {
                if graph.outside(0, load - weight(out) + weight(new)) > 0.0 {
                    continue;
                }
                let own = nodes & !bit(out) | bit(new);
                if known.insert(own) && sets.pieces_fit(own, 1) && sets.pieces_fit(sets.all & !own, graph.labels - 1) {
                    found.push(District { nodes: own, rim: sets.rim(own) });
                }
            }
        }
    }
    found
}
