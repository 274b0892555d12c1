//! The shortest tree through all cases by mutual reachability, without its n^2 distances.
//!
//! Boruvka (1926) on a k-d tree: in each round every component finds its nearest other; boxes that are of one component
//! or further than the best so far are passed over (March, Ram and Gray 2010).

use crate::analysis::hotspots::Position;
use crate::analysis::hotspots::sets::Sets;

use super::tree::{Tree, squared};

/// Squared mutual reachability of two cases.
#[derive(Clone, Copy)]
pub(super) struct Edge {
    pub squared: f64,
    pub a: u32,
    pub b: u32,
}

const MIXED: u32 = u32::MAX;

/// `cores` are squared core distances by sorted place. Answers n - 1 edges between cases, in no particular order.
pub(super) fn spanning_tree(tree: &Tree, cores: &[f64]) -> Vec<Edge> {
    let count = tree.places.len();
    let least: Vec<f64> = tree
        .nodes
        .iter()
        .map(|node| cores[node.from as usize..node.to as usize].iter().copied().fold(f64::INFINITY, f64::min))
        .collect();
    let mut sets = Sets::new(count);
    let mut edges = Vec::with_capacity(count - 1);
    let mut component = vec![0u32; count];
    let mut of_node = vec![MIXED; tree.nodes.len()];
    // The best edge of each component: squared length and both places.
    let mut best = vec![(f64::INFINITY, 0u32, 0u32); count];
    let mut open: Vec<(f64, u32)> = Vec::new();
    while edges.len() + 1 < count {
        (0..count).for_each(|place| component[place] = sets.root(place) as u32);
        name_nodes(tree, &component, &mut of_node);
        best.fill((f64::INFINITY, 0, 0));
        for place in 0..count {
            let own = component[place];
            if cores[place] >= best[own as usize].0 {
                continue;
            }
            let here = tree.places[place];
            open.push((0.0, 0));
            while let Some((bound, at)) = open.pop() {
                let reach = best[own as usize].0;
                if of_node[at as usize] == own || bound.max(least[at as usize]) >= reach {
                    continue;
                }
                let node = &tree.nodes[at as usize];
                if node.second != 0 {
                    tree.open_children(at, here, &mut open);
                    continue;
                }
                for other in (node.from as usize..node.to as usize).filter(|other| component[*other] != own) {
                    let distance = squared(here, tree.places[other]).max(cores[place]).max(cores[other]);
                    if distance < best[own as usize].0 {
                        best[own as usize] = (distance, place as u32, other as u32);
                    }
                    // Nothing is nearer than its own core distance.
                    if distance <= cores[place] {
                        open.clear();
                        break;
                    }
                }
            }
        }
        for root in (0..count).filter(|place| component[*place] as usize == *place) {
            let (squared, a, b) = best[root];
            // Components that chose each other, or a circle of equal choices, are joined once.
            if sets.root(a as usize) != sets.root(b as usize) {
                sets.unite(a as usize, b as usize);
                edges.push(Edge { squared, a: tree.order[a as usize], b: tree.order[b as usize] });
            }
        }
    }
    edges
}

/// The component of each node whose cases are all of one.
fn name_nodes(tree: &Tree, component: &[u32], of_node: &mut [u32]) {
    for at in (0..tree.nodes.len()).rev() {
        let node = &tree.nodes[at];
        of_node[at] = if node.second == 0 {
            let own = &component[node.from as usize..node.to as usize];
            if own.iter().all(|other| *other == own[0]) { own[0] } else { MIXED }
        } else {
            let (a, b) = (of_node[at + 1], of_node[node.second as usize]);
            if a == b { a } else { MIXED }
        };
    }
}

/// Prim (1957) from the first case: among equals the first in the input comes next, tied to the case that reached it
/// first. `cores` are core distances by case. Answers the edges as they were found.
pub(super) fn spanning_tree_in_order(cases: &[Position], cores: &[f64]) -> Vec<Edge> {
    let mut outside: Vec<usize> = (1..cases.len()).collect();
    // How near each is to the tree, and to which case of it. Roots, since two squares may have one and be a tie.
    let mut nearest = vec![(f64::INFINITY, 0); cases.len()];
    let mut edges = Vec::with_capacity(outside.len());
    let mut last = 0;
    while !outside.is_empty() {
        let mut next = 0;
        for (at, case) in outside.iter().enumerate() {
            let reach = squared(cases[last], cases[*case]).sqrt().max(cores[last]).max(cores[*case]);
            if reach < nearest[*case].0 {
                nearest[*case] = (reach, last);
            }
            if nearest[*case].0 < nearest[outside[next]].0 {
                next = at;
            }
        }
        last = outside.remove(next);
        let (reach, from) = nearest[last];
        edges.push(Edge { squared: reach * reach, a: from as u32, b: last as u32 });
    }
    edges
}
