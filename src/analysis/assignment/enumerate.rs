//! All districts of a small graph: every connected set of nodes within the band, if there are few enough.
//!
//! It does not put them together: `cover` does.

use super::cover::{District, Sets};
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
