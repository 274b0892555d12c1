//! Two neighbouring labels joined and cut anew along a random spanning tree.
//!
//! DeFord, Duchin and Solomon 2021 call it recombination. The cut is the tree edge that balances best; it decides nothing
//! about what is kept.

use super::graph::Graph;
use crate::analysis::random::Random;

/// Cuts the nodes of two neighbouring labels anew; gives them, and changes `label`.
pub fn recut(graph: &Graph, label: &mut [u8], random: &mut Random) -> Option<[u8; 2]> {
    let mut seam = (0, 0);
    let mut seen = 0;
    for node in 0..graph.nodes() as u32 {
        for &other in graph.near(node).iter().filter(|&&other| other > node) {
            if label[node as usize] != label[other as usize] {
                seen += 1;
                if random.below(seen) == 0 {
                    seam = (node, other);
                }
            }
        }
    }
    if seen == 0 {
        return None;
    }
    let pair = [label[seam.0 as usize], label[seam.1 as usize]];
    let inside = |node: u32, label: &[u8]| pair.contains(&label[node as usize]);
    // A tree grown by edges taken at random from all that lead out of it.
    let mut parent = vec![u32::MAX; graph.nodes()];
    let mut order = Vec::new();
    let mut open = vec![(seam.0, seam.0)];
    while !open.is_empty() {
        let (node, from) = open.swap_remove(random.index(open.len()));
        if parent[node as usize] != u32::MAX {
            continue;
        }
        parent[node as usize] = from;
        order.push(node);
        let near = graph.near(node).iter().filter(|&&other| inside(other, label) && parent[other as usize] == u32::MAX);
        open.extend(near.map(|&other| (other, node)));
    }
    let mut below: Vec<f64> = graph.weight.clone();
    for &node in order[1..].iter().rev() {
        below[parent[node as usize] as usize] += below[node as usize];
    }
    let all = below[order[0] as usize];
    let fault = |below: f64, first: u8, second: u8| {
        graph.outside(first as usize, below) + graph.outside(second as usize, all - below)
    };
    let [a, b] = pair;
    let best = order[1..].iter().min_by(|&&x, &&y| {
        let fault = |node: u32| fault(below[node as usize], a, b).min(fault(below[node as usize], b, a));
        fault(x).total_cmp(&fault(y))
    })?;
    let (lower, upper) =
        if fault(below[*best as usize], a, b) <= fault(below[*best as usize], b, a) { (a, b) } else { (b, a) };
    order.iter().for_each(|&node| label[node as usize] = upper);
    label[*best as usize] = lower;
    for &node in &order[1..] {
        if label[parent[node as usize] as usize] == lower && node != *best {
            label[node as usize] = lower;
        }
    }
    Some(pair)
}
