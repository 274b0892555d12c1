//! The best partition that can be put together from districts seen one by one: set partitioning over a pool of columns.
//!
//! Prices of the nodes come from the Lagrangian of "each node once" (Held and Karp 1971); columns that cannot be part of a
//! better partition at these prices are dropped, and the few left are searched through. Districts one exchange away from the
//! best columns join the pool, and the last district of a partition need not be in it. Where the pool comes from is for
//! others to say.

use std::collections::HashSet;

use super::enumerate::districts_near;
use super::graph::Graph;

/// A district within the band: its nodes, a bit each, and the price of the edges out of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct District {
    pub nodes: u128,
    pub rim: f64,
}

/// Columns looked at between two looks at all of them.
const ACTIVE: usize = 3000;
const ITERATIONS: usize = 240;
const REFRESH: usize = 12;
/// Looks at partial partitions with a known cut, and at each limit without.
const STEPS: u64 = 3_000_000;
const FIRST_STEPS: u64 = 1_000_000;
/// How often, and from how many columns, others are looked for one exchange away.
const GENERATIONS: usize = 3;
const PARENTS: usize = 1500;

/// The nodes of a set in order.
pub fn each(mut nodes: u128) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        (nodes != 0).then(|| {
            let node = nodes.trailing_zeros() as usize;
            nodes &= nodes - 1;
            node
        })
    })
}

/// Sets of nodes of a graph of at most 128, a bit a node.
pub struct Sets<'g> {
    graph: &'g Graph,
    pub near: Vec<u128>,
    pub all: u128,
}

impl<'g> Sets<'g> {
    pub fn new(graph: &'g Graph) -> Self {
        let all = (0..graph.nodes()).fold(0, |bits, node| bits | 1 << node);
        Self { graph, near: graph.masks(), all }
    }

    /// Price of the edges out of `nodes`.
    pub fn rim(&self, nodes: u128) -> f64 {
        let out = |node: usize| {
            let near = self.graph.near(node as u32).iter().zip(self.graph.price(node as u32));
            near.filter(|(other, _)| nodes >> **other & 1 == 0).map(|(_, price)| price).sum::<f64>()
        };
        each(nodes).map(out).sum()
    }

    /// The nodes of `nodes` that hang together with `first`.
    fn piece(&self, nodes: u128, first: u128) -> u128 {
        let mut piece = first;
        let mut open = first;
        while open != 0 {
            let at = open.trailing_zeros() as usize;
            open &= open - 1;
            let new = self.near[at] & nodes & !piece;
            piece |= new;
            open |= new;
        }
        piece
    }

    fn fits(&self, nodes: u128, labels: usize) -> bool {
        let load: f64 = each(nodes).map(|node| self.graph.weight[node]).sum();
        let forgiven = 1e-9 * self.graph.target[0];
        load >= self.graph.low[0] * labels as f64 - forgiven && load <= self.graph.high[0] * labels as f64 + forgiven
    }

    /// Whether each piece of `nodes` has the load of a whole number of districts, `labels` together.
    pub fn pieces_fit(&self, nodes: u128, labels: usize) -> bool {
        let mut left = nodes;
        while left != 0 {
            let piece = self.piece(left, left & left.wrapping_neg());
            left &= !piece;
            if piece == nodes {
                return self.fits(nodes, labels);
            }
            if !(1..labels).any(|some| self.fits(piece, some)) {
                return false;
            }
        }
        nodes != 0
    }
}

/// A partition, and whether the pool is known to hold none better.
pub struct Covered {
    pub label: Vec<u8>,
    pub proven: bool,
}

/// The best partition with a cut below `known`, or the best at all, that is found. `pool` holds each district once. All
/// labels have the same band. Cost: linear in the pool, and some 0.3 s where it is hard.
pub fn cover(graph: &Graph, sets: &Sets<'_>, pool: &[District], known: Option<f64>) -> Option<Covered> {
    if pool.is_empty() {
        return None;
    }
    // Without a known cut the limits rise from what the prices promise.
    let usual = graph.labels as f64 * pool[pool.len() / 20].rim;
    let limit = known.map_or(usual, |known| 2.0 * known - 1e-6);
    let price = prices(pool, graph.nodes(), graph.labels, limit);
    let surplus = |district: &District| district.rim - each(district.nodes).map(|node| price[node]).sum::<f64>();
    let column = |district: &District| (*district, surplus(district));
    let mut columns: Vec<(District, f64)> = pool.iter().map(column).collect();
    let mut seen: HashSet<u128> = pool.iter().map(|district| district.nodes).collect();
    for _ in 0..GENERATIONS {
        columns.sort_unstable_by(|a, b| a.1.total_cmp(&b.1).then(a.0.nodes.cmp(&b.0.nodes)));
        let best: Vec<District> = columns.iter().take(PARENTS).map(|column| column.0).collect();
        columns.extend(districts_near(graph, sets, &best, &mut seen).iter().map(column));
    }
    let least = columns.iter().map(|column| column.1).fold(f64::INFINITY, f64::min);
    let base: f64 = price.iter().sum();
    let bound = base + graph.labels as f64 * least;
    let (steps, limits) = match known {
        Some(_) => (STEPS, vec![limit]),
        None => (
            FIRST_STEPS,
            [1.05, 1.1, 1.2, 1.35, 1.6, 2.0, f64::INFINITY].map(|factor| factor * bound.max(1e-6)).to_vec(),
        ),
    };
    limits.into_iter().find_map(|limit| {
        let mut search = Search::new(graph, sets, &columns, &price, least, limit - base, steps);
        search.descend(sets.all, graph.labels, 0.0);
        let districts = search.best?;
        let mut label = vec![0; graph.nodes()];
        for (own, nodes) in districts.into_iter().enumerate() {
            each(nodes).for_each(|node| label[node] = own as u8);
        }
        Some(Covered { label, proven: search.steps > 0 })
    })
}

struct Search<'a> {
    sets: &'a Sets<'a>,
    price: &'a [f64],
    /// The columns of each node that may be part of a better partition, best first, with their surplus.
    of: Vec<Vec<(District, f64)>>,
    /// Nodes with the fewest columns first.
    order: Vec<usize>,
    /// The least surplus of a column.
    least: f64,
    /// What the surpluses of a better partition may add up to.
    budget: f64,
    steps: u64,
    chosen: Vec<u128>,
    best: Option<Vec<u128>>,
}

impl<'a> Search<'a> {
    fn new(
        graph: &Graph,
        sets: &'a Sets<'a>,
        columns: &[(District, f64)],
        price: &'a [f64],
        least: f64,
        budget: f64,
        steps: u64,
    ) -> Self {
        let mut of = vec![Vec::new(); graph.nodes()];
        for column in columns.iter().filter(|column| column.1 + (graph.labels as f64 - 1.0) * least < budget) {
            each(column.0.nodes).for_each(|node| of[node].push(*column));
        }
        let in_order = |a: &(District, f64), b: &(District, f64)| a.1.total_cmp(&b.1).then(a.0.nodes.cmp(&b.0.nodes));
        of.iter_mut().for_each(|list| list.sort_unstable_by(in_order));
        let mut order: Vec<usize> = (0..graph.nodes()).collect();
        order.sort_by_key(|&node| (of[node].len(), node));
        Self { sets, price, of, order, least, budget, steps, chosen: Vec::new(), best: None }
    }

    fn descend(&mut self, open: u128, labels: usize, spent: f64) {
        if labels == 1 {
            if self.sets.pieces_fit(open, 1) {
                let spent = spent + self.sets.rim(open) - each(open).map(|node| self.price[node]).sum::<f64>();
                if spent < self.budget {
                    self.budget = spent - 1e-6;
                    let districts = self.chosen.iter().copied().chain([open]);
                    self.best = Some(districts.collect());
                }
            }
            return;
        }
        let Some(&node) = self.order.iter().find(|&&node| open >> node & 1 == 1) else { return };
        let list = std::mem::take(&mut self.of[node]);
        for &(district, surplus) in &list {
            if spent + surplus + (labels as f64 - 1.0) * self.least >= self.budget || self.steps == 0 {
                break;
            }
            if district.nodes & !open != 0 {
                continue;
            }
            self.steps -= 1;
            let rest = open & !district.nodes;
            if self.sets.pieces_fit(rest, labels - 1) {
                self.chosen.push(district.nodes);
                self.descend(rest, labels - 1, spent + surplus);
                self.chosen.pop();
            }
        }
        self.of[node] = list;
    }
}

/// Prices of the nodes under which the districts of a partition cost about as much as their rims.
fn prices(pool: &[District], nodes: usize, labels: usize, wanted: f64) -> Vec<f64> {
    let mut price = vec![wanted / nodes as f64; nodes];
    let mut best = (f64::NEG_INFINITY, price.clone());
    let mut active: Vec<u32> = Vec::new();
    let mut extra: Vec<(f64, u32)> = Vec::new();
    let mut pace = 1.0;
    for round in 0..=ITERATIONS {
        let whole = round % REFRESH == 0;
        extra.clear();
        let worth = |at: u32| {
            let district = &pool[at as usize];
            district.rim - each(district.nodes).map(|node| price[node]).sum::<f64>()
        };
        if whole {
            extra.extend((0..pool.len() as u32).map(|at| (worth(at), at)));
            let most = ACTIVE.min(extra.len());
            if most < extra.len() {
                extra.select_nth_unstable_by(most, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                extra.truncate(most);
            }
            active = extra.iter().map(|(_, at)| *at).collect();
        } else {
            extra.extend(active.iter().map(|&at| (worth(at), at)));
        }
        let most = labels.min(extra.len());
        if most == 0 {
            return price;
        }
        extra.select_nth_unstable_by(most - 1, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let bound = price.iter().sum::<f64>() + extra[..most].iter().map(|(extra, _)| extra).sum::<f64>();
        if whole {
            if bound > best.0 {
                best = (bound, price.clone());
            } else {
                pace *= 0.7;
            }
        }
        let mut lack = vec![1.0; nodes];
        extra[..most].iter().for_each(|&(_, at)| each(pool[at as usize].nodes).for_each(|node| lack[node] -= 1.0));
        let length: f64 = lack.iter().map(|lack| lack * lack).sum();
        if length == 0.0 {
            break;
        }
        let step = pace * (wanted - bound).max(0.5) / length;
        price.iter_mut().zip(&lack).for_each(|(price, lack)| *price += step * lack);
    }
    best.1
}
